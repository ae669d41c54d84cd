using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>Calls that are out when their actor restarts, or asks for the same again.</summary>
public class EffectsInFlightTests
{
    [Fact]
    public void A_look_that_is_asked_for_while_it_is_out_is_repeated_once() => Play(async stage =>
    {
        for (int i = 0; i < 3; i++) stage.Flight.Start("look", stage.Stopping);
        for (int i = 0; i < 3; i++) stage.Flight.Start("do", stage.Stopping);
        await stage.PauseAsync(10);
        Assert.Equal(["do", "look", "look"], stage.Landed.Order(StringComparer.Ordinal));
    });

    [Fact]
    public void What_is_out_when_all_is_dropped_is_waited_for_and_neither_lands_nor_is_repeated() => Play(async stage =>
    {
        stage.Flight.Start("look", stage.Stopping);
        stage.Flight.Start("look", stage.Stopping);
        await stage.Flight.DropAllAsync(stage.Stopping);
        Assert.Equal((1, 0), (stage.Begun, stage.Landed.Count));
        stage.Flight.Start("look", stage.Stopping);
        await stage.PauseAsync(10);
        Assert.Equal((2, 1), (stage.Begun, stage.Landed.Count));
    });

    [Fact]
    public void What_takes_too_long_is_not_waited_for_and_its_outcome_counts_no_more() => Play(async stage =>
    {
        DateTimeOffset before = stage.Time.GetUtcNow();
        stage.Flight.Start("long", stage.Stopping);
        await stage.Flight.DropAllAsync(stage.Stopping);
        Assert.Equal(before, stage.Time.GetUtcNow());
        await stage.PauseAsync(50);
        stage.Flight.Start("long", stage.Stopping);
        await stage.PauseAsync(60);
        Assert.Empty(stage.Landed); // the first has ended
        await stage.PauseAsync(60);
        Assert.Equal(["long"], stage.Landed);
        Assert.Equal(2, stage.Begun);
    });

    [Fact]
    public void An_actor_that_is_over_asks_no_more() => Play(async stage =>
    {
        stage.Flight.Start("look", stage.Stopping);
        stage.Flight.Start("look", stage.Stopping);
        stage.Flight.AskNoMore();
        await stage.PauseAsync(10);
        Assert.Equal((1, 1), (stage.Begun, stage.Landed.Count));
    });

    private static void Play(Func<Stage, Task> story)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                using var stopping = new CancellationTokenSource();
                await story(new Stage(loop.Clock, stopping.Token));
                stopping.Cancel();
                return 0;
            },
            TimeSpan.FromHours(1));
    }

    private sealed class Stage : IEffects<string, string>
    {
        public Stage(TimeProvider time, CancellationToken stopping)
        {
            (Time, Stopping) = (time, stopping);
            Flight = new EffectsInFlight<string, string>(this, static _ => null, (effect, _) => Landed.Add(effect), new Background(static bug => Assert.Fail(bug), stopping));
        }

        public TimeProvider Time { get; }

        public CancellationToken Stopping { get; }

        public EffectsInFlight<string, string> Flight { get; }

        public List<string> Landed { get; } = [];

        public int Begun { get; private set; }

        public Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time);

        public string Name(string effect) => effect;

        public bool IsLook(string effect) => effect == "look";

        public bool Outlives(string effect) => effect == "long";

        public string? Defer(string effect, IReadOnlyCollection<string> pending) => null;

        public ValueTask EnterAsync(string effect) => ValueTask.CompletedTask;

        public async ValueTask<string> RunAsync(string effect, CancellationToken stopping)
        {
            Begun++;
            await PauseAsync(effect == "long" ? 100 : 1);
            return "done";
        }

        public string Unknown(string effect, string detail) => detail;
    }
}

using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>
/// The model check re-implements what the actor does round the session machine. Were the two different it would prove nothing: so traces are
/// played through both.
/// </summary>
public class TraceTests(ITestOutputHelper output)
{
    private const int Seeds = 200;

    private static readonly Configuration[] Configurations = [.. new[]
    {
        Configuration.OnePart, Configuration.Variable, Configuration.TwoParts, Configuration.ThreeParts, Configuration.Trusted, Configuration.TrustedAgain,
    }.Select(Wild)];

    [Fact]
    public void The_model_and_the_actor_do_the_same()
    {
        Tally seen = Play(from: 0, to: Seeds);
        Assert.All(Enum.GetValues<Phase>().Except([Phase.ForwardingOverExisting, Phase.Ended]), phase => Assert.True(seen.Has($"phase {phase}")));
        Assert.All(Enum.GetValues<StepEnd>(), end => Assert.True(seen.Has($"end {end}")));
        Assert.All(Enum.GetValues<SessionTimer>(), timer => Assert.True(seen.Has($"timer {timer}")));

        // Not in the model's world; a step of its own within another; of no meaning to a paid session, so that the model forgets it. Cancelled does what the
        // expiry of the parts does.
        InputKind[] never = [InputKind.ChannelFound, InputKind.Displaced, InputKind.Cancelled, InputKind.SaveFailed, InputKind.RestoreFailed];
        Assert.All(Enum.GetValues<InputKind>().Except(never), kind => Assert.True(seen.Has($"input {kind}")));
    }

    [Fact(Explicit = true)]
    public void They_do_in_many_more_traces() => Play(Seeds, 20 * Seeds);

    [Fact]
    public void A_model_that_acts_before_it_saves_is_caught() =>
        Caught("the model does [calls ReserveInputs, saves Reserving]\nthe actor [saves Reserving, calls ReserveInputs]", Behaviour.Real with { SavesFirst = false });

    [Fact]
    public void A_model_that_owes_nothing_after_a_restart_is_caught() =>
        Caught("the actor does more than the model: [", Behaviour.Real with { OnRestart = static (_, _) => [] });

    [Fact]
    public void A_model_that_records_no_plan_is_caught() =>
        Caught("the model does [calls ReserveInputs]\nthe actor [saves Reserving, calls ReserveInputs]", Behaviour.Real with { Saves = static phase => phase != Phase.Reserving });

    [Fact]
    public void An_actor_whose_record_is_lost_is_caught() => Caught("the model has on record SavedState { Phase = Unwinding", Behaviour.Real, loses: static state => state.Phase == Phase.Unwinding);

    /// <summary>Everything that the model can do, all at once.</summary>
    internal static Configuration Wild(Configuration calm) => calm with
    {
        NodeCrashes = 2,
        PluginDeaths = 2,
        Restarts = 2,
        Resends = true,
        Refusals = true,
        Whims = true,
        Rivals = true,
        Drops = true,
        LooksAgain = true,
        TimersRunOut = true,
    };

    private Tally Play(int from, int to)
    {
        var seen = new Tally();
        foreach (Configuration configuration in Configurations)
        {
            var model = new Model(configuration, Behaviour.Real);
            for (int seed = from; seed < to; seed++) Walk.Run(model, configuration, seed, seen);
        }

        output.WriteLine($"{(to - from) * Configurations.Length} traces, {seen.Moves} moves\n{seen}");
        return seen;
    }

    private static void Caught(string difference, Behaviour mutant, Func<SavedState, bool>? loses = null)
    {
        Configuration configuration = Wild(Configuration.OnePart);
        var model = new Model(configuration, mutant);
        var caught = Assert.Throws<DifferenceException>(() =>
        {
            for (int seed = 0; seed < Seeds; seed++) Walk.Run(model, configuration, seed, new Tally(), loses);
        });
        Assert.Contains(difference, caught.Message);
    }
}

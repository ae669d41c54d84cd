using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Tests.Scenarios;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What becomes of a command whose answer something prevents, as the checkers and the plugin see it.</summary>
public class CommandFateTests
{
    private const string Command = "listdatastore";

    [Theory]
    [InlineData(CommandEnd.Lost, 0)]
    [InlineData(CommandEnd.CutAfter, 0)]
    [InlineData(CommandEnd.Answered, 31)]
    public void An_answer_that_is_lost_or_comes_too_late_is_told(CommandEnd end, int seconds) => PayerScene.Play(async scene =>
    {
        int unanswered = await CountAsync(scene, new CommandFate(end, TimeSpan.Zero, TimeSpan.FromSeconds(seconds)));
        Assert.Equal(1, unanswered);
    });

    [Theory]
    [InlineData(CommandEnd.Answered, 29)]
    [InlineData(CommandEnd.CrashBefore, 0)]
    [InlineData(CommandEnd.CrashAfter, 0)]
    public void Nothing_is_told_of_a_command_that_is_answered_also_when_another_node_crashed_with_it(CommandEnd end, int seconds) => PayerScene.Play(async scene =>
    {
        int unanswered = await CountAsync(scene, new CommandFate(end, TimeSpan.Zero, TimeSpan.FromSeconds(seconds)));
        Assert.Equal(0, unanswered);
    });

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void What_was_written_to_a_connection_before_it_broke_is_carried_out_unless_the_node_dies(bool dies, int times) => PayerScene.Play(async scene =>
    {
        scene.World.PayerNode.Faults = new Once(scene, new CommandFate(CommandEnd.CutBefore, TimeSpan.Zero, TimeSpan.FromSeconds(3)));
        int before = Calls(scene);
        _ = scene.AskPayerAsync("listpayments");
        await scene.WaitAsync(1000);
        Assert.Equal(before, Calls(scene));
        if (dies) scene.World.PayerPlugin!.CrashNode();
        await scene.WaitAsync(3000);
        Assert.Equal(times, Calls(scene) - before);
    });

    private static int Calls(Scene scene) => scene.World.PayerNode.Rpc.Calls.GetValueOrDefault(Command);

    private static async Task<int> CountAsync(Scene scene, CommandFate fate)
    {
        int unanswered = 0;
        scene.World.Network.Observed += e => unanswered += e.What == SimEvent.Unanswered ? 1 : 0;
        scene.World.PayerNode.Faults = new Once(scene, fate);
        Task<JsonObject> asked = scene.AskPayerAsync("listpayments");
        await scene.WaitAsync(30_500);
        if (unanswered == 0) Assert.NotNull((await asked)["payments"]);
        else await Assert.ThrowsAsync<SimRpcException>(() => asked);
        return unanswered;
    }

    /// <summary>One call has a fate.</summary>
    private sealed class Once(Scene scene, CommandFate fate) : ISimFaults
    {
        private bool _isOver;

        public CommandFate OnCommand(string method, JsonObject parameters)
        {
            if (_isOver || method != Command) return default;
            _isOver = true;
            return fate;
        }

        public int Copies(string topic) => 1;

        public TimeSpan PipeDelay() => TimeSpan.Zero;

        public void Strike(CommandEnd how)
        {
            if (how is CommandEnd.CutBefore or CommandEnd.CutAfter) scene.World.PayerPlugin!.BreakConnections();
        }
    }
}

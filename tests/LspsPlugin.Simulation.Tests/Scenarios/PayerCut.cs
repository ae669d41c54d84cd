using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Where a payer's plugin or node is killed.</summary>
public enum Cut
{
    /// <summary>Before a record is written.</summary>
    BeforeSave,

    /// <summary>After a record was written.</summary>
    AfterSave,

    /// <summary>Before a part is sent.</summary>
    BeforeSend,

    /// <summary>After a part was sent.</summary>
    AfterSend,
}

/// <summary>Kills the payer's plugin, or its node, once: at the n-th save or send.</summary>
internal sealed class PayerCut : ISimFaults
{
    private readonly Scene _scene;
    private readonly Cut _cut;
    private readonly bool _withNode;
    private int _left;

    public PayerCut(Scene scene, Cut cut, int number, bool withNode)
    {
        (_scene, _cut, _left, _withNode) = (scene, cut, number, withNode);
        scene.World.PayerNode.Faults = this;
        if (cut != Cut.AfterSend) return;
        scene.World.PayerNode.Paying.Faults = new SetPartFaults(_ => new PartFate(--_left == 0 ? PartFault.AnswerLost : PartFault.None, TimeSpan.Zero)) { Striking = (_, _) => Strike(CommandEnd.CrashAfter) };
    }

    public bool Fell => _left <= 0;

    public Task Back { get; private set; } = Task.CompletedTask;

    public CommandFate OnCommand(string method, JsonObject parameters)
    {
        bool counts = _cut switch
        {
            Cut.BeforeSave or Cut.AfterSave => method is "datastore" or "deldatastore",
            Cut.BeforeSend => method == "injectpaymentonion",
            _ => false,
        };
        return !counts || --_left != 0 ? default : new CommandFate(_cut == Cut.AfterSave ? CommandEnd.CrashAfter : CommandEnd.CrashBefore, TimeSpan.Zero, TimeSpan.Zero);
    }

    public int Copies(string topic) => 1;

    public TimeSpan PipeDelay() => TimeSpan.Zero;

    public void Strike(CommandEnd how) => Back = _scene.CrashPayerAsync(_withNode);
}

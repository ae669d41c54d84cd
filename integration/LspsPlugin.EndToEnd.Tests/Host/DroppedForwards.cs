using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>Fails every forward before it is sent, without an event; no other faults.</summary>
internal sealed class DroppedForwards : ISimFaults
{
    public TimeSpan? Drops(SimHtlc htlc) => TimeSpan.Zero;

    public CommandFate OnCommand(string method, JsonObject parameters) => default;

    public int Copies(string topic) => 1;

    public TimeSpan PipeDelay() => TimeSpan.Zero;

    public void Strike(CommandEnd how) => throw new InvalidOperationException("no command was to end in a misfortune");
}

using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>What goes wrong between a node and its plugin. Without it every command is done and answered at once.</summary>
public interface ISimFaults
{
    /// <summary>What befalls this call of a command.</summary>
    CommandFate OnCommand(string method, JsonObject parameters);

    /// <summary>How often a notification arrives: once, twice, or not at all.</summary>
    int Copies(string topic);

    /// <summary>How long the next message takes through one of the plugin's pipes; within a pipe the order stays.</summary>
    TimeSpan PipeDelay();

    /// <summary>
    /// Whether the node fails a forward before its first commitment, and after how long: without a `forward_event`, without a row in its list.
    /// Null where it goes out.
    /// </summary>
    TimeSpan? Drops(SimHtlc htlc) => null;

    /// <summary>The crash, or the cut connection, that a fate asked for.</summary>
    void Strike(CommandEnd how);
}

/// <summary>How a command ends.</summary>
public enum CommandEnd : byte
{
    Answered,

    /// <summary>The node says no, and has done nothing.</summary>
    Refused,

    /// <summary>Done, but the answer never comes.</summary>
    Lost,

    /// <summary>The connection breaks when the command has arrived; it is done, and nobody is there to be told.</summary>
    CutAfter,

    /// <summary>The plugin, or the whole node, dies before the command is done.</summary>
    CrashBefore,

    /// <summary>The plugin, or the whole node, dies when the command is done.</summary>
    CrashAfter,
}

/// <param name="Before">How long the command waits until it is done.</param>
/// <param name="After">How long its answer takes.</param>
public readonly record struct CommandFate(CommandEnd End, TimeSpan Before, TimeSpan After);

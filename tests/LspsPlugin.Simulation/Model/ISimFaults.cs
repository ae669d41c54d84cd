using System.Text.Json.Nodes;

namespace LspsPlugin.Simulation.Model;

/// <summary>Faults between a node and its plugin. Without an implementation every command is executed and answered at once.</summary>
public interface ISimFaults
{
    /// <summary>Returns the fault for this call of a command.</summary>
    CommandFate OnCommand(string method, JsonObject parameters);

    /// <summary>Returns how often a notification arrives: once, twice or never.</summary>
    int Copies(string topic);

    /// <summary>Returns the latency of the next message through one of the plugin's pipes; messages in one pipe keep their order.</summary>
    TimeSpan PipeDelay();

    /// <summary>
    /// Returns after how long the node fails a forward before its first commitment, without a `forward_event` and without a row in its
    /// list; null if it forwards it.
    /// </summary>
    TimeSpan? Drops(SimHtlc htlc) => null;

    /// <summary>Executes the crash or the disconnection of a fate.</summary>
    void Strike(CommandEnd how);
}

/// <summary>How a command ends.</summary>
public enum CommandEnd : byte
{
    Answered,

    /// <summary>The node refuses and does nothing.</summary>
    Refused,

    /// <summary>Executed, but the answer is lost.</summary>
    Lost,

    /// <summary>The connection breaks after the command has arrived; it is executed, but not answered.</summary>
    CutAfter,

    /// <summary>The connection breaks before the command is executed; the node reads it all the same, later, and answers nobody.</summary>
    CutBefore,

    /// <summary>The plugin or the whole node dies before the command is executed.</summary>
    CrashBefore,

    /// <summary>The plugin or the whole node dies after the command is executed.</summary>
    CrashAfter,
}

/// <param name="Before">Delay before the command is executed.</param>
/// <param name="After">Delay of its answer; of the command itself if its connection broke before.</param>
public readonly record struct CommandFate(CommandEnd End, TimeSpan Before, TimeSpan After);

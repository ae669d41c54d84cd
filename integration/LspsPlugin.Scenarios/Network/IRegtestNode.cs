using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>A node of the network, with the actions of operators, users and payers, and with failures.</summary>
public interface IRegtestNode
{
    string Name { get; }

    NodeId Id { get; }

    bool IsRunning { get; }

    /// <summary>The log lines of our plugin over all the node's starts: "LEVEL text".</summary>
    IReadOnlyList<string> PluginLog { get; }

    /// <summary>Calls a command of the node or of its plugins over lightning-rpc.</summary>
    /// <exception cref="CommandRefusedException">The node answered with an error.</exception>
    Task<JsonObject> CallAsync(string command, JsonObject? parameters = null);

    /// <summary>Sends one part as given, and returns once it is sent.</summary>
    Task<SentPart> SendAsync(PartOrder part);

    /// <summary>
    /// Pays an invoice with the node's own <paramref name="command"/>, "pay" or "xpay", which splits and retries as it likes.
    /// </summary>
    /// <returns>Null if it is paid; otherwise the error.</returns>
    Task<string?> PayAsync(string bolt11, string command);

    /// <summary>Sets how the node treats payments from now on, including those that it holds.</summary>
    Task ConductAsync(Conduct conduct);

    /// <summary>Holds our plugin's next call of <paramref name="command"/> before the node executes it.</summary>
    /// <param name="containing">Holds only a call whose parameters contain this text.</param>
    Task<IHeldCommand> HoldNextAsync(string command, string containing = "");

    /// <summary>Until it is killed, the node's channels stand still: of what it sends it has a row, and no HTLC.</summary>
    Task HaltChannelsAsync();

    /// <summary>Kills the node and its plugins at once, with SIGKILL.</summary>
    Task KillAsync();

    /// <summary>Kills our plugin alone, at once; the node continues.</summary>
    Task KillPluginAsync();

    /// <summary>Stops the node like an operator does.</summary>
    Task StopAsync();

    /// <summary>Starts the node again with its stored data.</summary>
    /// <param name="changed">New options; by default those of the last start.</param>
    /// <param name="software">Another plugin; by default that of the last start.</param>
    Task StartAgainAsync(JsonObject? changed = null, Software? software = null);
}

/// <summary>A call that is held until the scenario decides.</summary>
public interface IHeldCommand
{
    /// <summary>Completes when the call has arrived.</summary>
    Task Asked { get; }

    /// <summary>Executes the call.</summary>
    Task GoOnAsync();

    /// <summary>Answers the call with an error.</summary>
    Task RefuseAsync();
}

/// <summary>Thrown when the node answers a command with an error.</summary>
public sealed class CommandRefusedException(string command, int code, string message) : Exception($"{command}: {code} {message}")
{
    public int Code => code;
}

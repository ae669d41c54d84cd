using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Scenarios.Network;

/// <summary>A node of the network, with what a person, a payer or a misfortune can do to it.</summary>
public interface IRegtestNode
{
    string Name { get; }

    NodeId Id { get; }

    bool IsRunning { get; }

    /// <summary>What our plugin wrote to the node's log, over all its starts: "LEVEL text".</summary>
    IReadOnlyList<string> PluginLog { get; }

    /// <summary>A command of the node or of its plugins, by lightning-rpc.</summary>
    /// <exception cref="CommandRefusedException">The node answered with an error.</exception>
    Task<JsonObject> CallAsync(string command, JsonObject? parameters = null);

    /// <summary>Sends one part as told, and returns when it is under way.</summary>
    Task<SentPart> SendAsync(PartOrder part);

    /// <summary>Pays an invoice by the node's own <paramref name="command"/>, "pay" or "xpay", which splits and retries as it likes.</summary>
    /// <returns>Null when it is paid, otherwise why not.</returns>
    Task<string?> PayAsync(string bolt11, string command);

    /// <summary>Sets what the node does with payments from now on, those that it holds included.</summary>
    Task ConductAsync(Conduct conduct);

    /// <summary>The next call of <paramref name="command"/> by our plugin is kept waiting before the node carries it out.</summary>
    /// <param name="containing">Only a call whose parameters contain this text.</param>
    Task<IHeldCommand> HoldNextAsync(string command, string containing = "");

    /// <summary>Kills the node (and its plugins with it) at once: SIGKILL, no goodbye.</summary>
    Task KillAsync();

    /// <summary>Kills our plugin alone, at once; the node goes on.</summary>
    Task KillPluginAsync();

    /// <summary>Stops the node as an operator does.</summary>
    Task StopAsync();

    /// <summary>Starts the node again, with what is on its disk.</summary>
    /// <param name="changed">Another set of options; those of the last start unless given.</param>
    /// <param name="software">Another plugin; that of the last start unless given.</param>
    Task StartAgainAsync(JsonObject? changed = null, Software? software = null);
}

/// <summary>A call that waits for the scenario's word.</summary>
public interface IHeldCommand
{
    /// <summary>Completes when the call has come.</summary>
    Task Asked { get; }

    /// <summary>Carries it out.</summary>
    Task GoOnAsync();

    /// <summary>Answers it with an error.</summary>
    Task RefuseAsync();
}

/// <summary>The node answered a command with an error.</summary>
public sealed class CommandRefusedException(string command, int code, string message) : Exception($"{command}: {code} {message}")
{
    public int Code => code;
}

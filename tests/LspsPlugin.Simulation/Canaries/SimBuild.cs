using System.IO.Pipelines;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Runtime;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>
/// The build of the plugin that a node runs. This one ships; a canary differs from it at one of the seams, and a checker must see it.
/// </summary>
public class SimBuild
{
    /// <summary>What the operator of a trial's provider sets besides the usual options.</summary>
    public virtual void Configure(SimNode node, JsonObject options)
    {
    }

    /// <summary>Between sessions and what they do on the node.</summary>
    public virtual IActionExecutor Executor(IActionExecutor shipping) => shipping;

    /// <summary>Between sessions and their records.</summary>
    public virtual ISessionJournal Journal(ISessionJournal shipping) => shipping;

    /// <summary>Between the node and the plugin's hooks and notifications.</summary>
    public virtual ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => shipping;

    /// <summary>Between the plugin and lightning-rpc: what is not null is the answer, and the node never hears of the command.</summary>
    public virtual JsonNode? Command(string method, JsonObject parameters) => null;

    /// <summary>Between the plugin and its stdio.</summary>
    public virtual IDuplexPipe Stdio(IDuplexPipe shipping) => shipping;

    /// <summary>The file system.</summary>
    internal virtual IFileReader Files => FileReader.AtOnce;

    /// <summary>What the wallets run that are its clients: some faults show only where those take whatever comes.</summary>
    public virtual SimBuild OfTheClients() => new();

    internal ProviderSeams Seams => new(Executor, Journal) { Files = Files };
}

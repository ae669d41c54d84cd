using System.IO.Pipelines;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Payer;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>
/// The build of the plugin that a node runs. The base class is the production build; a canary changes it at one of these extension points,
/// and a checker must detect that.
/// </summary>
public class SimBuild
{
    /// <summary>Changes the options of the trial's provider.</summary>
    public virtual void Configure(SimNode node, JsonObject options)
    {
    }

    /// <summary>Wraps the execution of sessions' actions on the node.</summary>
    public virtual IActionExecutor Executor(IActionExecutor shipping) => shipping;

    /// <summary>Wraps the sessions' records.</summary>
    public virtual ISessionJournal Journal(ISessionJournal shipping) => shipping;

    /// <summary>Wraps the plugin's hooks and notifications.</summary>
    public virtual ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => shipping;

    /// <summary>Intercepts lightning-rpc: a non-null result is the answer, and the node does not see the command.</summary>
    public virtual JsonNode? Command(string method, JsonObject parameters) => null;

    /// <summary>Wraps the plugin's stdio.</summary>
    public virtual IDuplexPipe Stdio(IDuplexPipe shipping) => shipping;

    /// <summary>The file system.</summary>
    internal virtual IFileReader Files => FileReader.AtOnce;

    /// <summary>Returns the build of the client wallets: some defects show only with clients that accept everything.</summary>
    public virtual SimBuild OfTheClients() => new();

    /// <summary>Wraps the payer's records.</summary>
    internal virtual IPaymentJournal Payments(IPaymentJournal shipping) => shipping;

    /// <summary>Wraps what sends the payer's parts, and looks at them.</summary>
    internal virtual ISendAttempt Sender(ISendAttempt shipping) => shipping;

    internal PayerSeams PayerSeams => new(Payments, Sender, static routes => routes);

    internal ProviderSeams Seams => new(Executor, Journal) { Files = Files };
}

using System.Text.Json.Nodes;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Opens and funds a channel a second time, as a repeated call would.</summary>
internal sealed class FundsTwice : SimBuild
{
    public override SimBuild OfTheClients() => new GrantsEveryOpening();

    public override IActionExecutor Executor(IActionExecutor shipping) => new Again(shipping);

    private sealed class Again(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping)
        {
            SessionInput first = await Shipping.CompleteFundingAsync(terms, action, stopping);
            if (first is not ChannelSecured) return first;
            SessionInput second = await Shipping.StartOpeningAsync(terms, new StartOpening(new Msat(action.Plan.Capacity.ToMsat().Value / 2), 1, Msat.Zero), stopping);
            if (second is OpeningStarted started && await Shipping.PlanFundingAsync(terms, new PlanFunding(started.Opening), stopping) is FundingPlanned planned)
            {
                await Shipping.CompleteFundingAsync(terms, new CompleteFunding(planned.Plan), stopping);
            }

            return first;
        }
    }
}

/// <summary>Opens a channel as large as needed, ignoring the operator's limit.</summary>
internal sealed class OpensTooLarge : SimBuild
{
    public override void Configure(SimNode node, JsonObject options) => options["lsps2-max-channel-sat"] = 450_000;

    public override IActionExecutor Executor(IActionExecutor shipping) => new Boundless(shipping);

    private sealed class Boundless(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping) => Shipping.StartOpeningAsync(
            terms with { Limits = terms.Limits with { MaxChannel = new Sat(10_000_000) } }, action with { ToForward = new Msat(2 * action.ToForward.Value) }, stopping);
    }
}

/// <summary>Reports a release without doing it.</summary>
internal sealed class ForgetsToUnwind : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Idle(shipping);

    private sealed class Idle(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => new(new Released());
    }
}

/// <summary>Closes and cancels, but leaves the inputs reserved.</summary>
internal sealed class ForgetsToUnreserve : SimBuild
{
    public override JsonNode? Command(string method, JsonObject parameters) =>
        method == "unreserveinputs" ? new JsonObject { ["reservations"] = new JsonArray() } : null;
}

/// <summary>Broadcasts the funding as soon as the channel exists.</summary>
internal sealed class BroadcastsAtOnce : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Hasty(shipping);

    private sealed class Hasty(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping)
        {
            SessionInput outcome = await Shipping.CompleteFundingAsync(terms, action, stopping);
            if (outcome is ChannelSecured && await Shipping.SignFundingAsync(terms, new SignFunding(action.Plan), stopping) is FundingSigned signed)
            {
                await Shipping.BroadcastFundingAsync(terms, new BroadcastFunding(action.Plan, signed.SignedPsbt), stopping);
            }

            return outcome;
        }
    }
}

/// <summary>Never broadcasts the funding after being paid.</summary>
internal sealed class NeverBroadcasts : SimBuild
{
    /// <summary>The answer that tells a session that there is nothing more to broadcast.</summary>
    public static readonly FundingConfirmed Buried = new(new BlockCount(1000));

    public override IActionExecutor Executor(IActionExecutor shipping) => new Keeps(shipping);

    private sealed class Keeps(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping) => new(Buried);
    }
}

/// <summary>Treats a refused broadcast as successful.</summary>
internal sealed class GivesUpTheBroadcast : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Content(shipping);

    private sealed class Content(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping)
        {
            SessionInput outcome = await Shipping.BroadcastFundingAsync(terms, action, stopping);
            return outcome is BroadcastFailed ? NeverBroadcasts.Buried : outcome;
        }
    }
}

/// <summary>Closes the channel that the client has just paid for.</summary>
internal sealed class ClosesAPaidChannel : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Confused(shipping);

    private sealed class Confused(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping)
        {
            await Shipping.ReleaseAsync(terms, new Release(action.Plan), stopping);
            return new FundingBroadcast();
        }
    }
}

/// <summary>Sets the fees of a channel that is not the plugin's.</summary>
internal sealed class TouchesAForeignChannel : SimBuild
{
    private ChannelId? _foreign;

    public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping)
    {
        _foreign = node.Channels.First().Id;
        return shipping;
    }

    public override IActionExecutor Executor(IActionExecutor shipping) => new Mistaken(shipping, () => _foreign);

    private sealed class Mistaken(IActionExecutor shipping, Func<ChannelId?> foreign) : ExecutorCanary(shipping)
    {
        public override ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping) =>
            Shipping.RestoreFeesAsync(terms, foreign() is { } other ? new RestoreFees(other) : action, stopping);
    }
}

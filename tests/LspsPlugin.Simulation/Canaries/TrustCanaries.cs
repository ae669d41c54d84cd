using System.Text.Json.Nodes;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>The production build with a provider that trusts its clients; offers end within the trial.</summary>
public class SellsOnTrust : SimBuild
{
    public override void Configure(SimNode node, JsonObject options)
    {
        options["lsps2-trust-model"] = "lsp-trusts-client";
        options["lsps2-offer-validity"] = 10;
        options["lsps2-confirmation-wait"] = 60;
    }
}

/// <summary>The same with a bound that the real fees exceed, but the estimates at the sale do not.</summary>
public class SellsOnTightTrust : SellsOnTrust
{
    public override void Configure(SimNode node, JsonObject options)
    {
        base.Configure(node, options);
        node.Feerate = 500;
        options["lsps2-max-loss-sat"] = 1000;
    }
}

/// <summary>Never counts the cost of an opening.</summary>
internal sealed class TrustsWithoutABound : SellsOnTightTrust
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Generous(shipping);

    private sealed class Generous(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) =>
            await Shipping.PlanFundingAsync(terms, action, stopping) is FundingPlanned planned ? new FundingPlanned(planned.Plan with { Cost = default }) : new OpeningFailed(OpeningFailure.NoFunds, "");
    }
}

/// <summary>Records the end of an unpaid channel as if it had never been opened.</summary>
internal sealed class ForgetsItsLosses : SellsOnTrust
{
    public override ISessionJournal Journal(ISessionJournal shipping) => new Forgetful(shipping);

    private sealed class Forgetful(ISessionJournal shipping) : JournalCanary(shipping)
    {
        public override ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping) =>
            Shipping.SaveAsync(terms, state is { Phase: Phase.Ended, Reason: FailureReason.NeverPaid } ? state with { Reason = FailureReason.CollectTimeout } : state, stopping);
    }
}

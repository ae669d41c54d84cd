using System.Text.Json.Nodes;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>The shipping build where the provider trusts its clients, and offers end within the trial.</summary>
public class SellsOnTrust : SimBuild
{
    public override void Configure(SimNode node, JsonObject options)
    {
        options["lsps2-trust-model"] = "lsp-trusts-client";
        options["lsps2-offer-validity"] = 10;
        options["lsps2-confirmation-wait"] = 60;
    }
}

/// <summary>The same with a bound that the wallet's real fees exceed, while the estimates at the sale do not.</summary>
public class SellsOnTightTrust : SellsOnTrust
{
    public override void Configure(SimNode node, JsonObject options)
    {
        base.Configure(node, options);
        node.Feerate = 500;
        options["lsps2-max-loss-sat"] = 1000;
    }
}

/// <summary>Never counts what an opening costs.</summary>
internal sealed class TrustsWithoutABound : SellsOnTightTrust
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Generous(shipping);

    private sealed class Generous(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) =>
            await Shipping.PlanFundingAsync(terms, action, stopping) is FundingPlanned planned ? new FundingPlanned(planned.Plan with { Cost = default }) : new OpeningFailed(OpeningFailure.NoFunds, "");
    }
}

/// <summary>Puts the end of a channel that nobody paid for on record as if it had never been opened.</summary>
internal sealed class ForgetsItsLosses : SellsOnTrust
{
    public override ISessionJournal Journal(ISessionJournal shipping) => new Forgetful(shipping);

    private sealed class Forgetful(ISessionJournal shipping) : JournalCanary(shipping)
    {
        public override ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping) =>
            Shipping.SaveAsync(terms, state is { Phase: Phase.Ended, Reason: FailureReason.NeverPaid } ? state with { Reason = FailureReason.CollectTimeout } : state, stopping);
    }
}

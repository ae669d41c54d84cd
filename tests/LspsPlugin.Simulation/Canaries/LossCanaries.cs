using System.Text.Json.Nodes;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>
/// The production build with a wallet that settles the parts without fee and fails the others; offers end within the trial.
/// </summary>
public class SellsToAKeeperOfFees : SimBuild
{
    public override void Configure(SimNode node, JsonObject options)
    {
        foreach (SimNode wallet in node.Network.Nodes.Where(other => other != node)) wallet.Behaviour = WalletBehaviour.KeepsFee;
        options["lsps2-offer-validity"] = 10;
    }
}

/// <summary>Treats one settled part as the settled payment.</summary>
internal sealed class FundsForAPartWithoutFee : SellsToAKeeperOfFees
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Content(shipping);

    private sealed class Content(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping)
        {
            SessionInput answer = await Shipping.CheckForwardsAsync(terms, action, stopping);
            return answer is ForwardsSeen seen && seen.Seen.Any(static row => row.Status == ForwardStatus.Settled)
                ? seen with { Seen = [.. seen.Seen.Select(static row => row with { Status = ForwardStatus.Settled })] }
                : answer;
        }
    }
}

/// <summary>Never counts the cost of an underpaid channel.</summary>
internal sealed class BearsLossesWithoutABound : SellsToAKeeperOfFees
{
    public override void Configure(SimNode node, JsonObject options)
    {
        base.Configure(node, options);
        options["lsps2-max-loss-sat"] = 0;
    }

    public override IActionExecutor Executor(IActionExecutor shipping) => new Generous(shipping);

    private sealed class Generous(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) =>
            await Shipping.PlanFundingAsync(terms, action, stopping) is FundingPlanned planned ? new FundingPlanned(planned.Plan with { Cost = default }) : new OpeningFailed(OpeningFailure.NoFunds, "");
    }
}

/// <summary>Lets every HTLC take the node's own route.</summary>
internal sealed class LetsOthersIn : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        return (string?)answer?["result"] == "fail" && call["forward_to"] is not null ? new JsonObject { ["result"] = "continue" } : answer;
    }
}

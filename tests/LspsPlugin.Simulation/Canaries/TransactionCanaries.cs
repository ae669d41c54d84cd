using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Simulation.Model;
using NBitcoin;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Plans another funding transaction than the production build does.</summary>
internal abstract class PlansOtherwise : SimBuild
{
    private SimChain? _chain;

    public override void Configure(SimNode node, JsonObject options) => _chain = node.Network.Chain;

    public override IActionExecutor Executor(IActionExecutor shipping) => new Planner(shipping, this);

    /// <param name="change">The amount of the change, in sat.</param>
    /// <param name="fee">The fee of the transaction, in sat.</param>
    protected abstract (TxOutput Funding, ulong Change) Outputs(TxOutput funding, ulong change, ulong fee);

    private FundingPlan Rewritten(FundingPlan plan)
    {
        SimTx right = SimPsbt.Read(plan.Psbt)!;
        ulong fee = Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? read, out _) ? read.Fee!.Value.Value : 0;
        TxOutput[] outputs = [.. right.Outputs];
        int funding = (int)plan.Funding.Index, change = 1 - funding;
        if (outputs.Length < 2) return plan;
        (outputs[funding], ulong left) = Outputs(outputs[funding], outputs[change].Amount.Value, fee);
        outputs[change] = outputs[change] with { Amount = new Sat(left) };
        var wrong = new SimTx(right.Inputs, outputs, right.Raw.LockTime.Value);
        var outpoint = new Outpoint(wrong.Id, plan.Funding.Index);
        return plan with { Psbt = SimPsbt.Write(wrong, _chain!), Funding = outpoint, Channel = ChannelId.FromOutpoint(outpoint) };
    }

    private sealed class Planner(IActionExecutor shipping, PlansOtherwise build) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping)
        {
            SessionInput planned = await Shipping.PlanFundingAsync(terms, action, stopping);
            return planned is FundingPlanned { Plan: var plan } ? new FundingPlanned(build.Rewritten(plan)) : planned;
        }
    }
}

/// <summary>Pays one satoshi less to the channel than its capacity.</summary>
internal sealed class PaysTooLittle : PlansOtherwise
{
    protected override (TxOutput Funding, ulong Change) Outputs(TxOutput funding, ulong change, ulong fee) => (funding with { Amount = new Sat(funding.Amount.Value - 1) }, change);
}

/// <summary>Pays to a script that is not that of the two nodes.</summary>
internal sealed class PaysToAnotherScript : PlansOtherwise
{
    protected override (TxOutput Funding, ulong Change) Outputs(TxOutput funding, ulong change, ulong fee) => (funding with { Script = "0020" + new string('1', 64) }, change);
}

/// <summary>Adds the fee to the change.</summary>
internal sealed class LeavesNoFee : PlansOtherwise
{
    protected override (TxOutput Funding, ulong Change) Outputs(TxOutput funding, ulong change, ulong fee) => (funding, change + fee);
}

/// <summary>Names the channel by the id of a transaction that is not final: its lock time is still missing.</summary>
internal sealed class NamesAnEarlierTransaction : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Early(shipping);

    private sealed class Early(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping)
        {
            SessionInput planned = await Shipping.PlanFundingAsync(terms, action, stopping);
            if (planned is not FundingPlanned { Plan: var plan } || SimPsbt.Read(plan.Psbt) is not { } tx) return planned;
            var early = new Outpoint(new SimTx(tx.Inputs, tx.Outputs).Id, plan.Funding.Index);
            return new FundingPlanned(plan with { Funding = early, Channel = ChannelId.FromOutpoint(early) });
        }
    }
}

/// <summary>Sends the funding with signatures of somebody else's key.</summary>
internal sealed class SpoilsTheSignature : SimBuild
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new Spoils(shipping);

    private static void Spoil(PSBT psbt)
    {
        using var stranger = new Key(SHA256.HashData("a stranger"u8));
        foreach (PSBTInput input in psbt.Inputs)
        {
            foreach (PubKey ours in input.PartialSigs.Keys.ToArray()) input.PartialSigs[ours] = new TransactionSignature(stranger.Sign(uint256.One), SigHash.All);
            if (input.TaprootKeySignature is not null) input.TaprootKeySignature = stranger.SignTaprootKeySpend(uint256.One, merkleRoot: null, aux: uint256.Zero, TaprootSigHash.Default);
        }
    }

    private sealed class Spoils(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override async ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping)
        {
            SessionInput outcome = await Shipping.SignFundingAsync(terms, action, stopping);
            return outcome is FundingSigned signed ? signed with { SignedPsbt = SimPsbt.Signed(signed.SignedPsbt, Spoil) } : outcome;
        }
    }
}

using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Funding;

/// <summary>
/// Executes a session's actions on the node. Makes no decisions and keeps no state: each method makes a few calls and interprets the
/// answers.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="settings">The node's identity and configuration.</param>
/// <param name="time">The clock.</param>
/// <param name="zeroReserve">Whether the client of an offer need not keep a reserve.</param>
/// <param name="usesExisting">Whether a payment may go over a channel that the client already has.</param>
/// <param name="height">The last known block height.</param>
/// <param name="sessions">Knows which plans hold which inputs, and which channels wait for their payment.</param>
/// <param name="size">
/// The channel size for an offer that is sized by its payment; null with the reason if no channel is to be opened.
/// </param>
/// <param name="awaited">Called with each listpeerchannels row of a channel that a session waits for.</param>
/// <param name="allowances">The clients' limits in their channels.</param>
internal sealed class ClnActionExecutor(
    NodeClient node,
    NodeSettings settings,
    Func<Offer, bool> zeroReserve,
    bool usesExisting,
    Func<BlockHeight> height,
    LiveSessions sessions,
    TimeProvider time,
    Func<Offer, Msat, ValueTask<(Sat? Capacity, string? Problem)>> size,
    ClientAllowances allowances,
    Action<PeerChannel>? awaited = null) : IActionExecutor
{
    /// <summary>Weight of the funding transaction without inputs and change: overhead and one P2WSH output, with a small margin.</summary>
    private const uint FundingWeight = 250;

    /// <summary>The node's default for enforcedelay.</summary>
    private static readonly TimeSpan LeastEnforceDelay = TimeSpan.FromMinutes(10);

    private readonly ChannelOpening _opening = new(node, zeroReserve, usesExisting ? new UsableChannels(node, settings, sessions) : null, allowances);
    private readonly UnlistedParts _unlisted = new(node);
    private readonly FundingRelease _release = new(node, height, sessions);
    private readonly Reservations _reservations = new(node);
    private readonly FundingConfirmations _chain = new(node, height);

    public async ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping)
    {
        if (!terms.Offer.IsSizedByPayment) return await _opening.StartAsync(terms, action, stopping);
        (Sat? capacity, string? problem) = await size(terms.Offer, action.ToForward + action.Fee);
        return capacity is { } granted
            ? await _opening.StartAsync(terms with { Offer = terms.Offer with { Capacity = granted } }, action, stopping)
            : new OpeningFailed(OpeningFailure.NodeRefused, problem!);
    }

    public async ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping)
    {
        Opening opening = action.Opening;

        // Ask for the node's current height: the reservation is identified by its end, and a block notification may be late or lost.
        ValueTask<RpcAnswer<GetInfoAnswer>> asking = node.GetInfoAsync(stopping);

        // No reservation yet, so a crash before the plan is persisted leaks nothing. Native segwit inputs make the txid final.
        var funded = await node.FundPsbtAsync(
            new FundPsbtParams(opening.Capacity.Value, "normal", FundingWeight, Reserve: 0, ExcessAsChange: true, Nonwrapped: true, OpeningAnchorChannel: null), stopping);
        var info = await asking;
        if (info.IsOk && info.Value.Behind() is { } behind) return new OpeningFailed(OpeningFailure.NodeRefused, $"the node is behind the chain: {behind}");
        if (!funded.IsOk) return Failed(NodeTexts.ClassifyWallet(funded.Error), "fundpsbt", funded.Error);
        var psbt = await node.AddPsbtOutputAsync(new AddPsbtOutputParams(opening.Capacity.Value, funded.Value.Psbt, opening.FundingAddress), stopping);
        if (!psbt.IsOk) return Failed(NodeTexts.ClassifyWallet(psbt.Error), "addpsbtoutput", psbt.Error);

        if (!Psbt.TryReadUnsignedTx(psbt.Value.Psbt, out UnsignedTx? tx, out string? error)) return new OpeningFailed(OpeningFailure.NodeRefused, error);
        if (tx.PsbtVersion != 0) return new OpeningFailed(OpeningFailure.NodeRefused, $"addpsbtoutput: the node answered with a PSBT of version {tx.PsbtVersion}; a funding can be sent again only in version 0");
        if (tx.NotSegwit is [var wrapped, ..]) return new OpeningFailed(OpeningFailure.NodeRefused, $"the wallet spends {wrapped}, which is not native segwit: the transaction's id is not final");
        int index = tx.Outputs.ToList().FindIndex(output => output.Amount == opening.Capacity && output.Script == opening.FundingScript);
        if (index < 0) return new OpeningFailed(OpeningFailure.NodeRefused, "the wallet's transaction does not pay to the channel");

        var funding = new Outpoint(tx.Id, (uint)index);
        ChannelId channel = ChannelId.FromOutpoint(funding);
        Sat closing = opening.CostOfClosing.Value > 0 ? opening.CostOfClosing : funded.Value.CostOfClosing(); // the node had no feerate estimates
        BlockHeight now = info.IsOk && info.Value.Blockheight > height().Value ? new BlockHeight(info.Value.Blockheight) : height();
        return new FundingPlanned(new FundingPlan(psbt.Value.Psbt, funding, channel, opening.Capacity, FundingPlan.ReservationOf(channel), now, (tx.Fee ?? funded.Value.Cost()) + closing));
    }

    public async ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping)
    {
        var reserved = await _reservations.TakeAsync(action.Plan, height(), stopping);
        if (reserved.IsOk) return new InputsReserved();
        return Failed(reserved.Error.MaybeDone ? OpeningFailure.Unknown : OpeningFailure.InputsTaken, "reserveinputs", reserved.Error);
    }

    public async ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping)
    {
        var completed = await node.FundChannelCompleteAsync(terms.Offer.Client, action.Plan.Psbt, stopping);
        if (!completed.IsOk) return Failed(NodeTexts.Classify(completed.Error), "fundchannel_complete", completed.Error);
        return completed.Value.ChannelId == action.Plan.Channel
            ? new ChannelSecured()
            : new OpeningFailed(OpeningFailure.Unknown, $"the node opened {completed.Value.ChannelId} where {action.Plan.Channel} was planned");
    }

    public async ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(action.Plan.Channel, stopping);
        if (!found.IsOk) return Failed(OpeningFailure.Unknown, "listpeerchannels", found.Error);
        return found.Value.Channels.Length > 0 ? new ChannelSecured() : new FundingAbsent();
    }

    public async ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(action.Channel, stopping);
        if (!found.IsOk) return Failed(OpeningFailure.Unknown, "listpeerchannels", found.Error);
        if (found.Value.Channels.FirstOrDefault() is not { } row) return new FundingAbsent();
        if (!ChannelStates.IsAlive(row.State)) return new ChannelClosed();
        awaited?.Invoke(row);

        // Set the channel's own fees to 0 for the JIT payment: the opening fee is the price, and the invoice's route hint says 0 and 0.
        if (row.FeeBaseMsat is not { Value: 0 } || row.FeeProportionalMillionths is not 0)
        {
            var set = await node.SetChannelAsync(new SetChannelParams(action.Channel.ToString(), Feebase: 0, Feeppm: 0, Enforcedelay: null), stopping);
            if (!set.IsOk) return Failed(OpeningFailure.NodeRefused, "setchannel", set.Error);
        }

        return row.IsUsable() ? new ChannelReady(row.Facts(allowances.Observe(row))) : new ChannelPending();
    }

    public async ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping)
    {
        var found = await node.ListPeerChannelsAsync(action.Channel, stopping);
        if (!found.IsOk) return Failed(OpeningFailure.Unknown, "listpeerchannels", found.Error);
        PeerChannel? row = found.Value.Channels.FirstOrDefault();

        // A forward keeps the name that its channel had at that time: the alias, the real scid, or the JIT scid if the node failed it at
        // once.
        var seen = new List<(ulong Made, ForwardSeen Row)>();
        foreach (Scid name in new[] { action.Alias ?? row?.Alias?.Local, row?.ShortChannelId, terms.Offer.JitScid }.OfType<Scid>())
        {
            var forwards = await node.ListForwardsAsync(name, stopping);
            if (!forwards.IsOk) return Failed(OpeningFailure.Unknown, "listforwards", forwards.Error);
            foreach (ForwardRow forward in forwards.Value.Forwards)
            {
                // Forwards of anybody's HTLCs to the JIT scid, with any payment hash, are also listed under it.
                bool anybodys = name == terms.Offer.JitScid;
                if (forward.InHtlcId is { } id) seen.Add((forward.CreatedIndex, new ForwardSeen(new HtlcKey(forward.InChannel, id), ForwardStatuses.Read(forward.Status), anybodys)));
            }
        }

        ValueList<ForwardSeen> rows = [.. seen.OrderBy(static one => one.Made).Select(static one => one.Row)];
        Msat owned = row is not null && action.Plan is { } plan ? row.ClientOwns(plan) : Msat.Zero;
        (ValueList<HtlcKey> gone, ValueList<HtlcKey> waiting) = await _unlisted.FindAsync(action.Parts, rows, stopping);
        return new ForwardsSeen(rows, row is not null, owned, row?.IsUsable() == true, row?.IsDead() == true) { Gone = gone, Waiting = waiting };
    }

    public async ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping)
    {
        FundingPlan plan = action.Plan;
        var found = await node.ListPeerChannelsAsync(plan.Channel, stopping);
        if (!found.IsOk) return new BroadcastFailed($"listpeerchannels: {found.Error}");
        if (found.Value.Channels.FirstOrDefault() is not { } row) return new FundingAbsent();

        var signed = await node.SignPsbtAsync(plan.Psbt, stopping);
        if (!signed.IsOk)
        {
            // The reservation may have expired: renew it before signing.
            string? problem = await _reservations.KeepAsync(plan, height(), stopping);
            signed = problem is null ? await node.SignPsbtAsync(plan.Psbt, stopping) : signed;
        }

        if (signed.IsOk) return new FundingSigned(signed.Value.SignedPsbt, row.OurToSelfDelay is { } delay ? new BlockCount(delay) : null, row.Facts(allowances.Observe(row)));

        // Another program sent the funding: the wallet no longer signs spent inputs, but the node keeps the transaction that was sent. Only
        // PSBT version 0 can be sent again after the reservation ends.
        if (row.Funding is not { Withheld: false, Psbt: { } sent }) return new BroadcastFailed($"signpsbt: {signed.Error}");
        var kept = await node.SetPsbtVersionAsync(sent, 0, stopping);
        return kept.IsOk ? new FundingSigned(kept.Value.Psbt) : new BroadcastFailed($"setpsbtversion: {kept.Error}");
    }

    public async ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping)
    {
        // If the node has forgotten the channel, it could never claim its own balance in it.
        var found = await node.ListPeerChannelsAsync(action.Plan.Channel, stopping);
        if (!found.IsOk) return new BroadcastFailed($"listpeerchannels: {found.Error}");
        if (found.Value.Channels.FirstOrDefault() is not { } row) return await AbsentAsync(action.Plan, stopping);

        string psbt = action.SignedPsbt;
        if (row.Funding?.Withheld is true)
        {
            // When a withheld channel is deleted, the node frees its inputs, and it sends PSBT version 2 only while they are reserved. So
            // no funding is sent for a channel that is deleted after the check.
            var fenced = await node.SetPsbtVersionAsync(psbt, 2, stopping);
            if (!fenced.IsOk) return new BroadcastFailed($"setpsbtversion: {fenced.Error}");
            psbt = fenced.Value.Psbt;
        }

        // withheld=false proves nothing: the node clears it before sending and leaves it cleared if the daemon refuses. So send again until
        // the funding is confirmed; after a refusal, check the chain, as the daemon may refuse a transaction that it already has.
        var sent = await node.SendPsbtAsync(psbt, stopping);
        if (!sent.IsOk && sent.Error.Failure != RpcFailure.Refused) return new BroadcastFailed($"sendpsbt: {sent.Error}");
        if (await _chain.DepthAsync(action.Plan, row, taken: sent.IsOk, stopping) is { } depth) return new FundingConfirmed(depth);
        if (sent.IsOk) return new FundingBroadcast();

        // For the next attempt: if the funding is still withheld, its reservation may have expired.
        if (row.Funding?.Withheld is true && await node.MayHaveAsync(action.Plan.Channel, stopping)) await _reservations.KeepAsync(action.Plan, height(), stopping);
        return new BroadcastFailed($"not accepted now: {sent.Error}");
    }

    public async ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping)
    {
        // A late payer of the same invoice still pays no fee for this hop: the old rate is honoured while the offer is valid.
        TimeSpan left = terms.Offer.ValidUntil - time.GetUtcNow();
        uint delay = (uint)Math.Min((left > LeastEnforceDelay ? left : LeastEnforceDelay).TotalSeconds, uint.MaxValue);
        if (action.Again && left > TimeSpan.Zero)
        {
            // The node honours the fee before a raise, but forgets it after a restart, and also if the raised fee is set again.
            var zero = await node.SetChannelAsync(new SetChannelParams(action.Channel.ToString(), Feebase: 0, Feeppm: 0, Enforcedelay: null), stopping);
            if (!zero.IsOk && zero.Error.MaybeDone) return new RestoreFailed($"setchannel: {zero.Error}");
        }

        var fees = new SetChannelParams(action.Channel.ToString(), settings.FeeBase.Value, settings.FeeProportional.Value, delay);
        var set = await node.SetChannelAsync(fees, stopping);
        if (set.IsOk) return new FeesRestored();

        // A closing channel forwards nothing, whatever its fees.
        var found = await node.ListPeerChannelsAsync(action.Channel, stopping);
        bool lives = !found.IsOk || found.Value.Channels.Any(row => ChannelStates.IsAlive(row.State));
        return lives ? new RestoreFailed($"setchannel: {set.Error}") : new FeesRestored();
    }

    /// <summary>Looks up whether the funding of a channel that the node does not have was ever sent: if it was, it was paid for.</summary>
    private async ValueTask<SessionInput> AbsentAsync(FundingPlan plan, CancellationToken stopping)
    {
        if (!Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? tx, out _)) return new FundingAbsent(NeverSent: false);
        var unspent = await _reservations.UnspentAsync(tx, stopping);
        if (!unspent.IsOk) return new BroadcastFailed($"listfunds: {unspent.Error}");
        var output = await node.GetUtxOutAsync(plan.Funding, stopping);
        if (!output.IsOk) return new BroadcastFailed($"getutxout: {output.Error}");
        return new FundingAbsent(NeverSent: unspent.Value.Length == tx.Inputs.Length && output.Value.Script is null);
    }

    internal static OpeningFailed Failed(OpeningFailure failure, string method, RpcError error) => new(failure, $"{method}: {error}");

    public ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => _release.ReleaseAsync(terms.Offer.Client, action, stopping);
}

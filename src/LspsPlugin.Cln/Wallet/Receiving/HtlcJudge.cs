using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>An HTLC that ends here or came over a watched channel.</summary>
/// <param name="Call">The hook's params.</param>
/// <param name="Hook">Takes the answer.</param>
/// <param name="Onward">Answers an HTLC that is not ours.</param>
/// <param name="Replayed">Whether it was held at the node's last stop.</param>
internal sealed record ArrivedHtlc(HtlcAcceptedParams Call, HtlcHook Hook, Action Onward, bool Replayed);

/// <summary>
/// Decides on HTLCs. A channel without a confirmation carries only what it was bought for, and no forwards; if its provider is trusted, it
/// carries the wallet's own payments too.
/// </summary>
internal sealed class HtlcJudge(
    IncomingGuard guard, GrantedChannels granted, PurchaseStore purchases, IncomingPayments payments, TrustRule trust, Func<BlockHeight> height, PeerLog peerLog)
{
    public async Task JudgeAsync(ArrivedHtlc htlc)
    {
        (bool isKnown, GrantedChannel? over) = granted.IsEmpty ? (true, null) : await guard.LookUpAsync(htlc.Call);
        (HtlcAcceptedParams call, HtlcHook hook) = (htlc.Call, htlc.Hook);
        bool isForward = call.Onion is { ShortChannelId: not null } or { NextNodeId: not null };
        bool isFree = isKnown && over is null;
        if (isForward && isFree) htlc.Onward();
        else if (isForward) Stop(call, hook, over, OnionFailure.TemporaryChannelFailure);
        else if (TryTakePart(call, hook, htlc.Replayed)) return;
        else if (isFree || (over is not null && trust.TakesOwnPayments(over))) hook.Continue();
        else Stop(call, hook, over, OnionFailure.TemporaryNodeFailure); // the payer retries, or uses another route
    }

    private void Stop(HtlcAcceptedParams call, HtlcHook hook, GrantedChannel? over, OnionFailure failure)
    {
        hook.Fail(failure);
        if (over is null) peerLog.Unusual("unclear", call.PeerId ?? default, $"wallet: an HTLC of {call.Htlc.AmountMsat} is failed: the node does not report whether {call.Htlc.ShortChannelId} is confirmed");
        else peerLog.Unusual("unconfirmed", over.Provider, $"wallet: an HTLC of {call.Htlc.AmountMsat} over {over.ChannelId} of {over.Provider} is failed: the channel has no confirmation yet");
    }

    /// <returns>
    /// False if it is not part of a JIT payment from the provider that sold the channel; then it is an ordinary payment, even of the same
    /// invoice.
    /// </returns>
    private bool TryTakePart(HtlcAcceptedParams call, HtlcHook hook, bool replayed)
    {
        if (purchases.Find(call.Htlc.PaymentHash) is not { } purchase || call.PeerId != purchase.Provider
            || call.Onion is not { ForwardMsat: { } meant, TotalMsat: { } total, PaymentSecret: { } secret } || call.Htlc.ShortChannelId is not { } channel)
        {
            return false;
        }

        if (!ExtraFee.TryRead(call.Htlc.ExtraTlvs, out Msat? fee))
        {
            peerLog.Unusual("extra_fee", purchase.Provider, $"wallet: a part of {call.Htlc.PaymentHash} carries an extra_fee that cannot be read");
            hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(call.Htlc.AmountMsat, height()));
            return true;
        }

        var part = new ReceivedPart(new HtlcKey(channel, call.Htlc.Id), call.Htlc.AmountMsat, meant, fee, total);
        payments.Add(purchase, new HeldPart(part, secret, new BlockHeight(call.Htlc.CltvExpiry), hook), replayed);
        return true;
    }
}

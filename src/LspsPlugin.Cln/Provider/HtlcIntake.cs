using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider;

/// <summary>Turns the node's HTLCs into parts of payments.</summary>
internal sealed class HtlcIntake(SessionRegistry registry, RewriteMonitor rewrites, HostLog log)
{
    /// <inheritdoc cref="IProviderStage.TurnsAway"/>
    public bool TurnsAway(HtlcAcceptedParams htlc, HtlcHook hook) =>
        htlc.ForwardTo is { } channel && registry.TurnAwayFrom(channel, htlc.Htlc.PaymentHash, htlc.Htlc.Key, hook);

    public void Take(Scid next, HtlcAcceptedParams call, HtlcHook hook)
    {
        HookHtlc htlc = call.Htlc;
        if (htlc.ShortChannelId is not { } incoming || call.Onion.ForwardMsat is not { } amount || call.Onion.OutgoingCltvValue is not { } cltv)
        {
            // Without these members the node cannot forward it either.
            hook.Continue();
            return;
        }

        var part = new Part(new HtlcKey(incoming, htlc.Id), amount, htlc.AmountMsat, new BlockHeight(htlc.CltvExpiry), new BlockHeight(cltv));
        registry.Hold(next, htlc.PaymentHash, part, rewrites.Watch(part.Htlc, registry.Offers.Has(next) ? call.ForwardTo : null, hook));
    }

    /// <summary>Takes an HTLC that was held; an error with one does not affect the others.</summary>
    public void TakeHeld(Scid next, HtlcAcceptedParams htlc, HtlcHook hook)
    {
        try
        {
            if (!TurnsAway(htlc, hook)) Take(next, htlc, hook);
        }
        catch (Exception bug)
        {
            log.Bug($"htlc_accepted: {bug}");
            hook.Fail(OnionFailure.TemporaryChannelFailure);
        }
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>Gives arriving parts to the session of their payment, or begins one, within the limits.</summary>
/// <param name="offers">The live offers.</param>
/// <param name="sessions">The running sessions.</param>
/// <param name="admission">Decides whether a part is accepted.</param>
/// <param name="displacement">Chooses payments to fail when a limit is reached.</param>
/// <param name="start">Begins a session; null for the state of a payment that is not on record.</param>
/// <param name="limits">Returns the operator's limits.</param>
/// <param name="height">Returns the last known block height.</param>
/// <param name="events">Receives what happened.</param>
/// <param name="time">The clock.</param>
internal sealed class ArrivingParts(
    OfferStore offers,
    LiveSessions sessions,
    AdmissionControl admission,
    Displacement displacement,
    Func<OfferState, PaymentHash, SavedState?, SessionActor> start,
    Func<SessionLimits> limits,
    Func<BlockHeight> height,
    IEventSink events,
    TimeProvider time)
{
    private bool _isGoingDown;

    /// <inheritdoc cref="SessionRegistry.Hold"/>
    public void Hold(Scid jitScid, PaymentHash hash, Part part, IHeldHtlc held)
    {
        if (offers.Find(jitScid) is not { } offerState)
        {
            held.Answer(HtlcResolution.Continue);
            return;
        }

        if (!held.IsRewritable)
        {
            TurnAway(offerState, hash, part, held, RejectReason.BlindedHop);
            return;
        }

        if (_isGoingDown && offerState.Alias is null && offerState.Find(hash) is null or { State.Phase: Phase.Collecting or Phase.Negotiating or Phase.AwaitingClient } or { IdleChannel: not null })
        {
            held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
            return;
        }

        admission.LearnOf(part.Htlc.Channel);
        if (offerState.Find(hash) is { } session)
        {
            if (Admit(offerState, session, hash, part) is { } met) TurnAway(offerState, hash, part, held, met);
            else session.Hold(part, height(), held);
            return;
        }

        if (GetRejection(offerState) is { } refused) held.Answer(new FailHtlc(refused));
        else if (offerState.Alias is { } channel) held.Answer(new ForwardHtlc(channel, part.Amount, Msat.Zero));
        else if (Admit(offerState, session: null, hash, part) is { } bound) TurnAway(offerState, hash, part, held, bound);
        else start(offerState, hash, null).Hold(part, height(), held);
    }

    /// <inheritdoc cref="SessionRegistry.TurnAwayFrom"/>
    public bool TurnAwayFrom(ChannelId channel, PaymentHash hash, HtlcKey? htlc, IHeldHtlc held)
    {
        if (!sessions.IsUnpaid(channel) || sessions.Find(channel) is not { } session) return false;
        held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
        Offer offer = session.Terms.Offer;
        events.Publish(new SessionEventEnvelope(offer.JitScid, hash, time.GetUtcNow(), new PartTurnedAway(offer.Client, htlc ?? default, RejectReason.UnpaidChannel)));
        return true;
    }

    /// <summary>From now on no payment begins, and payments that are still incomplete get no further parts.</summary>
    public void GoDown() => _isGoingDown = true;

    /// <summary>
    /// Returns the limit because of which the part is refused, or null. Incomplete payments are displaced if the part's payment ranks higher.
    /// </summary>
    private RejectReason? Admit(OfferState offerState, SessionActor? session, PaymentHash hash, Part part)
    {
        RejectReason? met = Ask();
        if (met is null || offerState.IsBusyWithOther(session) || session is { State: not Collecting }) return met;
        if (ProspectivePayment.Of(session?.Terms ?? new SessionTerms(offerState.Offer, hash, limits()), session?.Parts ?? [], part, height()) is not { } prospect) return met;

        // One limit after the other. The loop ends, because each round displaces a payment.
        while (met is { } bound && displacement.Choose(bound, offerState, session, part, prospect) is { } others)
        {
            foreach (SessionActor other in others) other.Displace();
            met = Ask();
        }

        return met;

        RejectReason? Ask() => session is null ? admission.GetRejection(offerState, part)
            : session.State is Collecting && !admission.Serves(offerState.Offer.Client) ? RejectReason.ClientDenied
            : session.GetRejection(part);
    }

    private OnionFailure? GetRejection(OfferState offerState)
    {
        if (offerState.IsOver || time.GetUtcNow() >= offerState.Offer.ValidUntil) return OnionFailure.UnknownNextPeer;
        return offerState.IsBroken ? OnionFailure.TemporaryChannelFailure : null;
    }

    private void TurnAway(OfferState offerState, PaymentHash hash, Part part, IHeldHtlc held, RejectReason met)
    {
        held.Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
        var turnedAway = new PartTurnedAway(offerState.Offer.Client, part.Htlc, met);
        events.Publish(new SessionEventEnvelope(offerState.Offer.JitScid, hash, time.GetUtcNow(), turnedAway));
    }
}

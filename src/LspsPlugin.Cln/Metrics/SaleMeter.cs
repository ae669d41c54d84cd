using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Metrics;

/// <summary>Counts and measures what happens to sales. It counts from the start of the process: what an earlier process saw is not repeated.</summary>
internal sealed class SaleMeter(Instruments instruments, TimeProvider time) : IEventSink
{
    private readonly Dictionary<(Scid JitScid, PaymentHash Hash), Progress> _live = [];

    /// <summary>When the oldest part that is held came, by <see cref="TimeProvider.GetTimestamp"/>; null if none is held.</summary>
    public long? OldestPart => _live.Values.SelectMany(static progress => progress.Held.Values).Select(static at => (long?)at).Min();

    public void Publish(in SessionEventEnvelope envelope)
    {
        switch (envelope.Event)
        {
            case PartTurnedAway e:
                instruments.OnPartRefused(e.Reason);
                break;
            case SessionEnded e:
                instruments.OnPaymentOver(e.Outcome, e.Reason);
                _live.Remove((envelope.JitScid, envelope.PaymentHash));
                break;
            default:
                Publish(Of(envelope.JitScid, envelope.PaymentHash), envelope.Event);
                break;
        }
    }

    /// <summary>Takes note of the plan of a payment's channel.</summary>
    public void Learn(Scid jitScid, PaymentHash hash, FundingPlan? plan) => Of(jitScid, hash).Plan = plan;

    /// <summary>Forgets payments that run no longer, should one have ended without an event.</summary>
    public void KeepOnly(IReadOnlySet<(Scid, PaymentHash)> running)
    {
        foreach ((Scid, PaymentHash) over in _live.Keys.Where(key => !running.Contains(key)).ToArray()) _live.Remove(over);
    }

    private void Publish(Progress progress, SessionEvent happened)
    {
        switch (happened)
        {
            case PartAdded e:
                progress.LastPart = progress.Held[e.Htlc] = time.GetTimestamp();
                break;
            case PartsFailed e:
                foreach (Part part in e.Parts) progress.Held.Remove(part.Htlc);
                break;
            case PartsForwarded e:
                OnForwarded(progress, e);
                break;
            case PhaseChanged e:
                OnPhase(progress, e);
                break;
            case ChannelTrusted:
                OnFundingSent(progress);
                break;
            case PaymentClaimed e:
                instruments.OnSale(SaleEvent.Paid);
                instruments.OnFeeEarned(e.OpeningFee);
                instruments.OnForwarded(e.Forwarded);
                break;
            case PaymentPassed e:
                instruments.OnForwarded(e.Forwarded);
                break;
            case ChannelUnpaid e:
                instruments.OnLoss(e.Loss);
                break;
            case UnderpaidFunded e:
                instruments.OnLoss(e.Loss);
                break;
            default:
                break; // not measured
        }
    }

    private void OnForwarded(Progress progress, PartsForwarded e)
    {
        foreach (Forward forward in e.Forwards) progress.Held.Remove(forward.Htlc);
        if (progress.LastPart is not { } last) return;
        instruments.OnFirstForward(time.GetElapsedTime(last));
        progress.LastPart = null; // parts that come later are forwarded as they come
    }

    private void OnPhase(Progress progress, PhaseChanged e)
    {
        if (e is { From: Phase.Collecting, To: Phase.Negotiating })
        {
            progress.IsOpening = true;
            instruments.OnOpeningStarted();
        }
        else if (progress.IsOpening && e.To is Phase.AwaitingSettlement or Phase.Reconnecting)
        {
            progress.IsOpening = false;
            instruments.OnOpeningSucceeded();
        }
        else if (progress.IsOpening && e.To is Phase.Unwinding or Phase.AwaitingOutcome or Phase.Ended)
        {
            progress.IsOpening = false;
            instruments.OnOpeningFailed(e.From);
        }
        else if (e.To is Phase.ForwardingOverExisting)
        {
            progress.IsOpening = false;
        }

        if (e is { From: Phase.Broadcasting, To: Phase.Confirming }) OnFundingSent(progress);
    }

    private void OnFundingSent(Progress progress)
    {
        if (progress.Plan is { } plan && Psbt.TryReadUnsignedTx(plan.Psbt, out UnsignedTx? tx, out _) && tx.Fee is { } fee) instruments.OnFundingSent(fee);
    }

    private Progress Of(Scid jitScid, PaymentHash hash)
    {
        if (!_live.TryGetValue((jitScid, hash), out Progress? progress)) _live.Add((jitScid, hash), progress = new Progress());
        return progress;
    }

    /// <summary>What is known of a payment that runs.</summary>
    private sealed class Progress
    {
        /// <summary>When each held part came.</summary>
        public Dictionary<HtlcKey, long> Held { get; } = [];

        /// <summary>When the last part came; null once parts were forwarded.</summary>
        public long? LastPart { get; set; }

        public bool IsOpening { get; set; }

        public FundingPlan? Plan { get; set; }
    }
}

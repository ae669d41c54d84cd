using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>Writes session events to the host's log; every line starts with the JIT scid.</summary>
internal sealed class SessionEventLog(HostLog log, TimeProvider time) : IEventSink
{
    /// <summary>Number of attempts after which the operator is told.</summary>
    private const int Overdue = 5;

    /// <summary>
    /// The release attempt from which on it is logged at a visible level, seven seconds after the first. Before that it is a common race:
    /// the client answers a close while its HTLCs are still being removed.
    /// </summary>
    private const int Noticeable = 4;

    /// <summary>Rate-limits refused parts, whose number the payer controls.</summary>
    private readonly PeerLog _peerLog = new(log, time);

    public void Publish(in SessionEventEnvelope envelope)
    {
        string who = $"session {envelope.JitScid} ({Short(envelope.PaymentHash.ToString())})";
        switch (envelope.Event)
        {
            case PartAdded e:
                // Existing tools wait for a line in this form.
                log.Debug($"{who}: session event: PaymentPartAdded {{ part: {e.Htlc}, n_parts: {e.Count}, parts_sum: {e.Sum} }}");
                break;
            case PhaseChanged { From: Phase.AwaitingSettlement or Phase.Reconnecting, To: Phase.AwaitingChannelReady }:
                log.Info($"{who}: the wallet did not accept the payment; its channel is open already and waits for another payment until the offer ends");
                break;
            case PhaseChanged e:
                if (e.From.ToWord() != e.To.ToWord()) log.Debug($"{who}: {e.From.ToWord()} -> {e.To.ToWord()} because of {e.Because}");
                break;
            case InputIgnored e:
                log.Debug($"{who}: {e.Input} ignored while {e.Phase.ToWord()}: {e.Because}");
                break;
            case PartTurnedAway e:
                _peerLog.Unusual(e.Reason.ToWord(), e.Client, $"{who}: a part for {e.Client} is turned away: {e.Reason.ToWord()}");
                break;
            case PartsFailed e:
                log.Info($"{who}: {e.Parts.Count} part(s) failed: {e.Reason.ToWord()}");
                break;
            case PartsForwarded e:
                log.Info($"{who}: {e.Forwards.Aggregate(Msat.Zero, static (sum, forward) => sum + forward.Amount)} in {e.Forwards.Count} part(s) forwarded over {e.Channel}");
                break;
            case StepFailed e:
                log.Unusual($"{who}: while {e.Phase.ToWord()}: {e.Detail}");
                break;
            case PaymentClaimed e:
                log.Info($"{who}: claimed: {e.Forwarded} forwarded, opening fee {e.OpeningFee}");
                break;
            case FeeKept e:
                log.Unusual($"{who}: the wallet settled a part of the payment and failed one that carried {e.OpeningFee} of the opening fee: this much of the fee for {e.Channel} is lost; `lsps-clients` shows the wallet, `lsps2-deny-clients` refuses it");
                break;
            case ChannelUnderpaid e:
                log.Unusual($"{who}: the wallet settled {e.Forwarded} of the payment and failed parts that carried {e.Missing} of the opening fee: the funding of {e.Channel} stays withheld until that is paid, or until `lsps2-max-loss-sat` allows the loss");
                break;
            case UnderpaidFunded e:
                log.Unusual($"{who}: the funding of {e.Channel} is broadcast although its opening fee was not paid: the loss is {e.Loss}; `lsps-clients` shows the wallet, `lsps2-deny-clients` refuses it");
                break;
            case PaymentPassed e:
                log.Info($"{who}: {e.Forwarded} forwarded over the existing channel {e.Channel}; no channel was opened");
                break;
            case ChannelTrusted e:
                log.Info($"{who}: the funding of {e.Channel} is broadcast before payment, {e.AtRisk} at risk");
                break;
            case ChannelUnpaid e:
                log.Unusual($"{who}: {e.Channel} was opened on trust and nobody paid for it; the loss is {e.Loss}, and the operator may close the channel (`lightning-cli close {e.Channel}`)");
                break;
            case BroadcastOverdue e when e.Attempt >= Overdue:
                log.Error($"{who}: the funding of {e.Channel} is due and cannot be broadcast (attempt {e.Attempt}): {e.Detail}. It is tried again; see whether the chain daemon answers and accepts it, then run `lsps-retry`");
                break;
            case BroadcastOverdue e:
                log.Unusual($"{who}: the funding of {e.Channel} is not in the chain yet (attempt {e.Attempt}): {e.Detail}");
                break;
            case ReleaseOverdue e when e.Attempt >= Overdue:
                log.Error($"{who}: the channel and inputs of the failed opening cannot be released (attempt {e.Attempt}): {e.Detail}. It is tried again; once the cause is gone, `lsps-retry` does it at once");
                break;
            case ReleaseOverdue e when e.Attempt < Noticeable:
                log.Debug($"{who}: the channel and inputs of the failed opening are not released yet (attempt {e.Attempt}): {e.Detail}");
                break;
            case ReleaseOverdue e:
                log.Unusual($"{who}: the channel and inputs of the failed opening are not released yet (attempt {e.Attempt}): {e.Detail}");
                break;
            case SessionEnded { Reason: FailureReason.ChannelForfeited }:
                log.Unusual($"{who}: the withheld channel was destroyed after the wallet had released the preimage and before its funding could be broadcast; nothing was broadcast, and the amount paid to the wallet is in no channel; `lsps-session {envelope.JitScid}` shows it");
                break;
            case SessionEnded e:
                log.Info($"{who}: {e.Outcome.ToWord()}{(e.Reason is { } reason ? $" ({reason.ToWord()})" : "")}");
                break;
            default:
                log.Debug($"{who}: {envelope.Event}");
                break;
        }
    }

    private static string Short(string hash) => hash[..8];
}

using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>
/// Notifies other plugins of session events: each phase, the fee earned, what cannot be finished, and the end. Refused parts are reported
/// once a minute per violated limit, because the payer controls their number.
/// </summary>
internal sealed class SessionNotifications(HostTopic topic, SaleUpdates updates) : IEventSink
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<RejectReason, (DateTimeOffset ToldAt, int Since)> _turnedAway = [];

    public void Publish(in SessionEventEnvelope envelope)
    {
        SessionEventEnvelope e = envelope;
        switch (e.Event)
        {
            case PhaseChanged { To: not Phase.Ended } changed when changed.From.ToWord() != changed.To.ToWord():
                Tell(e, "phase", json => json.WriteString("phase"u8, changed.To.ToWord()));
                break;
            case PartTurnedAway away:
                TurnedAway(e, away);
                break;
            case PaymentClaimed claimed:
                Tell(e, "claimed", json =>
                {
                    json.WriteNumber("forwarded_msat"u8, claimed.Forwarded.Value);
                    json.WriteNumber("opening_fee_msat"u8, claimed.OpeningFee.Value);
                });
                break;
            case FeeKept kept:
                Tell(e, "fee_kept", json => json.WriteNumber("opening_fee_msat"u8, kept.OpeningFee.Value));
                break;
            case ChannelUnderpaid underpaid:
                Tell(e, "underpaid", json =>
                {
                    json.WriteNumber("forwarded_msat"u8, underpaid.Forwarded.Value);
                    json.WriteNumber("missing_fee_msat"u8, underpaid.Missing.Value);
                });
                break;
            case UnderpaidFunded funded:
                Tell(e, "underpaid_funded", json => json.WriteNumber("loss_msat"u8, funded.Loss.ToMsat().Value));
                break;
            case PaymentPassed passed:
                Tell(e, "passed", json => json.WriteNumber("forwarded_msat"u8, passed.Forwarded.Value));
                break;
            case ChannelTrusted trusted:
                Tell(e, "trusted", json => json.WriteNumber("at_risk_msat"u8, trusted.AtRisk.ToMsat().Value));
                break;
            case ChannelUnpaid unpaid:
                Tell(e, "unpaid", json => json.WriteNumber("loss_msat"u8, unpaid.Loss.ToMsat().Value));
                break;
            case BroadcastOverdue overdue:
                Tell(e, "broadcast_overdue", json => Attempt(json, overdue.Attempt, overdue.Detail));
                break;
            case ReleaseOverdue overdue:
                Tell(e, "release_overdue", json => Attempt(json, overdue.Attempt, overdue.Detail));
                break;
            case SessionEnded ended:
                Tell(e, "ended", json =>
                {
                    json.WriteString("outcome"u8, ended.Outcome.ToWord());
                    if (ended.Reason is { } reason) json.WriteString("reason"u8, reason.ToWord());
                });
                break;
        }
    }

    private void TurnedAway(SessionEventEnvelope e, PartTurnedAway away)
    {
        (DateTimeOffset toldAt, int since) = _turnedAway.GetValueOrDefault(away.Reason);
        bool due = (e.At - toldAt).Duration() >= Minute; // the wall clock may jump in either direction
        _turnedAway[away.Reason] = due ? (e.At, 0) : (toldAt, since + 1);
        if (!due) return;
        Tell(e, "turned_away", json =>
        {
            json.WriteString("client_id"u8, away.Client.ToString());
            json.WriteString("bound"u8, away.Reason.ToWord());
            json.WriteNumber("parts"u8, since + 1);
        });
    }

    private static void Attempt(Utf8JsonWriter json, int attempt, string detail)
    {
        json.WriteNumber("attempt"u8, attempt);
        json.WriteString("detail"u8, detail);
    }

    private void Tell(SessionEventEnvelope e, string happened, Action<Utf8JsonWriter> members) => topic.Tell(json =>
    {
        json.WriteString("event"u8, happened);
        json.WriteString("jit_channel_scid"u8, e.JitScid.ToString());
        json.WriteString("payment_hash"u8, e.PaymentHash.ToString());
        json.WriteString("at"u8, LspsTime.Write(e.At));
        if (updates.Of(e.JitScid) is { } updated) json.WriteNumber("updated_index"u8, updated);
        members(json);
    });
}

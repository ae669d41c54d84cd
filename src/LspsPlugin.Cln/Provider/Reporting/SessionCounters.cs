using System.Text.Json;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>Counts session outcomes since the plugin started.</summary>
internal sealed class SessionCounters : IEventSink
{
    private readonly int[] _ended = new int[Enum.GetValues<Outcome>().Length];
    private readonly SortedDictionary<string, int> _reasons = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _turnedAway = new(StringComparer.Ordinal);
    private ulong _forwarded;
    private ulong _fees;

    public void Publish(in SessionEventEnvelope envelope)
    {
        if (envelope.Event is SessionEnded ended) Count(ended);
        if (envelope.Event is PartTurnedAway away) _turnedAway[away.Reason.ToWord()] = _turnedAway.GetValueOrDefault(away.Reason.ToWord()) + 1;
        if (envelope.Event is PaymentPassed passed) _forwarded = unchecked(_forwarded + passed.Forwarded.Value);
        if (envelope.Event is FeeKept kept)
        {
            // This was counted as claimed before, possibly before a restart.
            _forwarded -= Math.Min(_forwarded, kept.Forwarded.Value);
            _fees -= Math.Min(_fees, kept.OpeningFee.Value);
        }

        if (envelope.Event is not PaymentClaimed claimed) return;
        _forwarded = unchecked(_forwarded + claimed.Forwarded.Value);
        _fees = unchecked(_fees + claimed.OpeningFee.Value);
    }

    private void Count(SessionEnded ended)
    {
        _ended[(int)ended.Outcome]++;
        if (ended.Reason?.ToWord() is { } reason) _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
    }

    public void Write(Utf8JsonWriter json)
    {
        foreach (Outcome outcome in Enum.GetValues<Outcome>()) json.WriteNumber(SessionWords.OutcomeCounts[outcome], _ended[(int)outcome]);
        json.WriteNumber("forwarded_msat"u8, _forwarded);
        json.WriteNumber("opening_fees_msat"u8, _fees);
        json.WriteStartObject("reasons"u8);
        foreach ((string reason, int count) in _reasons) json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteStartObject("turned_away"u8);
        foreach ((string bound, int count) in _turnedAway) json.WriteNumber(bound, count);
        json.WriteEndObject();
    }
}

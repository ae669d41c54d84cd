using System.Text.Json;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>What became of the sessions since the plugin started.</summary>
internal sealed class SessionTally : IEventSink
{
    private readonly int[] _ended = new int[Enum.GetValues<Outcome>().Length];
    private ulong _forwarded;
    private ulong _fees;

    public void Publish(in SessionEventEnvelope envelope)
    {
        if (envelope.Event is SessionEnded ended) _ended[(int)ended.Outcome]++;
        if (envelope.Event is not PaymentClaimed claimed) return;
        _forwarded = unchecked(_forwarded + claimed.Forwarded.Value);
        _fees = unchecked(_fees + claimed.OpeningFee.Value);
    }

    public void Write(Utf8JsonWriter json)
    {
        foreach (Outcome outcome in Enum.GetValues<Outcome>()) json.WriteNumber(JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()), _ended[(int)outcome]);
        json.WriteNumber("forwarded_msat"u8, _forwarded);
        json.WriteNumber("opening_fees_msat"u8, _fees);
    }
}

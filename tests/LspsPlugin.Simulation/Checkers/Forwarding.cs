using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>An answer to htlc_accepted that forwards the part over a channel of the plugin's choice.</summary>
/// <param name="Channel">forward_to.</param>
/// <param name="Amount">The forwarded amount.</param>
/// <param name="Taken">The amount in the onion less the forwarded amount.</param>
/// <param name="ExtraFee">The value of the extra_fee record (65537); null if it is missing or unreadable.</param>
public sealed record Forwarding(string Channel, ulong Amount, ulong Taken, ulong? ExtraFee)
{
    private const ulong ExtraFeeType = 65537;

    /// <returns>Null for any other answer.</returns>
    public static Forwarding? Read(SimHtlc part, JsonObject answer)
    {
        if ((string?)answer["result"] != "continue" || (string?)answer["forward_to"] is not { } channel) return null;
        ulong asked = part.Hop?.Amount?.Value ?? 0;
        ulong amount = (string?)answer["payload"] is { } payload ? SimHop.FromHex(payload)?.Amount?.Value ?? 0 : asked;
        return new Forwarding(channel, amount, asked > amount ? asked - amount : 0, Extra((string?)answer["extra_tlvs"] ?? part.ExtraTlvs));
    }

    private static ulong? Extra(string? hex)
    {
        if (string.IsNullOrEmpty(hex) || !TlvStream.TryParse(Convert.FromHexString(hex), out TlvStream? tlvs)) return null;
        return tlvs.Find(ExtraFeeType) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan()) : null;
    }
}

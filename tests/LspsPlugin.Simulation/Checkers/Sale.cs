using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>A sold JIT scid and the parts that arrived for it.</summary>
public sealed class Sale
{
    private readonly ulong _minFee;
    private readonly ulong _ppm;

    public Sale(SimNode seller, Scid jitScid, JsonObject record)
    {
        JsonNode terms = record["opening_fee_params"]!;
        (Seller, JitScid, Client) = (seller, jitScid, (string)record["peer_id"]!);
        _minFee = Number(terms["min_fee_msat"])!.Value;
        _ppm = Number(terms["proportional"])!.Value;
        OnTrust = record["client_trusts_lsp"]?.GetValue<bool>() is false;
        Size = Number(record["expected_payment_size"]);
        Smallest = Number(terms["min_payment_size_msat"])!.Value;
        Largest = Number(terms["max_payment_size_msat"])!.Value;
        ValidUntil = DateTimeOffset.Parse((string)terms["valid_until"]!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public SimNode Seller { get; }

    public Scid JitScid { get; }

    public string Client { get; }

    /// <summary>Whether the seller trusts the client: the funding is broadcast before anybody has paid.</summary>
    public bool OnTrust { get; }

    /// <summary>The required sum of the parts; null if the payer chooses the amount.</summary>
    public ulong? Size { get; }

    public DateTimeOffset ValidUntil { get; }

    public ulong Smallest { get; }

    public ulong Largest { get; }

    /// <summary>Every part that the plugin was asked about.</summary>
    public HashSet<SimHtlc> Parts { get; } = [];

    /// <summary>The deduction from each forwarded part, by the latest answer.</summary>
    public Dictionary<SimHtlc, ulong> Taken { get; } = [];

    /// <summary>The channels that were opened for it.</summary>
    public List<SimChannel> Channels { get; } = [];

    /// <summary>Returns the fee by LSPS2: the larger of the minimum and the proportional fee, rounded up.</summary>
    public ulong FeeFor(ulong payment) => Math.Max(_minFee, (ulong)((((UInt128)payment * _ppm) + 999_999) / 1_000_000));

    /// <summary>Returns whether the part may still affect anybody's balance.</summary>
    public static bool IsLive(SimHtlc part) => !part.IsResolved || part.IsSettled;

    private static ulong? Number(JsonNode? value) => value switch
    {
        null => null,
        _ when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => value.GetValue<ulong>(),
        _ => ulong.Parse((string)value!),
    };
}

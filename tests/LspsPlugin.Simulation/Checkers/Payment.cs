using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Offers;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>A payment as its caller asked for it, and what the payer's node did for it.</summary>
public sealed class Payment
{
    /// <summary>One percent, and at least this, if the caller names no limit.</summary>
    private const ulong LeastMaxFee = 5_000;

    private readonly Dictionary<(ulong Group, ulong Part), int> _sent = [];

    private readonly string? _offer;
    private PaymentHash? _hash;

    public Payment(SimNode payer, string id, AskedInvoice invoice, JsonObject request)
    {
        (Payer, Id, _hash, _offer, Amount) = (payer, id, invoice.Hash, invoice.Offer, invoice.Amount);
        MaxFee = request["maxfee_msat"] is null ? Math.Max(Amount / 100, LeastMaxFee) : request.Number("maxfee_msat");
    }

    public SimNode Payer { get; }

    public string Id { get; }

    /// <summary>The payment hash. For an offer it is that of the invoice on record, if this is one for the offer; null as long as there is none.</summary>
    public PaymentHash? Hash => _hash ??= Fetched();

    public ulong Amount { get; }

    public ulong MaxFee { get; }

    /// <summary>The last word of its record's keys.</summary>
    public string Name => Uri.EscapeDataString(Id);

    /// <summary>
    /// The node's rows of the parts that were sent, also those that were deleted since: as many for each as the plugin has sent. When they are deleted, their numbers are
    /// free for other programs.
    /// </summary>
    public IEnumerable<SimSendPay> Rows => Payer.Paying.Parts.Ever
        .Where(row => row.Hash == Hash && _sent.ContainsKey((row.GroupId, row.PartId)))
        .GroupBy(static row => (row.GroupId, row.PartId))
        .SelectMany(part => part.Take(_sent[part.Key]));

    /// <summary>The rows whose HTLCs are in flight or settled. A row without an HTLC costs nothing.</summary>
    public IEnumerable<SimSendPay> Alive => Rows.Where(static row => row.Htlc is { IsResolved: false } or { IsSettled: true });

    /// <summary>Whether the node has, or had, a row of a part. Then it refuses another call for it: a slow pipe may bring a repetition late.</summary>
    public bool HasRow(ulong group, ulong part) => Rows.Any(row => (row.GroupId, row.PartId) == (group, part));

    /// <summary>Notes that the plugin has sent a part.</summary>
    public void OnSent(ulong group, ulong part) => _sent[(group, part)] = _sent.GetValueOrDefault((group, part)) + 1;

    /// <summary>Returns one of its records; null if there is none.</summary>
    public JsonNode? Record(string place) =>
        Payer.Datastore.Find("lsps-payer", place, Name) is { } text ? JsonNode.Parse(text) : null;

    /// <summary>Returns whether a part is on record.</summary>
    public bool IsOnRecord(ulong group, ulong part) => Payer.Datastore.Under("lsps-payer", "parts", Name)
        .Any(entry => JsonNode.Parse(entry.Value) is { } record && Is(record["groupid"], group) && Is(record["partid"], part));

    /// <summary>A payment without a status has not begun, and its next request fetches another invoice.</summary>
    private PaymentHash? Fetched() => Record("status") is not null && (string?)Record("payments")?["invoice"] is { } text && Bolt12Invoice.Read(text) is { } invoice && Bolt12Fields.OfferId(invoice.Tlvs) == _offer
        ? invoice.PaymentHash
        : null;

    private static bool Is(JsonNode? number, ulong value) => number?.ToString() == value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

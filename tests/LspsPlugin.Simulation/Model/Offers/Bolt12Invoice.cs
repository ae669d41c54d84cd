using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>An invoice of BOLT 12.</summary>
public sealed record Bolt12Invoice(TlvStream Tlvs)
{
    /// <summary>How long an invoice is good that does not say so.</summary>
    public const uint UsualExpiry = 7200;

    public PaymentHash PaymentHash => PaymentHash.FromBytes(Tlvs.Find(Bolt12Type.InvoicePaymentHash)!.Value.AsSpan());

    public Msat Amount => new(Tlvs.Number(Bolt12Type.InvoiceAmount)!.Value);

    public NodeId NodeId => Tlvs.Node(Bolt12Type.InvoiceNodeId)!.Value;

    public ulong CreatedAt => Tlvs.Number(Bolt12Type.InvoiceCreatedAt)!.Value;

    public ulong RelativeExpiry => Tlvs.Number(Bolt12Type.InvoiceRelativeExpiry) ?? UsualExpiry;

    public IReadOnlyList<BlindedPath> Paths => BlindedPath.ReadAll(Tlvs.Find(Bolt12Type.InvoicePaths)!.Value.AsSpan())!;

    public IReadOnlyList<BlindedPayInfo> PayInfos => BlindedPayInfo.ReadAll(Tlvs.Find(Bolt12Type.InvoiceBlindedPay)!.Value.AsSpan())!;

    /// <summary>Reads an invoice; null if it is none, or not a valid one.</summary>
    public static Bolt12Invoice? Read(string text) => Read(text, out _);

    /// <param name="why">Why it is none, in the node's words (invoice_decode).</param>
    public static Bolt12Invoice? Read(string text, out string why)
    {
        if (Bolt12Text.Decode(text, Bolt12Text.Invoice, out why) is not { } tlvs) return null;
        why = Missing(tlvs) ?? "";
        return why.Length == 0 ? new Bolt12Invoice(tlvs) : null;
    }

    private static string? Missing(TlvStream tlvs)
    {
        if (tlvs.HexOf(Bolt12Type.InvreqChain) is not { } chain || chain != Convert.ToHexStringLower(Bolt12Fields.Chain)) return "wrong chain";
        if (tlvs.Node(Bolt12Type.InvoiceNodeId) is not { } id || !id.IsOnCurve()) return "missing node_id";
        if (!Bolt12Signature.Verify(tlvs, "invoice", SimParams.Key(id))) return tlvs.Find(Bolt12Type.Signature) is null ? "missing signature" : "bad signature";
        if (tlvs.Number(Bolt12Type.InvoiceAmount) is null) return "missing invoice_amount";
        if (tlvs.Number(Bolt12Type.InvoiceCreatedAt) is null) return "missing invoice_created_at";
        if (tlvs.Find(Bolt12Type.InvoicePaymentHash) is not { Length: 32 }) return "missing invoice_payment_hash";
        IReadOnlyList<BlindedPath> paths = tlvs.Find(Bolt12Type.InvoicePaths) is { } bytes ? BlindedPath.ReadAll(bytes.AsSpan()) ?? [] : [];
        if (paths.Count == 0 || paths.Any(static path => path.Hops.Count == 0)) return "missing/empty invoice_paths";
        int infos = tlvs.Find(Bolt12Type.InvoiceBlindedPay) is { } info ? BlindedPayInfo.ReadAll(info.AsSpan())?.Count ?? 0 : 0;
        return infos == paths.Count ? null : $"expected {paths.Count} payinfo but found {infos}";
    }
}

using System.Security.Cryptography;
using System.Text;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Payments;
using NBitcoin;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>A payment of 90,000 msat to a node behind a JIT channel, and what becomes of it.</summary>
internal static class PaySample
{
    public static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly Preimage Proof = Preimage.Parse(new string('7', 64));
    public static readonly BlockHeight Height = new(800_000);
    public static readonly NodeId Self = NodeId.Parse("033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a");
    public static readonly NodeId Lsp = NodeId.Parse("02" + new string('a', 64));
    public static readonly Scid First = Scid.Of(103, 1, 0);
    public static readonly Scid Jit = Scid.Of(16_000_000, 7, 7);

    private static readonly Key PayeeKey = new(SHA256.HashData("the payee"u8));

    public static NodeId Payee { get; } = NodeId.FromBytes(PayeeKey.PubKey.ToBytes());

    public static RouteHint Hint { get; } = new(Lsp, Jit, 1000, new Ppm(10), 144);

    public static Bolt11Invoice Invoice { get; } = new(
        "bcrt", new Msat(90_000), Created, Proof.Hash(), PaymentSecret.Parse(new string('5', 64)), "coffee", TimeSpan.FromDays(20_000), new BlockCount(18), Hint, [8, 14, 17]);

    public static PaymentTerms Terms { get; } = new(
        new PaymentId("order/1 \"ü\""), Proof.Hash(), Payee, new Msat(90_000), new Msat(90_000), new Msat(900), new BlockCount(1000), TimeSpan.FromSeconds(60), MaxParts: 3,
        new BlockCount(18), PaymentSecret.Parse(new string('5', 64)), [[Hint]], Metadata: "01fa", ["mine"], "for \"ü\"", "lnbcrt1", Created);

    public static AttemptKey Key(ulong part, ulong group = 0) => new(Terms.FirstGroup + group, part);

    public static Route Route(ulong amount = 30_000) => new(
    [
        new RouteHop(First, 1, Lsp, new Msat(amount + 100), new Msat(amount + 100), new BlockCount(165), new BlockCount(165)),
        new RouteHop(Jit, 0, Payee, new Msat(amount + 100), new Msat(amount), new BlockCount(165), new BlockCount(21)),
    ]);

    public static Attempt Attempt(ulong part, AttemptStatus status = AttemptStatus.Planned, PartFailure? failure = null, ulong amount = 30_000) =>
        new(Key(part), Route(amount), Height, Height + new BlockCount(165), status, failure);

    public static PartFailure Failure { get; } = new(PartFailureKind.Onion, 0x1007, 1, Jit, 0, "10070000");

    public static PaymentRecord Record(PaymentStatus status, ValueList<Attempt> attempts, GiveUpReason? reason = null, Preimage? preimage = null, ulong updated = 1) =>
        new(Terms, new SavedPayment(status, attempts, reason, preimage), CreatedIndex: 1, updated, Created.AddSeconds(updated));

    /// <summary>The invoice, signed by the payee.</summary>
    public static string Signed(Bolt11Invoice invoice)
    {
        Assert.True(Bech32.TryDecode(invoice.WriteUnsigned(), out string? prefix, out byte[]? words));
        byte[] data = words[..^104];
        byte[] bytes = Bech32.ToBytes([.. data, 0, 0]);
        byte[] digest = SHA256.HashData([.. Encoding.ASCII.GetBytes(prefix), .. bytes[..(((data.Length * 5) + 7) / 8)]]);
        CompactSignature signature = PayeeKey.SignCompact(new uint256(digest));
        return Bech32.Encode(prefix, [.. data, .. Bech32.ToWords([.. signature.Signature, (byte)signature.RecoveryId])]);
    }
}

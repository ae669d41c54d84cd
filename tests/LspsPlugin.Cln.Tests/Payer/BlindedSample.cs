using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>The payment of <see cref="PaySample"/> with two blinded paths: one of two nodes behind the provider, and one that begins at the payee itself.</summary>
internal static class BlindedSample
{
    public static readonly NodeId PathKey = NodeId.Parse("02" + new string('c', 64));
    public static readonly NodeId End = NodeId.Parse("02" + new string('d', 64));

    private static readonly NodeId Inside = NodeId.Parse("02" + new string('e', 64));

    public static BlindedPath BehindTheProvider { get; } = new(
        PaySample.Lsp, PathKey, [new BlindedHop(Inside, "aaaa"), new BlindedHop(End, "bbbb")], 1000, new Ppm(10), 144, new Msat(1), new Msat(80_000));

    public static BlindedPath AtThePayee { get; } = new(PaySample.Payee, PathKey, [new BlindedHop(Inside, "cccc")], 0, new Ppm(0), 18, Msat.Zero, null);

    public static PaymentTerms Terms { get; } = PaySample.Terms with
    {
        Secret = null,
        Hints = [],
        Metadata = null,
        FinalCltv = new BlockCount(0),
        Invoice = "lni1",
        Paths = [BehindTheProvider, AtThePayee],
        Offer = new OfferRequest("lno1", 2, "for \"ü\""),
    };

    /// <summary>A part over one of the two paths.</summary>
    public static Attempt Attempt(int path)
    {
        NodeId introduction = Terms.Paths[path].Introduction;
        return PaySample.Attempt(1) with
        {
            Route = new Route(
            [
                new RouteHop(PaySample.First, 1, introduction, new Msat(30_100), new Msat(30_100), new BlockCount(165), new BlockCount(165)),
                new RouteHop(BlindedPath.ChannelOf(path), 0, End, new Msat(30_100), new Msat(30_000), new BlockCount(165), new BlockCount(3)),
            ]),
        };
    }
}

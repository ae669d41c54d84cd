using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Tests.Provider;

internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    public static readonly NodeId Client = NodeId.Parse("038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b");
    public static readonly NodeId Provider = NodeId.Parse("033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a");
    public static readonly Scid JitScid = Scid.Parse("609x7777x1");
    public static readonly PaymentHash Hash = PaymentHash.Parse("3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7");
    public static readonly Preimage Preimage = Preimage.Parse("3b0e7738e22c1ea922f49af5650e9708ae58f5a93e9ea7fd222a925d4c2c260d");

    public static readonly OpeningFeeParams FeeParams = new(
        new Msat(10_000), new Ppm(1000), Now.AddHours(1), new BlockCount(2000), new BlockCount(2016), new Msat(1000), new Msat(100_000_000), "v1.abc");

    public static readonly Offer Offer = new(JitScid, Client, FeeParams, new Msat(10_000_000), new Sat(100_000), ClientTrustsLsp: true, Now) { CreatedIndex = 7 };

    public static readonly SessionLimits Limits = new(
        30, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(120), TimeSpan.FromHours(1), new BlockCount(6), new BlockCount(144), new Sat(50_000),
        new Sat(16_777_215), new BlockCount(1008));

    public static readonly SessionTerms Terms = new(Offer, Hash, Limits);

    public static readonly FundingPlan Plan = new(
        "cHNidP8=",
        new Outpoint(TxId.Parse("c9d69015aab44922bc1319074d4aca8dcfa21348d8c4ffc255badd052f1fd1a7"), 1),
        ChannelId.Parse("a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8"),
        new Sat(100_000),
        new BlockCount(72),
        new BlockHeight(109));

    /// <summary>The client took the part without fee, and failed the other.</summary>
    public static SavedState Underpaid { get; } = new(
        Phase.Underpaid,
        new Msat(10_000),
        Plan,
        [
            new(new HtlcKey(Scid.Parse("104x1x0"), 0), new Msat(4_990_000), new Msat(10_000), ForwardStatus.Failed),
            new(new HtlcKey(Scid.Parse("105x1x0"), 0), new Msat(5_000_000), Msat.Zero, ForwardStatus.Settled),
        ],
        Preimage,
        Reason: null,
        Outcome: null,
        ChannelExisted: true,
        Core.Lightning.Scid.Of(16_000_000, 1, 1));

    /// <summary>One saved state of each kind.</summary>
    public static IEnumerable<SavedState> States()
    {
        Forward[] forwards =
        [
            new(new HtlcKey(Scid.Parse("104x1x0"), 0), new Msat(4_990_000), new Msat(10_000), ForwardStatus.Settled),
            new(new HtlcKey(Scid.Parse("105x1x0"), 0), new Msat(5_000_000), Msat.Zero),
        ];
        var fee = new Msat(10_000);
        yield return new(Phase.Reserving, fee, Plan, [], null, null, null, ChannelExisted: false);
        yield return new(Phase.AwaitingSettlement, fee, Plan, [.. forwards], null, null, null, ChannelExisted: true, Core.Lightning.Scid.Of(16_000_000, 1, 1));
        yield return Underpaid;
        yield return new(Phase.ForwardingOverExisting, fee, null, [.. forwards], null, null, null, ChannelExisted: true, Over: new ExistingChannel(Plan.Channel, Alias: null, new Msat(1000), new Ppm(10)));
        yield return new(Phase.Broadcasting, fee, Plan, [.. forwards], Preimage, null, null, ChannelExisted: true, Alias: null, "c2lnbmVk");
        yield return new(Phase.Confirming, fee, Plan, [.. forwards], Preimage, null, null, ChannelExisted: true, Alias: null, "c2lnbmVk");
        foreach (FailureReason reason in Enum.GetValues<FailureReason>())
        {
            yield return new(Phase.Unwinding, fee, Plan, [.. forwards], null, reason, null, ChannelExisted: true);
            yield return new(Phase.Ended, fee, null, [], null, reason, Outcome.Failed, ChannelExisted: false);
        }

        foreach (Outcome outcome in Enum.GetValues<Outcome>()) yield return new(Phase.Ended, fee, Plan, [.. forwards], Preimage, null, outcome, ChannelExisted: true);
    }
}

using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>The usual offer: 100,000 sat, an opening fee of 1,000 sat.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly BlockHeight Height = new(800_000);
    public static readonly NodeId Client = NodeId.Parse("02" + new string('1', 64));
    public static readonly Msat Size = new(100_000_000);
    public static readonly Msat Fee = new(1_000_000);

    public static readonly OpeningFeeParams FeeParams = new(
        new Msat(1_000_000), new Ppm(1000), Now.AddHours(1), new BlockCount(4320), new BlockCount(2016), new Msat(2_000_000), new Msat(1_000_000_000), "promise");

    public static readonly SessionLimits Limits = new(
        MaxParts: 4, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(120), TimeSpan.FromHours(1), new BlockCount(6), new BlockCount(144), new Sat(50_000),
        new Sat(16_777_215), new BlockCount(1008), NodeCltvDelta: new BlockCount(34));

    public static readonly SessionTerms Fixed = Terms(Size);
    public static readonly SessionTerms Variable = Terms(null);
    public static readonly SessionTerms Trusted = Terms(Size, trusted: true);

    public static readonly Opening Opening = new("bcrt1qaddress", "0020" + new string('a', 64), new Sat(150_000));
    public static readonly FundingPlan Plan = new(
        "cHNidP8=", new Outpoint(TxId.Parse(new string('b', 64)), 1), ChannelId.Parse(new string('c', 64)), new Sat(150_000), new BlockCount(80), Height);

    public static readonly ChannelFacts Facts = new(new Msat(140_000_000), Msat.One, new Msat(149_000_000), new BlockCount(144), Scid.Of(16_000_000, 1, 1));
    public static readonly ExistingChannel Existing = new(ChannelId.Parse(new string('7', 64)), Scid.Of(500, 1, 0), new Msat(1000), new Ppm(10));
    public const string Signed = "cHNidP8A";
    public static readonly SentFunding Sent = new(Signed, Out: true);
    public static readonly Preimage Preimage = Preimage.Parse(new string('d', 64));

    /// <param name="trusted">The LSP trusts the client.</param>
    public static SessionTerms Terms(Msat? size, bool trusted = false) => new(
        new Offer(Scid.Of(900_000, 1, 1), Client, FeeParams, size, new Sat(150_000), ClientTrustsLsp: !trusted, Now), PaymentHash.Parse(new string('e', 64)), Limits);

    public static Part Part(ulong id, ulong amountMsat = 25_000_000, uint expiresIn = 300, uint delta = 200, ulong overpaid = 0) => new(
        new HtlcKey(Scid.Of(700_000, 1, 0), id),
        new Msat(amountMsat),
        new Msat(amountMsat + overpaid),
        new BlockHeight(Height.Value + expiresIn),
        new BlockHeight(Height.Value + expiresIn - delta),
        Height);

    public static PartArrived Arrives(ulong id, ulong amountMsat = 25_000_000) => new(Part(id, amountMsat), Height);

    public static ValueList<Part> Parts(int count) => [.. Enumerable.Range(0, count).Select(i => Part((ulong)i, 100_000_000UL / (ulong)count))];

    public static ValueList<Forward> Forwards(params ForwardStatus[] statuses) =>
        [.. statuses.Select((status, i) => new Forward(Part((ulong)i).Htlc, new Msat(i == 0 ? 24_000_000UL : 25_000_000UL), new Msat(i == 0 ? 1_000_000UL : 0), status))];

    /// <summary>One state of every phase.</summary>
    public static readonly IReadOnlyList<SessionState> States =
    [
        Collecting.Nothing,
        new Collecting(Parts(2)),
        new AwaitingChannel(Parts(2), Fee, new Negotiating()),
        new AwaitingChannel(Parts(2), Fee, new AwaitingClient()),
        new AwaitingChannel(Parts(2), Fee, new Planning(Opening)),
        new AwaitingChannel(Parts(2), Fee, new Reserving(Plan, Opening)),
        new AwaitingChannel([], Fee, new Recovering(Plan)),
        new AwaitingChannel([], Fee, new Recovering(Plan with { PlannedAt = new BlockHeight(Height.Value - 3) })),
        new AwaitingChannel(Parts(2), Fee, new Completing(Plan)),
        new AwaitingChannel(Parts(2), Fee, new LocatingChannel(Plan)),
        new AwaitingChannelReady(Parts(2), Fee, Plan),
        new AwaitingChannelReady([], Fee, Plan, Facts: Facts),
        new AwaitingChannelReady([], Fee, Plan, Sent: Sent),
        new AwaitingChannelReady(Parts(2), Fee, Plan, Facts: Facts, Sent: new SentFunding(Signed)),
        new AwaitingChannelReady([Part(1)], Fee, Plan, Normal: true, Sent: Sent with { Buried = true }),
        new AwaitingSettlement(Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Fee, Plan),
        new Reconnecting(Forwards(ForwardStatus.Offered), Fee, Plan, Replayed: [Part(0)]),
        new AwaitingSettlement(Forwards(ForwardStatus.Offered, ForwardStatus.Failed), Fee, Plan, Sent: Sent),
        new Reconnecting(Forwards(ForwardStatus.Offered), Fee, Plan, Replayed: [Part(0)], Sent: new SentFunding(Signed)),
        new AwaitingSettlement(Forwards(ForwardStatus.Handed, ForwardStatus.Offered), Fee, Plan, Overdue: true),
        new AwaitingSettlement(Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Fee, Plan, Facts.Alias, Preimage: Preimage),
        new AwaitingSettlement(Forwards(ForwardStatus.Failed, ForwardStatus.Offered), Fee, Plan),
        new Underpaid(Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Fee, Plan, Preimage, Facts.Alias),
        new Underpaid(Forwards(ForwardStatus.Failed, ForwardStatus.Settled), Fee, Plan, Preimage: null, OfferOver: true),
        new Underpaid(Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Fee, Plan, Preimage, OfferOver: true),
        new ForwardingOverExisting(Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Fee, Existing),
        new ForwardingOverExisting(Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Fee, Existing, Overdue: true),
        new ForwardingOverExisting(Forwards(ForwardStatus.Offered, ForwardStatus.Offered), Fee, Existing) { Replayed = [Part(0)] },
        new Broadcasting(Forwards(ForwardStatus.Settled), Fee, Plan, Preimage),
        new Broadcasting(Forwards(ForwardStatus.Settled), Fee, Plan, Preimage, Signed),
        new Confirming(Forwards(ForwardStatus.Settled), Fee, Plan, Preimage, Signed),
        new Confirming(Forwards(ForwardStatus.Settled), Fee, Plan, Preimage, Signed, Buried: true),
        new Confirming(Forwards(ForwardStatus.Offered, ForwardStatus.Settled), Fee, Plan, Preimage, Signed, Buried: true, FeesRestored: true),
        new Confirming(Forwards(ForwardStatus.Failed), Fee, Plan, Preimage: null, Signed, Unpaid: true),
        new Confirming([], Fee, Plan, Preimage: null, Signed, Buried: true, Unpaid: true),
        new Unwinding(FailureReason.CltvTooClose, new AwaitingOutcome(Plan), Fee, [], [], ChannelExisted: false),
        new Unwinding(FailureReason.Restarted, new Releasing(Plan), Fee, Parts(2), [], ChannelExisted: false),
        new Unwinding(FailureReason.PaymentRejected, new Releasing(Plan), Fee, [], Forwards(ForwardStatus.Failed), ChannelExisted: true),
        new Unwinding(FailureReason.PaymentRejected, new Releasing(Plan), Fee, [], Forwards(ForwardStatus.Failed, ForwardStatus.Failed), ChannelExisted: true),
        new Ended(Outcome.Succeeded, null, Plan, [], Fee, Preimage),
    ];

    /// <summary>The states that a session with these terms can be in.</summary>
    public static IEnumerable<SessionState> StatesOf(SessionTerms terms) => States.Where(state => terms.Offer.ClientTrustsLsp ? !WasTrusted(state) : !Withholds(state));

    /// <summary>The inputs that a session with these terms can meet.</summary>
    public static IEnumerable<SessionInput> InputsOf(SessionTerms terms) => Inputs.Where(input => !terms.Offer.ClientTrustsLsp || input is not PartArrived { Idle: not null });

    private static bool WasTrusted(SessionState state) =>
        state is AwaitingChannelReady { Sent: not null } or Forwarded { Sent: not null } or Confirming { Unpaid: true };

    private static bool Withholds(SessionState state) => state is Forwarded { Sent: null } or Underpaid or Broadcasting or Unwinding { ChannelExisted: true };

    /// <summary>Inputs of every kind, several where the content matters.</summary>
    public static readonly IReadOnlyList<SessionInput> Inputs =
    [
        Arrives(0), Arrives(1), Arrives(7), Arrives(8, 100_000_000), Arrives(9, 300_000_000), Arrives(10, 1),
        new PartArrived(Part(11, 100_000_000), Height, OfferTaken: true),
        new PartArrived(Part(13, 100_000_000), Height, Idle: new IdleChannel(Plan, Sent)),
        new PartArrived(Part(12, delta: 10), Height),
        .. Enum.GetValues<SessionTimer>().Select(timer => new TimerFired(timer)),
        new BlockAdded(Height), new BlockAdded(new BlockHeight(Height.Value + 295)),
        new ClientConnected(),
        new ChannelFound(Existing, Facts), new ChannelFound(Existing, Facts with { Spendable = new Msat(1000) }),
        new OpeningStarted(Opening),
        .. Enum.GetValues<OpeningFailure>().Select(failure => new OpeningFailed(failure, "because")),
        new FundingPlanned(Plan), new InputsReserved(), new ChannelSecured(), new FundingAbsent(), new FundingAbsent(NeverSent: true), new FundingAbsent(NeverSent: false),
        new ChannelNormal(), new ChannelPending(), new ChannelReady(Facts), new ChannelReady(Facts with { ToSelfDelay = new BlockCount(5000) }),
        new ChannelReady(Facts with { Spendable = new Msat(1000) }), new ChannelReady(Facts with { HtlcMinimum = new Msat(60_000_000) }),
        new ChannelClosed(),
        new PartOffered(Part(0).Htlc), new PartOffered(Part(99).Htlc),
        new PartSettled(Part(0).Htlc, Preimage), new PartSettled(Part(1).Htlc, Preimage), new PartSettled(Part(99).Htlc, Preimage), new PartFailed(Part(0).Htlc), new PartFailed(Part(1).Htlc),
        new ForwardsSeen([]), new ForwardsSeen([new ForwardSeen(Part(0).Htlc, ForwardStatus.Settled)]), new ForwardsSeen([new ForwardSeen(Part(0).Htlc, ForwardStatus.Failed)]),
        new ForwardsSeen([], ChannelExists: false), new ForwardsSeen([]) { Gone = [Part(0).Htlc] }, new ForwardsSeen([]) { Waiting = [Part(0).Htlc] }, new ForwardsSeen([], ClientOwns: new Msat(1000)),
        new FundingSigned(Signed), new FundingSigned(Signed, new BlockCount(5000)), new FundingBroadcast(), new BroadcastFailed("because"), new FundingConfirmed(new BlockCount(1)), new FundingConfirmed(new BlockCount(6)), new FeesRestored(), new RestoreFailed("because"),
        new Released(), new ReleaseFailed("because"), new LossBorne(), new LossRefused(), new SaveFailed(Phase.AwaitingSettlement), new SaveFailed(Phase.Unwinding), new Displaced(), new Cancelled(),
    ];
}

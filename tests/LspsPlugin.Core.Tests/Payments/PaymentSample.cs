using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>A payment of 90,000 msat with a fee of at most 900, and what may happen to it.</summary>
internal static class PaymentSample
{
    public static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly Preimage Proof = Preimage.Parse(new string('7', 64));
    public static readonly Preimage Wrong = Preimage.Parse(new string('8', 64));
    public static readonly BlockHeight Height = new(800_000);
    public static readonly NodeId Hop = NodeId.Parse("02" + new string('a', 64));
    public static readonly NodeId Destination = NodeId.Parse("02" + new string('b', 64));

    public static readonly PaymentTerms Terms = new(
        new PaymentId("order 1"), Proof.Hash(), Destination, new Msat(90_000), new Msat(90_000), new Msat(900), new BlockCount(1000), TimeSpan.FromSeconds(60), MaxParts: 3,
        new BlockCount(18), PaymentSecret.Parse(new string('5', 64)), Hints: [], Metadata: null, Layers: [], Label: null, "lnbc1", Created);

    /// <summary>The same payment over the caller's routes.</summary>
    public static readonly PaymentTerms CallersTerms = Terms with
    {
        RoutedBy = RoutedBy.Caller,
        MaxFee = Msat.AllMoney,
        MaxParts = PaymentTerms.MaxAttempts,
        RetryFor = TimeSpan.Zero,
        Invoice = null,
    };

    public static ulong Group => Terms.FirstGroup;

    public static AttemptKey Key(ulong part, ulong group = 0) => new(Group + group, part);

    /// <summary>A route of two channels.</summary>
    public static Route Route(ulong amount, ulong fee = 100, uint channel = 1) => new(
    [
        new RouteHop(Scid.Of(1, channel, 0), 0, Hop, new Msat(amount + fee), new Msat(amount + fee), new BlockCount(60), new BlockCount(60)),
        new RouteHop(Scid.Of(2, channel, 0), 1, Destination, new Msat(amount + fee), new Msat(amount), new BlockCount(60), new BlockCount(20)),
    ]);

    public static Attempt Attempt(ulong part, AttemptStatus status = AttemptStatus.Planned, ulong amount = 30_000, ulong group = 0) =>
        new(Key(part, group), Route(amount, channel: (uint)part), Height, Height + new BlockCount(60), status, status == AttemptStatus.Failed ? Temporary : null);

    public static ValueList<Attempt> Attempts(params ReadOnlySpan<AttemptStatus> statuses)
    {
        ValueList<Attempt> attempts = [];
        foreach (AttemptStatus status in statuses) attempts = attempts.Add(Attempt((ulong)attempts.Count + 1, status));
        return attempts;
    }

    /// <summary>temporary_channel_failure of the second channel.</summary>
    public static PartFailure Temporary => Onion(FailureCode.TemporaryChannelFailure, 1);

    public static PartFailure Refusal => Onion(FailureCode.IncorrectOrUnknownPaymentDetails, 2);

    public static PartFailure Onion(FailureCode code, int index) => new(PartFailureKind.Onion, (ushort)code, index);

    public static NodeRow Row(ulong part, RowStatus status, HtlcEvidence htlc = HtlcEvidence.Live, ulong group = 0) =>
        new(Key(part, group), status, htlc, status == RowStatus.Complete ? Proof : null, status == RowStatus.Failed ? Temporary : null);

    public static RowsListed Rows(params ReadOnlySpan<NodeRow> rows) => new(new ValueList<NodeRow>([.. rows]), Height);

    public static RoutesFound Found(params ReadOnlySpan<ulong> amounts)
    {
        var routes = new List<Route>();
        foreach (ulong amount in amounts) routes.Add(Route(amount, channel: (uint)routes.Count + 10));
        return new RoutesFound([.. routes], Height);
    }

    /// <summary>The same payment without retries.</summary>
    public static readonly PaymentTerms OnceTerms = Terms with { RetryFor = TimeSpan.Zero };

    /// <summary>Every state with the terms that it can have: the caller's routes are never searched, and without retries none are searched once there are parts.</summary>
    public static IReadOnlyList<(PaymentTerms Terms, PaymentState State)> Cases =>
    [
        .. States.Select(static state => (Terms, state)),
        .. CallersStates.Select(static state => (CallersTerms, state)),
        .. States.Where(static state => state.Phase is not (PaymentPhase.Routing or PaymentPhase.Pausing) || state.Attempts.Count == 0).Select(static state => (OnceTerms, state)),
    ];

    public static IReadOnlyList<PaymentState> CallersStates { get; } =
    [
        .. AllStates().Where(static state => state.Phase is not (PaymentPhase.Routing or PaymentPhase.Pausing)),
        new Initiated(Attempts(AttemptStatus.Planned)),
        new Initiated(Attempts(AttemptStatus.Failed, AttemptStatus.Failed, AttemptStatus.Planned)),
        new Failed(Attempts(AttemptStatus.Failed), GiveUpReason.PartsFailed),
        new GivingUp(Attempts(AttemptStatus.Watched), GiveUpReason.PartLost),
    ];

    public static PartGiven Given(ulong amount, uint channel = 20) => new(Route(amount, channel: channel), Height);

    /// <summary>Every phase, with parts in every status where the phase has parts.</summary>
    public static IReadOnlyList<PaymentState> States { get; } = [.. AllStates()];

    /// <summary>Every kind of input, about every part of <see cref="States"/>.</summary>
    public static IReadOnlyList<PaymentInput> Inputs { get; } = [.. AllInputs()];

    private static IEnumerable<PaymentState> AllStates()
    {
        yield return new Initiated();
        yield return new Routing([]);
        yield return new Routing([], Tries: 2, GiveUpReason.NoRoute);
        yield return new Pausing([]);
        yield return new Pausing([], Tries: 1, GiveUpReason.FeeCap);
        foreach (AttemptStatus first in Enum.GetValues<AttemptStatus>().Where(static status => status != AttemptStatus.Settled))
        {
            foreach (AttemptStatus second in new[] { AttemptStatus.Sent, AttemptStatus.Watched, AttemptStatus.Missing, AttemptStatus.Failed })
            {
                ValueList<Attempt> attempts = Attempts(first, second, AttemptStatus.Failed);
                yield return new Recovering(attempts);
                yield return new Routing(attempts);
                yield return new Pausing(attempts);
                if (attempts.AnyOut())
                {
                    yield return new AwaitingParts(attempts);
                    yield return new GivingUp(attempts, GiveUpReason.OutOfTime);
                    yield return new Settling(attempts.Add(Attempt(4, AttemptStatus.Settled)), Proof);
                }
            }
        }

        yield return new Recovering(Attempts(AttemptStatus.Watched, AttemptStatus.Watched, AttemptStatus.Watched));
        yield return new AwaitingParts(Attempts(AttemptStatus.Planned, AttemptStatus.Planned, AttemptStatus.Planned));
        yield return new Routing(new ValueList<Attempt>([.. Enumerable.Range(1, PaymentTerms.MaxAttempts - 1).Select(static i => Attempt((ulong)i, AttemptStatus.Failed))]));
        yield return new Recovering(new ValueList<Attempt>([.. Enumerable.Range(1, PaymentTerms.MaxAttempts).Select(static i => Attempt((ulong)i, AttemptStatus.Failed))]));
        yield return new AwaitingParts(new ValueList<Attempt>(
            [.. Enumerable.Range(1, PaymentTerms.MaxAttempts - 1).Select(static i => Attempt((ulong)i, AttemptStatus.Failed)), Attempt(PaymentTerms.MaxAttempts)]));
        yield return new Succeeded(Attempts(AttemptStatus.Settled), Proof);
        yield return new Failed(Attempts(AttemptStatus.Failed), GiveUpReason.NoRoute);
    }

    private static IEnumerable<PaymentInput> AllInputs()
    {
        yield return Rows();
        foreach (RowStatus status in Enum.GetValues<RowStatus>())
        {
            foreach (HtlcEvidence htlc in Enum.GetValues<HtlcEvidence>())
            {
                foreach (BlockHeight at in new[] { Height, Height + new BlockCount(1000) })
                {
                    yield return Rows(Row(1, status, htlc)) with { Height = at };
                    yield return Rows(Row(1, status, htlc), Row(2, status, htlc)) with { Height = at, Confirms = [Key(1), Key(2)] };
                    yield return Rows(Row(1, status, htlc, group: 7)) with { Height = at };
                }
            }
        }

        yield return Rows() with { Confirms = [Key(1), Key(2)] };
        yield return Rows() with { Height = Height + new BlockCount(1000) };
        yield return Rows(Row(1, RowStatus.Complete) with { Preimage = Wrong });
        yield return Rows(Row(1, RowStatus.Complete) with { Preimage = null });
        yield return Rows(Row(1, RowStatus.Failed) with { Failure = null });
        yield return Rows(Row(1, RowStatus.Failed) with { Failure = Refusal });
        yield return new LookFailed("no answer");
        yield return new RowsChanged();
        yield return Found(30_000);
        yield return Found(60_000, 30_000);
        yield return Found();
        yield return Found(1_000_000);
        yield return Found(1, 1, 1, 1, 1);
        yield return new RoutesFound([new Route([])], Height);
        yield return new RoutesFound([Route(ulong.MaxValue - 1, fee: 1), Route(ulong.MaxValue - 1, fee: 1)], Height);
        yield return new NoRouteFound(IsTooExpensive: false, "none");
        yield return new NoRouteFound(IsTooExpensive: true, "dear");
        yield return new RouteSearchFailed("no answer");
        for (ulong part = 1; part <= 5; part++)
        {
            yield return new AttemptAccepted(Key(part));
            yield return new AttemptKnown(Key(part));
            yield return new AttemptNotSent(Key(part), IsForeign: false, "refused");
            yield return new AttemptNotSent(Key(part), IsForeign: true, "refused");
            yield return new AttemptLost(Key(part), "closed");
            yield return new AttemptSettled(Key(part), Proof);
            yield return new AttemptSettled(Key(part), Wrong);
            yield return new AttemptFailed(Key(part), Temporary);
            yield return new AttemptFailed(Key(part), Refusal);
            yield return new AttemptFailed(Key(part), Onion(FailureCode.MppTimeout, 2));
        }

        yield return new AttemptFailed(Key(PaymentTerms.MaxAttempts), Temporary);
        yield return new HeightReached(Height + new BlockCount(1));
        foreach (PaymentTimer timer in Enum.GetValues<PaymentTimer>()) yield return new PaymentTimerFired(timer);
        yield return new PaymentCancelled();
        yield return Given(30_000);
        yield return Given(90_000);
        yield return Given(90_001);
        yield return Given(30_000) with { Height = Height + new BlockCount(1000) };
        yield return new PartGiven(new Route([]), Height);
        yield return new PartGiven(new Route([.. Route(30_000).Hops.Take(1)]), Height);
    }
}

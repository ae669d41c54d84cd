using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests.Payments;

/// <summary>What is checked. The real one is the product; a canary is what the check must be able to catch.</summary>
/// <param name="SavesFirst">False: acts, and saves afterwards.</param>
internal sealed record PaymentBehaviour(Func<PaymentTerms, PaymentState, PaymentInput, PaymentStep> Apply, bool SavesFirst = true)
{
    public static PaymentBehaviour Real { get; } = new(PaymentMachine.Apply);
}

/// <summary>A move to another world. A fair one happens in the end, if it can.</summary>
internal readonly record struct PaymentMove(string Label, PaymentWorld To, bool Fair, string? Broken = null);

/// <summary>
/// A payment of two units in parts of one or two, the process that runs it, the node, and a receiver that takes the parts when it has all. Every line is
/// a move of its own: calls under way, rows, commitments, answers, looks, timers, blocks.
/// </summary>
internal sealed class PaymentModel(PaymentBehaviour behaviour, Mishaps mishaps, int maxParts = 2, RoutedBy routedBy = RoutedBy.Payer, bool isRetried = true)
{
    private static readonly Preimage Proof = Preimage.Parse(new string('7', 64));
    private static readonly BlockHeight[] Heights = [new(1000), new(1003), new(1200)];
    private static readonly PartFailure Temporary = new(PartFailureKind.Onion, (ushort)FailureCode.TemporaryChannelFailure, 0);
    private static readonly PartFailure Refusal = new(PartFailureKind.Onion, (ushort)FailureCode.IncorrectOrUnknownPaymentDetails, 1);
    private static readonly Route[] Routes = [new([]), RouteOf(1), RouteOf(2)];
    private readonly List<PaymentMove> _moves = [];

    public static PaymentTerms Terms { get; } = new(
        new PaymentId("1"), Proof.Hash(), default, new Msat(2), new Msat(2), new Msat(2), new BlockCount(100), TimeSpan.FromSeconds(60), MaxParts: 2, new BlockCount(18), default(PaymentSecret), [], null, [], null,
        "lnbc1", DateTimeOffset.UnixEpoch);

    private PaymentTerms Own { get; } = Terms with { MaxParts = maxParts, RoutedBy = routedBy, RetryFor = isRetried ? Terms.RetryFor : TimeSpan.Zero };

    private bool IsCallers => routedBy == RoutedBy.Caller;

    /// <summary>The part that the caller gives again and again. If only one may be out it is the whole, because a part of one unit would wait for ever.</summary>
    private Route Given => maxParts == 1 ? Routes[2] : Routes[1];

    public PaymentWorld Start()
    {
        PaymentState first = IsCallers ? GivenParts.Begin(Own, [], new PartGiven(Given, Heights[0])) : new Initiated();
        var world = new PaymentWorld(first, SavedPayment.Of(first), [], [], null, [], Paid: false, Age: 0, IsLate: false, mishaps);
        return Perform(world, PaymentMachine.OnRestart(Own, world.State!), out _);
    }

    public static bool IsEnd(PaymentWorld w) => w.State is { IsOver: true };

    /// <summary>Whether it must still be able to succeed: it is retried, nobody has ended it, and no row was deleted before it was read.</summary>
    public bool MaySucceed(PaymentWorld w) =>
        isRetried && !w.IsLate && w.Age == 0 && !w.Parts.Any(static part => part.Refusal || part.Fate is PartFate.TakenComplete or PartFate.TakenFailed) && w.Record is { Status: not PaymentStatus.Failed, Reason: null };

    /// <summary>The rules of a world.</summary>
    public string? Broken(PaymentWorld w)
    {
        if (w.Parts.Where(static part => part.Counts).Sum(static part => (long)part.Attempt.Amount.Value) > 2) return "parts add up to more than the amount";
        if (w.Parts.Where(static part => part.Counts).Sum(static part => (long)part.Attempt.Fee.Value) > 2) return "fees add up to more than the cap";
        if (w.Parts.Where(static part => part.IsPending || part.Fate == PartFate.Ghost).Select(static part => part.Key.Group).Distinct().Count() > 1) return "two groups are pending";
        if (w.Record is { Status: PaymentStatus.Succeeded } && !w.Paid) return "a payment succeeded that the receiver did not take";
        if (w.Record is not { Status: PaymentStatus.Failed, Reason: var reason } || reason == GiveUpReason.PartLost) return null;
        if (w.Paid) return "a payment failed that the receiver took";
        if (isRetried && !w.IsLate && reason is GiveUpReason.NoRoute or GiveUpReason.FeeCap) return "a payment failed for a lack of routes before its time was over";
        return w.Parts.Any(static part => part.IsPending || part.MayArrive) ? "a payment failed while a part can arrive" : null;
    }

    public IReadOnlyList<PaymentMove> Moves(PaymentWorld w)
    {
        _moves.Clear();
        OfNode(w);
        if (w.State is null) Add("the process starts", Restarted(w), fair: true);
        else if (!w.State.IsOver) OfProcess(w);
        if (IsCallers) OfCaller(w);
        return _moves;
    }

    private static bool IsAtLastHeight(PaymentWorld w) => w.Age == Heights.Length - 1;

    /// <summary>The caller sends a part whenever it likes; it goes on as long as the payment has not succeeded, and not at the last height, after which no part is decided.</summary>
    private void OfCaller(PaymentWorld w)
    {
        if (IsAtLastHeight(w)) return;
        var given = new PartGiven(Given, Heights[w.Age]);
        if (w.State is { IsOver: false }) Deliver("the caller gives a part", w, given, fair: true);
        if (w.State is not Failed failed || GivenParts.ProblemOf(Own, w.Record, Given) is not null) return;
        PaymentState again = GivenParts.Begin(Own, failed.Attempts, given);
        PaymentWorld saved = w with { State = again, Record = SavedPayment.Of(again), Looks = [], Armed = [] };
        Add("it begins again", Perform(saved, PaymentMachine.OnRestart(Own, again), out string? broken), fair: true, broken);
        if (w.Left.Crashes > 0) Add("it begins again, and a crash", Down(saved, node: false) with { Left = w.Left with { Crashes = w.Left.Crashes - 1 } });
    }

    private void OfNode(PaymentWorld w)
    {
        foreach (NodePart part in w.Parts)
        {
            if (part.Call == PartCall.Wire) Land(w, part, part with { Call = PartCall.Attached }, part with { Call = PartCall.Known });
            if (part.Call == PartCall.Wire && part.Fate == PartFate.Absent && w.Left.Refusals > 0)
            {
                Add($"the node refuses {part.Key}", w.With(part with { Call = PartCall.Refused }) with { Left = w.Left with { Refusals = w.Left.Refusals - 1 } });
            }

            if (part.Late)
            {
                Land(w, part, part with { Late = false }, part with { Late = false });
                Add($"the late call {part.Key} is lost", w.With(part with { Late = false }), fair: true);
            }

            if (part.Fate == PartFate.Uncommitted) Add($"{part.Key} is committed", w.With(part with { Fate = PartFate.Live }), fair: true);
            if (part.Fate == PartFate.Live && w.Paid) Add($"{part.Key} is settled", w.With(part with { Fate = PartFate.Complete }), fair: true);
            if (part.Fate == PartFate.Live && !w.Paid) Fail(w, part);
            // Nobody deletes a row within the milliseconds in which a look or a call is under way.
            if (part is { Fate: PartFate.Complete or PartFate.Failed, Late: false } && w.State is null && w.Left.TakenRows > 0)
            {
                Add($"the row {part.Key} is deleted", w.With(part with { Fate = part.Fate == PartFate.Complete ? PartFate.TakenComplete : PartFate.TakenFailed }) with
                {
                    Left = w.Left with { TakenRows = w.Left.TakenRows - 1 },
                });
            }
        }

        if (!w.Paid && w.Parts.Where(static part => part.Fate == PartFate.Live).Sum(static part => (long)part.Attempt.Amount.Value) >= 2) Add("the receiver takes it", w with { Paid = true }, fair: true);
        if (w.Left.NodeCrashes > 0) Add("the node crashes", Down(w, node: true) with { Left = w.Left with { NodeCrashes = w.Left.NodeCrashes - 1 } });
        if (w.State is not null && w.Left.Crashes > 0) Add("the process crashes", Down(w, node: false) with { Left = w.Left with { Crashes = w.Left.Crashes - 1 } });
        bool still = !w.Parts.Any(static part => part.Late || part.Call == PartCall.Wire || part.Fate == PartFate.Uncommitted);
        if (w.Age == 0 && still) Grow(w, 1);
        if (w.Age == 1 && still && (w.IsLate || IsCallers) && !w.Parts.Any(static part => part.Fate == PartFate.Live)) Grow(w, 2);
    }

    /// <summary>A call reaches the node, which accepts every pair of ids once.</summary>
    private void Land(PaymentWorld w, NodePart part, NodePart accepted, NodePart known)
    {
        if (part.Fate is PartFate.Absent or PartFate.TakenFailed) Add($"the node makes a row of {part.Key}", w.With(accepted with { Fate = PartFate.Uncommitted }), fair: true);
        else if (part.Fate == PartFate.TakenComplete) Add($"the node makes a row of {part.Key} again", w, broken: "a part that the receiver took is sent again");
        else Add($"the node knows {part.Key}", w.With(known), fair: true);
    }

    private void Fail(PaymentWorld w, NodePart part)
    {
        // A receiver fails what it waited for in vain; this always comes when nothing more will be sent.
        if (w.Record.Reason is not null || (IsCallers && IsAtLastHeight(w))) Add($"{part.Key} times out", w.With(part with { Fate = PartFate.Failed }), fair: true);
        if (w.Left.Failures == 0) return;
        PaymentWorld less = w with { Left = w.Left with { Failures = w.Left.Failures - 1 } };
        Add($"{part.Key} fails", less.With(part with { Fate = PartFate.Failed }));
        Add($"{part.Key} is refused", less.With(part with { Fate = PartFate.Failed, Refusal = true }));
    }

    private void Grow(PaymentWorld w, int age)
    {
        if (w.State is null or { IsOver: true }) Add($"blocks come ({age})", w with { Age = age }, fair: true);
        else Deliver($"blocks come ({age})", w with { Age = age }, new HeightReached(Heights[age]), fair: true);
    }

    private void OfProcess(PaymentWorld w)
    {
        foreach (NodePart part in w.Parts) OfCall(w, part);
        for (int i = 0; i < w.Looks.Count; i++) OfLook(w, w.Looks[i]);
        if (w.Finding is { } find) OfSearch(w with { Finding = null }, find);
        foreach (PaymentTimer timer in w.Armed)
        {
            // When this timer fires, nothing can be under way that was before it was armed.
            if (timer == PaymentTimer.Confirm && w.Parts.Any(part => part.Late && IsMissing(w, part))) continue;
            var others = new ValueList<PaymentTimer>([.. w.Armed.Where(other => other != timer)]);
            Deliver($"{timer} fires", w with { Armed = others, IsLate = w.IsLate || timer == PaymentTimer.Deadline }, new PaymentTimerFired(timer), fair: true);
        }

        if (w.Left.Cancels > 0) Deliver("the caller cancels", w with { Left = w.Left with { Cancels = w.Left.Cancels - 1 } }, new PaymentCancelled());
    }

    private static bool IsMissing(PaymentWorld w, NodePart part) => w.State!.Attempts.Any(attempt => attempt.Key == part.Key && attempt.Status == AttemptStatus.Missing);

    private void OfCall(PaymentWorld w, NodePart part)
    {
        PaymentWorld answered = w.With(part with { Call = PartCall.None });
        if (part.Call == PartCall.Known) Deliver($"known {part.Key}", answered, new AttemptKnown(part.Key), fair: true);
        if (part.Call == PartCall.Refused) Deliver($"refused {part.Key}", answered, new AttemptNotSent(part.Key, IsForeign: false, ""), fair: true);
        if (part is { Call: PartCall.Attached, Fate: PartFate.Complete }) Deliver($"settled {part.Key}", answered, new AttemptSettled(part.Key, Proof), fair: true);
        if (part is { Call: PartCall.Attached, Fate: PartFate.Failed }) Deliver($"failed {part.Key}", answered, new AttemptFailed(part.Key, part.Refusal ? Refusal : Temporary), fair: true);
        if (part.Fate is not (PartFate.Absent or PartFate.TakenComplete or PartFate.TakenFailed) && w.State!.Attempts.Any(attempt => attempt.Key == part.Key && attempt.IsOut && attempt.Status < AttemptStatus.Sent))
        {
            Deliver($"accepted {part.Key}", w, new AttemptAccepted(part.Key), fair: true);
        }

        if (part.Call == PartCall.None || w.Left.LostCalls == 0) return;
        PaymentWorld lost = w.With(part with { Call = PartCall.None, Late = part.Late || part.Call == PartCall.Wire });
        Deliver($"lost {part.Key}", lost with { Left = w.Left with { LostCalls = w.Left.LostCalls - 1 } }, new AttemptLost(part.Key, ""));
    }

    private void OfLook(PaymentWorld w, PendingLook look)
    {
        if (look.Answer is null)
        {
            RowsListed seen = new([.. w.Parts.Select(Listed).OfType<NodeRow>()], Heights[w.Age], look.Ask.Confirms);
            Add("the node looks", w with { Looks = new([.. w.Looks.Select(other => other == look ? look with { Answer = seen } : other)]) }, fair: true);
        }

        var others = new ValueList<PendingLook>([.. w.Looks.Where(other => other != look)]);
        PaymentWorld done = w with { Looks = look.Again ? others.Add(new PendingLook(look.Ask)) : others };
        if (look.Answer is { } rows) Deliver("rows", done, rows, fair: true);
        else if (w.Left.BadAnswers > 0) Deliver("no rows", done with { Left = w.Left with { BadAnswers = w.Left.BadAnswers - 1 } }, new LookFailed(""));
    }

    private static NodeRow? Listed(NodePart part) => part.Fate switch
    {
        PartFate.Absent => null,
        PartFate.Uncommitted => new NodeRow(part.Key, RowStatus.Pending, HtlcEvidence.None),
        PartFate.Live => new NodeRow(part.Key, RowStatus.Pending, HtlcEvidence.Live),
        PartFate.Complete => new NodeRow(part.Key, RowStatus.Complete, HtlcEvidence.Resolved, Proof),
        PartFate.Failed => new NodeRow(part.Key, RowStatus.Failed, HtlcEvidence.Resolved, Failure: part.Refusal ? Refusal : Temporary),
        PartFate.Ghost => new NodeRow(part.Key, RowStatus.Pending, HtlcEvidence.NeverCommitted),
        PartFate.TakenComplete or PartFate.TakenFailed => new NodeRow(part.Key, RowStatus.Gone, HtlcEvidence.Resolved),
    };

    private void OfSearch(PaymentWorld w, FindRoutes find)
    {
        BlockHeight height = Heights[w.Age];
        Deliver("one route", w, new RoutesFound([Routes[find.Amount.Value]], height), fair: true);
        if (find is { Amount.Value: 2, MaxParts: >= 2 }) Deliver("two routes", w, new RoutesFound([Routes[1], Routes[1]], height), fair: true);
        if (w.Left.BadAnswers > 0) Deliver("no search", w with { Left = w.Left with { BadAnswers = w.Left.BadAnswers - 1 } }, new RouteSearchFailed(""));
        if (w.Left.NoRoutes > 0) Deliver("no route", w with { Left = w.Left with { NoRoutes = w.Left.NoRoutes - 1 } }, new NoRouteFound(IsTooExpensive: false, ""));
    }

    /// <summary>Takes a step, with a crash or a failed save between any two of its lines.</summary>
    private void Deliver(string label, PaymentWorld w, PaymentInput input, bool fair = false)
    {
        PaymentStep step = behaviour.Apply(Own, w.State!, input);
        SavedPayment saved = SavedPayment.Of(step.Next);
        bool isSaved = saved != w.Record;
        if (w.Left.Crashes > 0 && (isSaved || step.Actions.Length > 0))
        {
            PaymentWorld between = behaviour.SavesFirst ? w with { Record = saved } : Perform(w, step.Actions, out _);
            Add($"{label}, and a crash", Down(between, node: false) with { Left = w.Left with { Crashes = w.Left.Crashes - 1 } });
        }

        if (isSaved && w.Left.FailedSaves > 0)
        {
            PaymentStep without = PaymentMachine.NotSaved(Own, w.State!, step.Next);
            PaymentWorld less = w with { Left = w.Left with { FailedSaves = w.Left.FailedSaves - 1 } };
            if (!without.Next.Equals(w.State))
            {
                Add($"{label}, not saved", Perform(less with { State = without.Next }, without.Actions, out string? why), broken: why);
                if (w.Left.Crashes > 0) Add($"{label}, saved without an answer, and a crash", Down(less with { Record = saved }, node: false) with { Left = less.Left with { Crashes = w.Left.Crashes - 1 } });
            }
        }

        PaymentWorld to = Perform(w with { State = step.Next, Record = saved }, step.Actions, out string? broken);
        if (w.Record.Status is PaymentStatus.Failed or PaymentStatus.Succeeded && saved.Status != w.Record.Status) broken ??= "a final status was taken back";
        Add(label, to, fair, broken);
    }

    private PaymentWorld Perform(PaymentWorld w, IEnumerable<PaymentAction> actions, out string? broken)
    {
        broken = null;
        foreach (PaymentAction action in actions)
        {
            switch (action)
            {
                case ArmTimer { Timer: var timer }: w = Arm(w, timer); break;
                case ArmDeadline { Timer: var timer }: w = w.IsLate ? w : Arm(w, timer); break;
                case FindRoutes find:
                    if (IsCallers) broken ??= "routes are searched though the caller chooses them";
                    w = w with { Finding = find };
                    break;
                case LookAtRows look: w = Look(w, look); break;
                case SendAttempt { Attempt: var attempt }:
                    if (!w.Record.Attempts.Any(known => known.Key == attempt.Key)) broken ??= "a part is sent that is not on record";
                    NodePart part = w.Find(attempt.Key) ?? new NodePart(attempt with { Status = AttemptStatus.Planned });
                    if (part.Call == PartCall.None) w = w.With(part with { Call = PartCall.Wire });
                    break;
            }
        }

        return w;
    }

    private static PaymentWorld Look(PaymentWorld w, LookAtRows look) => w.Looks.Any(other => other.Ask == look)
        ? w with { Looks = new([.. w.Looks.Select(other => other.Ask == look ? other with { Again = true } : other)]) }
        : w with { Looks = w.Looks.Add(new PendingLook(look)) };

    private static PaymentWorld Arm(PaymentWorld w, PaymentTimer timer) =>
        w.Armed.Contains(timer) ? w : w with { Armed = new([.. w.Armed.Append(timer).Order()]) };

    private static PaymentWorld Down(PaymentWorld w, bool node) => w with
    {
        State = null,
        Looks = [],
        Finding = null,
        Armed = [],
        Parts = new([.. w.Parts.Select(part => part with
        {
            Call = PartCall.None,
            Late = !node && (part.Late || part.Call == PartCall.Wire),
            Fate = node && part.Fate == PartFate.Uncommitted ? PartFate.Ghost : part.Fate,
        })]),
    };

    private PaymentWorld Restarted(PaymentWorld w)
    {
        PaymentState state = w.Record.Restore();
        PaymentWorld up = Perform(w with { State = state, Record = SavedPayment.Of(state) }, PaymentMachine.OnRestart(Own, state), out _);

        // A deadline that has passed fires at once.
        return w.IsLate && !state.IsOver ? Arm(up, PaymentTimer.Deadline) : up;
    }

    private void Add(string label, PaymentWorld to, bool fair = false, string? broken = null) => _moves.Add(new PaymentMove(label, to, fair, broken ?? Broken(to)));

    private static Route RouteOf(ulong amount) => new(
        [new RouteHop(Scid.Of(1, (uint)amount, 0), 0, default, new Msat(amount + 1), new Msat(amount), new BlockCount(60), new BlockCount(20))]);
}

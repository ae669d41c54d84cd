using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests.Payments;

/// <summary>What became of a part at the node and beyond.</summary>
internal enum PartFate : byte
{
    Absent,

    /// <summary>The node has a row, and the HTLC is not committed.</summary>
    Uncommitted,

    Live,
    Complete,
    Failed,

    /// <summary>The node crashed before it committed the HTLC.</summary>
    Ghost,

    /// <summary>Its row was complete and was deleted.</summary>
    TakenComplete,

    /// <summary>Its row was failed and was deleted.</summary>
    TakenFailed,
}

/// <summary>The call of this process that sends a part.</summary>
internal enum PartCall : byte
{
    None,

    /// <summary>Under way to the node.</summary>
    Wire,

    /// <summary>The node has made a row, and answers when the part is final.</summary>
    Attached,

    /// <summary>The node says that it knew the part.</summary>
    Known,

    /// <summary>The node refused.</summary>
    Refused,
}

/// <param name="Late">A call of a process or a connection that ended is still under way to the node.</param>
/// <param name="Refusal">A failed part was refused by the destination.</param>
internal sealed record NodePart(Attempt Attempt, PartCall Call = PartCall.None, bool Late = false, PartFate Fate = PartFate.Absent, bool Refusal = false)
{
    public AttemptKey Key => Attempt.Key;

    public bool IsPending => Fate is PartFate.Uncommitted or PartFate.Live;

    /// <summary>Whether a call under way would make a row.</summary>
    public bool MayArrive => (Late || Call == PartCall.Wire) && Fate is (PartFate.Absent or PartFate.TakenFailed);

    /// <summary>Whether the receiver has or may get its amount.</summary>
    public bool Counts => IsPending || Fate is PartFate.Complete or PartFate.TakenComplete;
}

/// <param name="Answer">What the node saw when it carried the look out; null before.</param>
/// <param name="Again">The same look was asked for meanwhile.</param>
internal sealed record PendingLook(LookAtRows Ask, RowsListed? Answer = null, bool Again = false);

/// <summary>How often each thing may still go wrong.</summary>
internal sealed record Mishaps(
    int Crashes = 0, int NodeCrashes = 0, int LostCalls = 0, int Failures = 0, int Refusals = 0, int BadAnswers = 0, int FailedSaves = 0, int TakenRows = 0, int Cancels = 0,
    int NoRoutes = 0);

/// <param name="State">The state of the actor; null while the process is down.</param>
/// <param name="Armed">The armed timers.</param>
/// <param name="Paid">The receiver got the whole amount and took it.</param>
/// <param name="Age">0: the routes are fresh; 1: they are stale; 2: every HTLC has expired.</param>
internal sealed record PaymentWorld(
    PaymentState? State,
    SavedPayment Record,
    ValueList<NodePart> Parts,
    ValueList<PendingLook> Looks,
    FindRoutes? Finding,
    ValueList<PaymentTimer> Armed,
    bool Paid,
    int Age,
    bool IsLate,
    Mishaps Left)
{
    public NodePart? Find(AttemptKey key) => Parts.FirstOrDefault(part => part.Key == key);

    public PaymentWorld With(NodePart part) => this with
    {
        Parts = Find(part.Key) is null
            ? new ValueList<NodePart>([.. Parts.Append(part).OrderBy(static p => p.Key.Group).ThenBy(static p => p.Key.Part)])
            : new ValueList<NodePart>([.. Parts.Select(known => known.Key == part.Key ? part : known)]),
    };
}

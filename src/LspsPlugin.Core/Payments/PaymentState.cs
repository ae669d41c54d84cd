using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments;

/// <summary>The phases of a payment; see <see cref="PaymentGraph"/>.</summary>
public enum PaymentPhase : byte
{
    /// <summary>On record; whether the hash is paid or being paid already is looked up.</summary>
    Initiated,

    /// <summary>After a restart: what became of its parts is looked up.</summary>
    Recovering,

    /// <summary>Routes for the missing amount are searched. Parts may be out.</summary>
    Routing,

    /// <summary>Waits before routes are searched again. Parts may be out.</summary>
    Pausing,

    /// <summary>Nothing is missing, or no more parts are allowed: waits for the parts that are out.</summary>
    AwaitingParts,

    /// <summary>No new part goes out; waits for the parts that are out.</summary>
    GivingUp,

    /// <summary>Succeeded; waits for what becomes of its other parts, for the sums.</summary>
    Settling,

    /// <summary>Succeeded, and every part is decided.</summary>
    Succeeded,

    /// <summary>Failed, and every part has failed.</summary>
    Failed,
}

/// <summary>The state of one payment.</summary>
/// <param name="Phase">The phase, for exhaustive switches.</param>
/// <param name="Attempts">All parts that were ever planned, oldest first.</param>
public abstract record PaymentState(PaymentPhase Phase, ValueList<Attempt> Attempts)
{
    /// <summary>Whether the life cycle is over.</summary>
    public bool IsOver => Phase is PaymentPhase.Succeeded or PaymentPhase.Failed;
}

/// <summary>The payment is on record, and nothing else was done.</summary>
/// <param name="Attempts">Parts of the caller that are on record and were not sent, after those of an earlier life, which have failed. None if the payer chooses the routes.</param>
public sealed record Initiated(ValueList<Attempt> Attempts = default) : PaymentState(PaymentPhase.Initiated, Attempts);

/// <summary>A restart looks up what became of the parts.</summary>
/// <param name="Attempts">All parts.</param>
public sealed record Recovering(ValueList<Attempt> Attempts) : PaymentState(PaymentPhase.Recovering, Attempts);

/// <summary>Routes are searched.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Tries">How many searches and parts failed since a part was last planned or a failure taught something, from 0.</param>
/// <param name="Lack">
/// What the last search that ended found instead of routes, <see cref="GiveUpReason.NoRoute"/> or <see cref="GiveUpReason.FeeCap"/>; null before the first, and after a
/// part was planned. It is the reason if the time is over before routes are found.
/// </param>
public sealed record Routing(ValueList<Attempt> Attempts, int Tries = 0, GiveUpReason? Lack = null) : PaymentState(PaymentPhase.Routing, Attempts);

/// <summary>A timer searches routes again.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Tries">As in <see cref="Routing"/>, from 1.</param>
/// <param name="Lack">As in <see cref="Routing"/>.</param>
public sealed record Pausing(ValueList<Attempt> Attempts, int Tries = 1, GiveUpReason? Lack = null) : PaymentState(PaymentPhase.Pausing, Attempts);

/// <summary>The parts that are out decide.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Tries">As in <see cref="Routing"/>.</param>
public sealed record AwaitingParts(ValueList<Attempt> Attempts, int Tries = 0) : PaymentState(PaymentPhase.AwaitingParts, Attempts);

/// <summary>Given up, but parts are out: it is not failed before each of them is.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Reason">Why no new part goes out.</param>
public sealed record GivingUp(ValueList<Attempt> Attempts, GiveUpReason Reason) : PaymentState(PaymentPhase.GivingUp, Attempts);

/// <summary>The preimage is known; other parts are still out.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Preimage">The proof of payment.</param>
public sealed record Settling(ValueList<Attempt> Attempts, Preimage Preimage) : PaymentState(PaymentPhase.Settling, Attempts);

/// <summary>Paid.</summary>
/// <param name="Attempts">All parts; none when another program paid the hash before.</param>
/// <param name="Preimage">The proof of payment.</param>
public sealed record Succeeded(ValueList<Attempt> Attempts, Preimage Preimage) : PaymentState(PaymentPhase.Succeeded, Attempts);

/// <summary>Not paid, for good.</summary>
/// <param name="Attempts">All parts.</param>
/// <param name="Reason">Why no new part goes out.</param>
public sealed record Failed(ValueList<Attempt> Attempts, GiveUpReason Reason) : PaymentState(PaymentPhase.Failed, Attempts);

using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Payments;

/// <summary>A payment as it is on record.</summary>
/// <param name="Terms">The creation record.</param>
/// <param name="State">The state.</param>
/// <param name="CreatedIndex">Its number in the order of creation, from 1; never given twice.</param>
/// <param name="UpdatedIndex">The number of its last change among the changes of all payments, from 1; never given twice.</param>
/// <param name="UpdatedAt">When it was changed last, by the wall clock.</param>
public sealed record PaymentRecord(PaymentTerms Terms, SavedPayment State, ulong CreatedIndex, ulong UpdatedIndex, DateTimeOffset UpdatedAt)
{
    /// <summary>What is on record of its parts.</summary>
    public ValueList<Attempt> Attempts => State.Attempts;

    /// <summary>Whether nothing of it can change any more.</summary>
    public bool IsFinal => !State.IsLive;

    /// <summary>Whether no new part will go out although it is in flight.</summary>
    public bool IsGivingUp => State is { Reason: not null, Status: PaymentStatus.Initiated or PaymentStatus.InFlight };

    /// <summary>The height at which it is decided at the latest; null when no part is out.</summary>
    public BlockHeight? DecidedBy => State.Attempts.DecidedBy();
}

using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>The answer to a request to pay.</summary>
public abstract record PaymentAnswer
{
    private protected PaymentAnswer()
    {
    }
}

/// <summary>The payment is on record.</summary>
/// <param name="Payment">The payment as it is.</param>
/// <param name="IsNew">Whether this request began it; false when it joined an earlier one.</param>
public sealed record PaymentAccepted(PaymentRecord Payment, bool IsNew) : PaymentAnswer;

/// <summary>The id names another request (error 201).</summary>
/// <param name="OnRecord">What is on record under the id.</param>
public sealed record PaymentIdTaken(PaymentRecord OnRecord) : PaymentAnswer;

/// <summary>The hash is being paid under another id (error 201).</summary>
/// <param name="Other">The payment of the hash.</param>
public sealed record PaymentHashTaken(PaymentRecord Other) : PaymentAnswer;

/// <summary>Another program pays the hash, and its parts are pending.</summary>
/// <param name="Row">One of them.</param>
public sealed record PaymentForeign(NodeRow Row) : PaymentAnswer;

/// <summary>The payment was not begun.</summary>
/// <param name="Reason">Why, for the caller.</param>
/// <param name="IsOnRecord">Null when it may be on record: the same request under the same id joins it.</param>
public sealed record PaymentNotBegun(string Reason, bool? IsOnRecord = false) : PaymentAnswer;

/// <summary>A part of the caller is on record and goes out.</summary>
/// <param name="Payment">The payment as it is.</param>
/// <param name="Key">The part.</param>
public sealed record PartAccepted(PaymentRecord Payment, AttemptKey Key) : PaymentAnswer;

/// <summary>The payment has succeeded, so nothing was done. For the caller of sendpartialpay this is a success.</summary>
/// <param name="Payment">The payment as it is.</param>
public sealed record PartNotNeeded(PaymentRecord Payment) : PaymentAnswer;

/// <summary>The payment takes no such part now; nothing was done.</summary>
/// <param name="Payment">The payment as it is.</param>
/// <param name="Problem">Why.</param>
public sealed record PartRefused(PaymentRecord Payment, PartProblem Problem) : PaymentAnswer;

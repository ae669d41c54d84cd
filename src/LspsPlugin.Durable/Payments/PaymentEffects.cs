using LspsPlugin.Core.Payments;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Payments;

/// <summary>The calls of one payment.</summary>
internal sealed class PaymentEffects(PaymentTerms terms, ISendAttempt sender, IRouteSource routes) : IEffects<PaymentEffect, PaymentInput>
{
    /// <summary>The parts of the payment, for a look.</summary>
    public ValueList<Attempt> Attempts { get; set; }

    /// <summary>Whether parts may go out: it has neither succeeded nor been given up.</summary>
    public bool MaySend { get; set; } = true;

    /// <inheritdoc/>
    public string Name(PaymentEffect effect) => $"{effect.GetType().Name} for payment {terms.Id}";

    /// <inheritdoc/>
    public bool IsLook(PaymentEffect effect) => effect is LookAtRows;

    /// <inheritdoc/>
    public PaymentInput? Defer(PaymentEffect effect, IReadOnlyCollection<PaymentEffect> pending) => null;

    /// <inheritdoc/>
    public ValueTask EnterAsync(PaymentEffect effect) => ValueTask.CompletedTask;

    /// <summary>The receiver may hold a part for days.</summary>
    public bool Outlives(PaymentEffect effect) => effect is SendAttempt;

    /// <inheritdoc/>
    public async ValueTask<PaymentInput> RunAsync(PaymentEffect effect, CancellationToken stopping) => effect switch
    {
        SendAttempt send => await sender.SendAttemptAsync(terms, send.Attempt, () => MaySend, stopping),
        FindRoutes find => await routes.FindRoutesAsync(terms, find, stopping),
        LookAtRows look => await sender.LookAtRowsAsync(terms, Attempts, stopping) switch
        {
            RowsListed listed => listed with { Confirms = look.Confirms },
            var other => other,
        },
        _ => throw new InvalidOperationException($"no way to perform {effect}"),
    };

    /// <inheritdoc/>
    public PaymentInput Unknown(PaymentEffect effect, string detail) => effect switch
    {
        SendAttempt send => new AttemptLost(send.Attempt.Key, detail),
        FindRoutes => new RouteSearchFailed(detail),
        _ => new LookFailed(detail),
    };
}

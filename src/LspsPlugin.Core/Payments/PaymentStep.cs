using System.Collections.Immutable;

namespace LspsPlugin.Core.Payments;

/// <summary>The result of one input: the state to save first, then the actions to perform.</summary>
public readonly record struct PaymentStep(PaymentState Next, ImmutableArray<PaymentAction> Actions, ImmutableArray<PaymentEvent> Events)
{
    internal static PaymentStep To(PaymentState next, params ImmutableArray<PaymentAction> actions) => new(next, actions, []);

    internal static PaymentStep Ignore(PaymentState same, PaymentInput input, string because) =>
        new(same, [], [new PaymentInputIgnored(same.Phase, input.Kind, because)]);

    internal PaymentStep Tell(params ReadOnlySpan<PaymentEvent> happened) => this with { Events = Events.AddRange(happened) };

    internal PaymentStep Do(params ReadOnlySpan<PaymentAction> more) => this with { Actions = Actions.AddRange(more) };
}

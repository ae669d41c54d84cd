using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>What the payer's commands have in common: names of payments, and the errors that tell of payments on record.</summary>
internal static class PayerAnswers
{
    /// <summary>Answers a request that did nothing, for the reasons that every request may meet.</summary>
    public static void Refuse(MethodCall call, PaymentAnswer answer)
    {
        switch (answer)
        {
            case PaymentHashTaken taken:
                call.Error(PayerCodes.AlreadyUsed, $"the invoice is being paid under another id, '{Said(taken.Other.Terms.Id)}': {Summary(taken.Other)}");
                break;
            case PaymentForeign foreign:
                call.Error(PayerCodes.InProgress, $"another program is paying the invoice: groupid {foreign.Row.Key.Group}, partid {foreign.Row.Key.Part} is pending (listsendpays)");
                break;
            case PaymentNotBegun notBegun:
                call.Error(PayerCodes.Failed, $"{(notBegun.IsOnRecord is null ? "it is not certain whether the payment has begun, and the same call may be repeated" : "nothing was begun")}: {notBegun.Reason}");
                break;
            default:
                throw new InvalidOperationException($"no answer for {answer}");
        }
    }

    public static void RefuseId(MethodCall call, PaymentRecord onRecord) =>
        call.Error(PayerCodes.AlreadyUsed, $"payment_id '{Said(onRecord.Terms.Id)}' is another request: {Summary(onRecord)}, {Limits(onRecord.Terms)}");

    public static void NoSuch(MethodCall call, PaymentId id) => call.Error(PayerCodes.NoSuchPayment, $"there is no payment '{Said(id)}'");

    public static PaymentId ReadId(ArgumentReader args, string name)
    {
        PaymentId id = default;
        args.Check(PaymentId.TryParse(args.Text(name, int.MaxValue), out id), $"{name} must have 1 to {PaymentId.MaxLength} characters, none of them a control character");
        return id;
    }

    public static string Summary(PaymentRecord payment) =>
        $"{payment.State.Status.ToWord()}, {payment.Terms.Amount.Value} msat of {payment.Terms.Hash}, created at {LspsTime.Write(payment.Terms.CreatedAt)}";

    private static string Limits(PaymentTerms terms) => terms.RoutedBy switch
    {
        RoutedBy.Payer => $"maxfee_msat {terms.MaxFee.Value}, retry_for {terms.RetryFor.TotalSeconds:0}",
        RoutedBy.Caller => "routed by its caller (sendpartialpay)",
    };

    public static string Said(PaymentId id) => Said(id.Value);

    public static string Said(string text) => LspsError.Sanitize(text);
}

using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using static LspsPlugin.Cln.Payer.Commands.PayerAnswers;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>sendpayment: pays an invoice or an offer, or joins the payment that does.</summary>
internal static class SendPaymentCommand
{
    /// <summary>sendpayment: pays an invoice, or joins the payment that does.</summary>
    public static async Task RunAsync(MethodCall call, PayerDesk? desk, DateTimeOffset now)
    {
        if (SendPaymentRequest.Read(call, now) is not { } request || desk is null) return;
        PaymentRecord? begun = request is { Offer: not null, Order.Id: { } given } ? await desk.Tower.FindAsync(given) : null;
        if (begun is not null && begun.Terms.Offer != request.Offer)
        {
            RefuseId(call, begun);
            return;
        }

        InvoiceFound found = await FindAsync(request, begun, desk);
        if (found.Invoice is not { } invoice)
        {
            call.Error(found.Code, found.Problem);
            return;
        }

        if (request.Order.ProblemOf(invoice) is { } unfit)
        {
            call.Error(MethodParams.InvalidParams, unfit);
            return;
        }

        PaymentTerms terms = request.Order.TermsOf(invoice);

        // Whether a payment can begin matters only if it has not begun: the same request gets the same payment also after the invoice expired.
        if (await desk.Tower.FindAsync(terms.Id) is null)
        {
            if (invoice.ProblemOf(desk.Self.Id, desk.Self.Network, now) is var (code, problem))
            {
                call.Error(code, problem);
                return;
            }

            foreach (string layer in terms.Layers)
            {
                if (await desk.Routes.ProblemOfAsync(layer) is not { } wrong) continue;
                call.Error(MethodParams.InvalidParams, wrong);
                return;
            }
        }

        switch (await desk.Tower.PayAsync(terms))
        {
            case PaymentAccepted accepted:
                if (request.Wait > TimeSpan.Zero) await PaymentCommands.WaitAsync(call, desk, terms.Id, request.Wait);
                else call.Result(json => PaymentWriter.WriteWhole(json, accepted.Payment));
                break;
            case PaymentIdTaken taken:
                RefuseId(call, taken.OnRecord);
                break;
            case var answer:
                Refuse(call, answer);
                break;
        }
    }

    /// <param name="request">The request.</param>
    /// <param name="begun">The payment of an offer that is on record: its invoice is not fetched again.</param>
    /// <param name="desk">What the commands work on.</param>
    private static ValueTask<InvoiceFound> FindAsync(SendPaymentRequest request, PaymentRecord? begun, PayerDesk desk)
    {
        if (request.Invoice is { } read) return ValueTask.FromResult(new InvoiceFound(read));
        if (request.Offer is not { } offer) return desk.Invoices.ReadAsync(request.Text, offer: null, desk.Stopping);
        return begun?.Terms.Invoice is { } invoice
            ? desk.Invoices.ReadAsync(invoice, offer, desk.Stopping)
            : desk.Invoices.FetchAsync(offer, request.Order.Amount, desk.Stopping);
    }
}

using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using static LspsPlugin.Cln.Payer.Commands.PayerAnswers;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>sendpayment: pays an invoice or an offer, or joins the payment that does.</summary>
internal static class SendPaymentCommand
{
    /// <summary>Carries the command out.</summary>
    public static async Task RunAsync(MethodCall call, PayerDesk? desk, DateTimeOffset now)
    {
        if (SendPaymentRequest.Read(call, now) is not { } request || desk is null) return;

        // For a payment on record nothing is read or fetched again: if that failed now, the caller would hear that nothing was begun.
        if (request is { Invoice: null, Order.Id: { } given } && await desk.Tower.FindAsync(given) is { } begun)
        {
            bool isSame = request.Offer is null ? begun.Terms.Invoice == request.Text : begun.Terms.Offer == request.Offer;
            if (isSame) await PayAsync(call, desk, request.Order.TermsOf(begun.Terms), request.Wait);
            else RefuseId(call, begun);
            return;
        }

        InvoiceFound found = await FindAsync(request, desk);
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

        await PayAsync(call, desk, terms, request.Wait);
    }

    /// <summary>Begins the payment, or joins it.</summary>
    private static async Task PayAsync(MethodCall call, PayerDesk desk, PaymentTerms terms, TimeSpan wait)
    {
        switch (await desk.Tower.PayAsync(terms))
        {
            case PaymentAccepted accepted:
                if (wait > TimeSpan.Zero) await PaymentCommands.WaitAsync(call, desk, terms.Id, wait);
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

    private static ValueTask<InvoiceFound> FindAsync(SendPaymentRequest request, PayerDesk desk)
    {
        if (request.Invoice is { } read) return ValueTask.FromResult(new InvoiceFound(read));
        return request.Offer is { } offer
            ? desk.Invoices.FetchAsync(offer, request.Order.Amount, desk.Stopping)
            : desk.Invoices.ReadAsync(request.Text, offer: null, desk.Stopping);
    }
}

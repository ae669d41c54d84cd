using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using static LspsPlugin.Cln.Payer.Commands.PayerAnswers;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>
/// The commands for parts over the caller's routes. Each reads its arguments and answers a check without the desk; it is null only then.
/// </summary>
internal static class PartCommands
{
    /// <summary>sendpartialpay: sends a part over the caller's route.</summary>
    public static async Task SendAsync(MethodCall call, PayerDesk? desk, DateTimeOffset now)
    {
        if (SendPartRequest.Read(call, desk?.Self.Id, now) is not { } request || desk is null) return;
        PaymentTerms terms = request.Terms with { Id = request.Id ?? desk.Tower.IdOf(request.Terms.Hash) };
        switch (await desk.Tower.GivePartAsync(terms, new PartGiven(request.Route, desk.Height())))
        {
            case PartAccepted accepted:
                WritePart(call, accepted.Payment, accepted.Payment.Attempts.First(attempt => attempt.Key == accepted.Key));
                break;
            case PartNotNeeded paid:
                WritePart(call, paid.Payment, paid.Payment.Attempts.FirstOrDefault(static attempt => attempt.Status == AttemptStatus.Settled));
                break;
            case PaymentIdTaken taken:
                call.Error(PayerCodes.AlreadyUsed, $"the payment '{Said(terms.Id)}' is another one: {Summary(taken.OnRecord)}, routed by {taken.OnRecord.Terms.RoutedBy.ToWord()}");
                break;
            case PartRefused refused:
                (int code, string problem) = ProblemOf(refused, request.Route);
                call.Error(code, problem);
                break;
            case var answer:
                Refuse(call, answer);
                break;
        }
    }

    /// <summary>waitpartialpay: waits until a part is final, or its payment has succeeded by another part. A time-out is no error.</summary>
    public static async Task WaitAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        (PaymentId id, AttemptKey key) = ReadPart(args);
        TimeSpan timeout = args.Number("timeout", 0, SendPaymentRequest.MostWaitSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : PaymentCommands.LongestWait;
        if (args.Reject(call) || desk is null) return;
        await WaitProgress.DuringAsync(call, timeout < PaymentCommands.LongestWait ? timeout : null, desk.Time, () => AnswerDecidedAsync(call, desk, args, id, key, timeout));
    }

    private static async Task AnswerDecidedAsync(MethodCall call, PayerDesk desk, ArgumentReader args, PaymentId id, AttemptKey key, TimeSpan timeout)
    {
        for (long from = desk.Time.GetTimestamp(); ;)
        {
            if (await desk.Tower.FindAsync(id) is not { } payment || payment.Attempts.FirstOrDefault(attempt => attempt.Key == key) is not { } part)
            {
                call.Error(PayerCodes.NoSuchPayment, $"there is no part '{Said(args.Text("id", int.MaxValue) ?? "")}'");
                return;
            }

            TimeSpan left = timeout - desk.Time.GetElapsedTime(from);
            if (part.IsOut && payment.State.Preimage is null && left > TimeSpan.Zero)
            {
                await desk.News.NextAsync(id, left, desk.Time);
                continue;
            }

            call.Result(json =>
            {
                PaymentWriter.Write(json, id, part);
                if (payment.State.Preimage is { } preimage) json.WriteString("payment_preimage"u8, preimage.Bytes.ToString());
                else if (part.IsOut) json.WriteBoolean("timed_out"u8, true);
            });
            return;
        }
    }

    /// <summary>listpartialpayments: a part, the parts of a payment, or those of the live and latest payments.</summary>
    public static async Task ListAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        (PaymentId Payment, AttemptKey Key)? part = call.Params.ContainsKey("id") ? ReadPart(args) : null;
        PaymentId? id = call.Params.ContainsKey("payment_id") ? ReadId(args, "payment_id") : part?.Payment;
        args.Check(part is null || id == part.Value.Payment, "id is no part of payment_id");
        if (args.Reject(call) || desk is null) return;
        IReadOnlyList<PaymentRecord> found = id is { } one
            ? await desk.Tower.FindAsync(one) is { } payment ? [payment] : []
            : await desk.Tower.ListAsync(PaymentIndex.Created, 0, PaymentCommands.MostListed);
        call.Result(json =>
        {
            json.WriteStartArray("partialpayments"u8);
            foreach (PaymentRecord payment in found)
            {
                foreach (Attempt attempt in payment.Attempts.Where(attempt => part is null || attempt.Key == part.Value.Key))
                {
                    json.WriteStartObject();
                    json.WriteString("payment_id"u8, payment.Terms.Id.Value);
                    json.WriteString("payment_hash"u8, payment.Terms.Hash.ToString());
                    PaymentWriter.Write(json, payment.Terms.Id, attempt);
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
        });
    }

    private static (int Code, string Problem) ProblemOf(PartRefused refused, Route route)
    {
        (PaymentTerms terms, SavedPayment state) = (refused.Payment.Terms, refused.Payment.State);
        return refused.Problem switch
        {
            PartProblem.TooMuch => (PayerCodes.InProgress, $"the parts that are out or settled deliver {state.Attempts.Committed().Value} of {terms.Amount.Value} msat, and this one would deliver {route.Amount.Value}"),
            PartProblem.OtherDestination => (PayerCodes.AlreadyUsed, $"the payment '{Said(terms.Id)}' goes to {terms.Destination}, and the route ends at {route.Destination}"),
            PartProblem.NeedsSecret => (MethodParams.InvalidParams, "payment_secret is missing: without it the whole amount must be one part"),
            PartProblem.GivenUp => (PayerCodes.Failed, $"the payment '{Said(terms.Id)}' takes no new part: {state.Reason?.ToWord()}"),
            PartProblem.TooManyParts => (PayerCodes.Failed, $"the payment '{Said(terms.Id)}' has {state.Attempts.Count} parts, and takes no more"),
            PartProblem.Unsound => (MethodParams.InvalidParams, "route delivers nothing, or more than it sends, or takes too long"),
            PartProblem.RoutedByPayer or PartProblem.Succeeded => (PayerCodes.AlreadyUsed, $"the payment '{Said(terms.Id)}' is another one: {Summary(refused.Payment)}"),
        };
    }

    /// <param name="call">The call.</param>
    /// <param name="payment">The payment.</param>
    /// <param name="part">The part that was sent, or one that settled; null if another program paid.</param>
    private static void WritePart(MethodCall call, PaymentRecord payment, Attempt? part) => call.Result(json =>
    {
        json.WriteString("payment_id"u8, payment.Terms.Id.Value);
        json.WriteString("payment_hash"u8, payment.Terms.Hash.ToString());
        if (part is null) json.WriteString("status"u8, AttemptStatus.Settled.ToWord());
        else PaymentWriter.Write(json, payment.Terms.Id, part);
        if (payment.State.Preimage is { } preimage) json.WriteString("payment_preimage"u8, preimage.Bytes.ToString());
    });

    private static (PaymentId Payment, AttemptKey Key) ReadPart(ArgumentReader args)
    {
        bool isPart = PaymentWriter.TryReadId(args.Text("id", int.MaxValue) ?? "", out PaymentId payment, out AttemptKey key);
        args.Check(isPart, "id must be the id of a part, as listpartialpayments shows it: GROUPID-PARTID-PAYMENT_ID");
        return (payment, key);
    }
}

using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Routes;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>What the commands work on.</summary>
/// <param name="Tower">The payments.</param>
/// <param name="Routes">Knows the node's layers.</param>
/// <param name="News">Tells of changes.</param>
/// <param name="Self">This node.</param>
/// <param name="Height">Returns the block height.</param>
/// <param name="Time">The clock.</param>
internal sealed record PayerDesk(PaymentTower Tower, ClnRoutes Routes, PaymentNews News, NodeSettings Self, Func<BlockHeight> Height, TimeProvider Time);

/// <summary>
/// The payer's commands. Each reads its arguments and answers a check without the desk; it is null only then. An error of an argument is -32602; the other codes are in
/// <see cref="PayerCodes"/>.
/// </summary>
internal static class PayerCommands
{
    private const int MostListed = 1000;

    /// <summary>How long cancelpayment waits until the change is on record.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A wait without a limit of the caller's; longer than any part can be out.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>sendpayment: pays an invoice, or joins the payment that does.</summary>
    public static async Task SendAsync(MethodCall call, PayerDesk? desk, DateTimeOffset now)
    {
        if (SendPaymentRequest.Read(call, now) is not { } request || desk is null) return;
        PaymentTerms terms = request.Terms;

        // Whether a payment can begin matters only if it has not begun: the same request gets the same payment also after the invoice expired.
        if (await desk.Tower.FindAsync(terms.Id) is null)
        {
            if (request.ProblemOf(desk.Self.Id, desk.Self.Network, now) is var (code, problem))
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
                if (request.Wait > TimeSpan.Zero) await WaitAsync(call, desk, terms.Id, request.Wait);
                else call.Result(json => PaymentWriter.WriteWhole(json, accepted.Payment));
                break;
            case PaymentIdTaken taken:
                call.Error(PayerCodes.AlreadyUsed, $"payment_id '{Said(terms.Id)}' is another request: {Summary(taken.OnRecord)}, {Limits(taken.OnRecord.Terms)}");
                break;
            case var answer:
                Refuse(call, answer);
                break;
        }
    }

    /// <summary>sendpartialpay: sends a part over the caller's route.</summary>
    public static async Task SendPartAsync(MethodCall call, PayerDesk? desk, DateTimeOffset now)
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

    /// <summary>waitpayment: waits until a payment is final. A time-out is no error.</summary>
    public static async Task WaitAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        PaymentId id = ReadId(args, "payment_id");
        TimeSpan timeout = args.Number("timeout", 0, SendPaymentRequest.MostWaitSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : LongestWait;
        if (!args.Reject(call) && desk is not null) await WaitAsync(call, desk, id, timeout);
    }

    /// <summary>cancelpayment: no new part goes out.</summary>
    public static async Task CancelAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        PaymentId id = ReadId(args, "payment_id");
        if (args.Reject(call) || desk is null) return;
        long from = desk.Time.GetTimestamp();
        for (PaymentRecord? before = desk.Tower.Cancel(id); before is { State: { Status: PaymentStatus.Initiated or PaymentStatus.InFlight, Reason: null } };)
        {
            TimeSpan left = Patience - desk.Time.GetElapsedTime(from);
            if (left <= TimeSpan.Zero) break;

            // The next change may be another one.
            await desk.News.NextAsync(id, left, desk.Time);
            before = await desk.Tower.FindAsync(id);
        }

        await AnswerAsync(call, desk, id);
    }

    /// <summary>listpayments: one payment, or those from a number of an index on.</summary>
    public static async Task ListAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        PaymentId? id = call.Params.ContainsKey("payment_id") ? ReadId(args, "payment_id") : null;
        string? word = args.Text("status", 20);
        PaymentStatus status = default;
        args.Check(word is null || PaymentWords.Statuses.TryRead(word, out status), $"status must be one of: {string.Join(", ", PaymentWords.Statuses.Words)}");
        string index = args.Text("index", 20) ?? "created";
        args.Check(index is "created" or "updated", "index must be created or updated");
        ulong start = (ulong)(args.Number("start", 0, long.MaxValue) ?? 0);
        int limit = (int)(args.Number("limit", 1, MostListed) ?? 100);
        if (args.Reject(call) || desk is null) return;
        IReadOnlyList<PaymentRecord> found = id is { } one
            ? await desk.Tower.FindAsync(one) is { } payment ? [payment] : []
            : await FindAsync(desk, index == "updated" ? PaymentIndex.Updated : PaymentIndex.Created, start, limit, payment => word is null || payment.State.Status == status);
        call.Result(json =>
        {
            json.WriteStartArray("payments"u8);
            foreach (PaymentRecord payment in found.Where(payment => word is null || payment.State.Status == status))
            {
                json.WriteStartObject();
                PaymentWriter.WriteWhole(json, payment);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>waitpartialpay: waits until a part is final, or its payment has succeeded by another part. A time-out is no error.</summary>
    public static async Task WaitPartAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        (PaymentId id, AttemptKey key) = ReadPart(args);
        TimeSpan timeout = args.Number("timeout", 0, SendPaymentRequest.MostWaitSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : LongestWait;
        if (args.Reject(call) || desk is null) return;
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
    public static async Task ListPartsAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        (PaymentId Payment, AttemptKey Key)? part = call.Params.ContainsKey("id") ? ReadPart(args) : null;
        PaymentId? id = call.Params.ContainsKey("payment_id") ? ReadId(args, "payment_id") : part?.Payment;
        args.Check(part is null || id == part.Value.Payment, "id is no part of payment_id");
        if (args.Reject(call) || desk is null) return;
        IReadOnlyList<PaymentRecord> found = id is { } one
            ? await desk.Tower.FindAsync(one) is { } payment ? [payment] : []
            : await desk.Tower.ListAsync(PaymentIndex.Created, 0, MostListed);
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

    /// <summary>forgetpayment: deletes the record of a final payment, its preimage included.</summary>
    public static async Task ForgetAsync(MethodCall call, PayerDesk? desk)
    {
        var args = new ArgumentReader(call);
        PaymentId id = ReadId(args, "payment_id");
        if (args.Reject(call) || desk is null) return;
        switch (await desk.Tower.ForgetAsync(id))
        {
            case ForgetResult.Forgotten: call.Result(json => json.WriteString("forgotten"u8, id.Value)); break;
            case ForgetResult.Unknown: NoSuch(call, id); break;
            case ForgetResult.NotFinal: call.Error(PayerCodes.Failed, $"the payment '{Said(id)}' is not final: cancel it, and wait for the parts that are out"); break;
            case ForgetResult.NotDeleted: call.Error(PayerCodes.Failed, $"the node did not delete all records of the payment '{Said(id)}': try again"); break;
        }
    }

    /// <summary>Answers a request that did nothing, for the reasons that every request may meet.</summary>
    private static void Refuse(MethodCall call, PaymentAnswer answer)
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

    private static async Task WaitAsync(MethodCall call, PayerDesk desk, PaymentId id, TimeSpan timeout)
    {
        if (await desk.Tower.WaitAsync(id, timeout) is not var (payment, timedOut))
        {
            NoSuch(call, id);
            return;
        }

        call.Result(json =>
        {
            PaymentWriter.WriteWhole(json, payment);
            if (timedOut) json.WriteBoolean("timed_out"u8, true);
        });
    }

    private static async Task AnswerAsync(MethodCall call, PayerDesk desk, PaymentId id)
    {
        if (await desk.Tower.FindAsync(id) is { } payment) call.Result(json => PaymentWriter.WriteWhole(json, payment));
        else NoSuch(call, id);
    }

    /// <summary>Reads on until enough payments fit, since most of them may not.</summary>
    private static async Task<IReadOnlyList<PaymentRecord>> FindAsync(PayerDesk desk, PaymentIndex index, ulong start, int limit, Func<PaymentRecord, bool> fits)
    {
        var found = new List<PaymentRecord>();
        while (found.Count < limit)
        {
            IReadOnlyList<PaymentRecord> page = await desk.Tower.ListAsync(index, start, MostListed);
            found.AddRange(page.Where(fits).Take(limit - found.Count));
            if (page.Count < MostListed) break;
            start = (index == PaymentIndex.Updated ? page[^1].UpdatedIndex : page[^1].CreatedIndex) + 1;
        }

        return found;
    }

    private static PaymentId ReadId(ArgumentReader args, string name)
    {
        PaymentId id = default;
        args.Check(PaymentId.TryParse(args.Text(name, int.MaxValue), out id), $"{name} must have 1 to {PaymentId.MaxLength} characters, none of them a control character");
        return id;
    }

    private static (PaymentId Payment, AttemptKey Key) ReadPart(ArgumentReader args)
    {
        bool isPart = PaymentWriter.TryReadId(args.Text("id", int.MaxValue) ?? "", out PaymentId payment, out AttemptKey key);
        args.Check(isPart, "id must be the id of a part, as listpartialpayments shows it: GROUPID-PARTID-PAYMENT_ID");
        return (payment, key);
    }

    private static void NoSuch(MethodCall call, PaymentId id) => call.Error(PayerCodes.NoSuchPayment, $"there is no payment '{Said(id)}'");

    private static string Summary(PaymentRecord payment) =>
        $"{payment.State.Status.ToWord()}, {payment.Terms.Amount.Value} msat of {payment.Terms.Hash}, created at {LspsTime.Write(payment.Terms.CreatedAt)}";

    private static string Limits(PaymentTerms terms) => terms.RoutedBy switch
    {
        RoutedBy.Payer => $"maxfee_msat {terms.MaxFee.Value}, retry_for {terms.RetryFor.TotalSeconds:0}",
        RoutedBy.Caller => "routed by its caller (sendpartialpay)",
    };

    private static string Said(PaymentId id) => Said(id.Value);

    private static string Said(string text) => LspsError.Sanitize(text);
}

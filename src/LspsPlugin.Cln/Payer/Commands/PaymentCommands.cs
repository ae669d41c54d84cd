using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using static LspsPlugin.Cln.Payer.Commands.PayerAnswers;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>
/// The commands for payments that are on record. Each reads its arguments and answers a check without the desk; it is null only then.
/// </summary>
internal static class PaymentCommands
{
    /// <summary>How many payments a list has at the most.</summary>
    public const int MostListed = 1000;

    /// <summary>A wait without a limit of the caller's; longer than any part can be out.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    /// <summary>How long cancelpayment waits until the change is on record.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

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

    public static Task WaitAsync(MethodCall call, PayerDesk desk, PaymentId id, TimeSpan timeout) =>
        WaitProgress.DuringAsync(call, timeout < LongestWait ? timeout : null, desk.Time, () => AnswerDecidedAsync(call, desk, id, timeout));

    private static async Task AnswerDecidedAsync(MethodCall call, PayerDesk desk, PaymentId id, TimeSpan timeout)
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
}

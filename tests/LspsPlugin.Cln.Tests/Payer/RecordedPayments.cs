using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Payer.Records;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>The payments of <c>tests/Recordings/records-0.1.0-payer</c>, and the node's datastore with their records.</summary>
internal static class RecordedPayments
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly PaymentTerms CallersTerms = PaySample.Terms with
    {
        Hints = [],
        Layers = [],
        Metadata = null,
        Total = new Msat(90_000),
        MaxFee = Msat.AllMoney,
        MaxDelay = new BlockCount(2016),
        RetryFor = TimeSpan.Zero,
        MaxParts = PaymentTerms.MaxAttempts,
        Invoice = null,
        RoutedBy = RoutedBy.Caller,
    };

    /// <summary>What is recorded: a name, which begins with the phase, and the payment as it was.</summary>
    public static IReadOnlyDictionary<string, (PaymentTerms Terms, PaymentState State)> All { get; } = new Dictionary<string, (PaymentTerms, PaymentState)>
    {
        ["Initiated"] = (PaySample.Terms, new Initiated()),
        ["Recovering"] = (PaySample.Terms, new Recovering([Part(1, AttemptStatus.Watched), Part(2, AttemptStatus.Missing)])),
        ["Routing"] = (PaySample.Terms, new Routing([Part(1, AttemptStatus.Sent), Part(2, AttemptStatus.Failed)])),
        ["Pausing"] = (PaySample.Terms, new Pausing([Part(1, AttemptStatus.Failed)])),
        ["AwaitingParts"] = (PaySample.Terms, new AwaitingParts([Part(1, AttemptStatus.Unknown), Part(2, AttemptStatus.Sent), Part(3, AttemptStatus.Planned)])),
        ["GivingUp"] = (PaySample.Terms, new GivingUp([Part(1, AttemptStatus.Sent)], GiveUpReason.OutOfTime)),
        ["Settling"] = (PaySample.Terms, new Settling([Part(1, AttemptStatus.Settled), Part(2, AttemptStatus.Sent)], PaySample.Proof)),
        ["Succeeded"] = (PaySample.Terms, new Succeeded([Part(1, AttemptStatus.Settled)], PaySample.Proof)),
        ["Failed"] = (PaySample.Terms, new Failed([Part(1, AttemptStatus.Failed)], GiveUpReason.NoRoute)),
        ["AwaitingParts-caller"] = (CallersTerms with { Secret = null, Label = null }, new AwaitingParts([Part(1, AttemptStatus.Sent, 90_000)])),
        ["Failed-caller"] = (CallersTerms, new Failed([Part(1, AttemptStatus.Failed)], GiveUpReason.PartsFailed)),
        ["AwaitingParts-offer"] = (BlindedSample.Terms, new AwaitingParts([BlindedSample.Attempt(0) with { Status = AttemptStatus.Sent }])),
        ["Recovering-before-times"] = (PaySample.Terms, new Recovering(
            [PaySample.Attempt(1, AttemptStatus.Watched), PaySample.Attempt(2, AttemptStatus.Failed, PaySample.Failure)])),
    };

    private static string Folder => Path.Combine(Recorded.Root, "tests", "Recordings", "records-0.1.0-payer", "payer");

    /// <summary>The rows that this version writes for a payment, as a file of the folder has them.</summary>
    public static string Written(string name)
    {
        FakeDatastore store = new();
        EventLoop.Run(async _ =>
        {
            (PaymentTerms terms, PaymentState state) = All[name];
            ClnPaymentJournal journal = JournalOf(store);
            var begun = new PaymentRecord(terms, SavedPayment.New, CreatedIndex: 1, UpdatedIndex: 1, terms.CreatedAt);
            Assert.Equal([true], await journal.CommitAsync([new PaymentChange(begun, null)], default));
            var now = new PaymentRecord(terms, SavedPayment.Of(state), CreatedIndex: 1, UpdatedIndex: 2, terms.CreatedAt.AddSeconds(5));
            Assert.Equal([true], await journal.CommitAsync([new PaymentChange(now, begun.State)], default));
            return !now.IsFinal || await journal.ArchiveAsync(now, default);
        });
        JsonNode[] rows = [.. store.Keys.Select(key => new JsonObject { ["key"] = new JsonArray([.. key.Split('/').Select(static part => (JsonNode)part)]), ["string"] = store[key] })];
        return new JsonArray(rows).ToJsonString(Readable).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The rows of a file of the folder; with LSPS_ACCEPT=1 a file that is missing is made.</summary>
    public static string Kept(string name)
    {
        string file = Path.Combine(Folder, name + ".json");
        if (!File.Exists(file) && Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(file, Written(name));
        return File.ReadAllText(file);
    }

    /// <summary>What a start reads from the rows of a file: the payment that it continues, or the one in the archive.</summary>
    public static PaymentRecord Read(string name)
    {
        FakeDatastore store = new();
        foreach (JsonNode? row in JsonNode.Parse(Kept(name))!.AsArray()) store.Put(string.Join('/', row!["key"]!.AsArray().Select(static part => (string)part!)), (string)row["string"]!);
        return EventLoop.Run(async _ =>
        {
            ClnPaymentJournal journal = JournalOf(store);
            PaymentJournalContents contents = await journal.LoadAsync(default);
            Assert.Empty(contents.Remarks);
            IReadOnlyList<PaymentRecord> archived = await journal.ListAsync(PaymentIndex.Updated, 0, 10, default);
            return Assert.Single([.. contents.Live, .. archived]);
        });
    }

    private static ClnPaymentJournal JournalOf(FakeDatastore store) => new(new FakeNode(store.Answer).Client(), new FakeTimeProvider(PaySample.Created));

    private static Attempt Part(ulong part, AttemptStatus status, ulong amount = 30_000)
    {
        DateTimeOffset at = PaySample.Created.AddSeconds(part);
        bool isSent = status is not (AttemptStatus.Planned or AttemptStatus.Missing), isFinal = status is AttemptStatus.Settled or AttemptStatus.Failed;
        return PaySample.Attempt(part, status, status == AttemptStatus.Failed ? PaySample.Failure : null, amount) with
        {
            HtlcId = status == AttemptStatus.Unknown ? 7 : null,
            Times = new AttemptTimes(at, isSent ? at.AddMilliseconds(20) : null, isFinal ? at.AddMilliseconds(900) : null),
        };
    }
}

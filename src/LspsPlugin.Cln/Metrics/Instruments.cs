using System.Diagnostics.Metrics;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Metrics;

/// <summary>
/// The instruments that count and measure as things happen; <see cref="Gauges"/> has those that are read. Names and units are by the conventions of
/// OpenTelemetry, and docs/monitoring.md lists them.
/// </summary>
/// <remarks>
/// No attribute has a value that a stranger can choose: each is a word of an enumeration or of a table of ours. So the number of series has a bound that
/// is known when the program is built.
/// </remarks>
internal sealed class Instruments : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "lsps-plugin";

    /// <summary>The boundaries of histograms of times, in seconds: from a local call to a wallet that has to be woken up.</summary>
    private static readonly InstrumentAdvice<double> Times = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

    private readonly Counter<long> _sales;
    private readonly Counter<long> _payments;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _started;
    private readonly Counter<long> _succeeded;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _fees;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _fundingCost;
    private readonly Counter<long> _losses;
    private readonly Histogram<double> _forwardTime;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _callTime;
    private readonly Counter<long> _callFailures;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _payerPayments;
    private readonly Counter<long> _payerAttempts;

    public Instruments()
    {
        Meter = new Meter(MeterName, PluginVersion.Text);
        _sales = Meter.CreateCounter<long>("lsps.sales", "{sale}", "Sales by what became of them: offered (bought by a wallet), paid (the opening fee is earned), expired or cancelled");
        _payments = Meter.CreateCounter<long>("lsps.payments", "{payment}", "Payments for offers that are over, by outcome and reason");
        _refused = Meter.CreateCounter<long>("lsps.parts.refused", "{part}", "Parts that were failed because of a limit before a session took them");
        _started = Meter.CreateCounter<long>("lsps.openings.started", "{opening}", "Openings that began: a payment was complete, and its wallet was asked for a channel");
        _succeeded = Meter.CreateCounter<long>("lsps.openings.succeeded", "{opening}", "Openings whose channel became usable, and whose payment was forwarded");
        _failed = Meter.CreateCounter<long>("lsps.openings.failed", "{opening}", "Openings that failed, by the stage in which they did");
        _fees = Meter.CreateCounter<long>("lsps.opening.fees", "msat", "Opening fees earned");
        _forwarded = Meter.CreateCounter<long>("lsps.forwarded", "msat", "Amount that wallets were paid through offers");
        _fundingCost = Meter.CreateCounter<long>("lsps.funding.cost", "sat", "On-chain fees of fundings that were sent");
        _losses = Meter.CreateCounter<long>("lsps.losses", "sat", "On-chain cost of channels that nobody paid for, or not fully");
        _forwardTime = Meter.CreateHistogram("lsps.forward.delay", "s", "Time from a payment's last part to its first forward", tags: null, Times);
        _requests = Meter.CreateCounter<long>("lsps.requests", "{request}", "Requests of wallets, by LSPS method and outcome");
        _callTime = Meter.CreateHistogram("lsps.node.call.duration", "s", "Time of calls to the node, by command; calls that wait for an event are left out", tags: null, Times);
        _callFailures = Meter.CreateCounter<long>("lsps.node.call.failures", "{call}", "Calls to the node that failed, by command and kind of error");
        _commits = Meter.CreateCounter<long>("lsps.datastore.commits", "{commit}", "Writes to the node's datastore that were carried out");
        _payerPayments = Meter.CreateCounter<long>("lsps.payer.payments", "{payment}", "Payments of the payer that are over, by outcome");
        _payerAttempts = Meter.CreateCounter<long>("lsps.payer.attempts", "{attempt}", "Parts that the payer sent, by what became of them");
    }

    /// <summary>What all instruments belong to.</summary>
    public Meter Meter { get; }

    public void OnSale(SaleEvent what) => _sales.Add(1, new KeyValuePair<string, object?>("state", what.ToWord()));

    public void OnPaymentOver(Outcome outcome, FailureReason? reason) =>
        _payments.Add(1, new("outcome", SessionWords.OutcomeCounts[outcome]), new("reason", reason?.ToWord() ?? "none"));

    public void OnPartRefused(RejectReason limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit.ToWord()));

    public void OnOpeningStarted() => _started.Add(1);

    public void OnOpeningSucceeded() => _succeeded.Add(1);

    public void OnOpeningFailed(Phase stage) => _failed.Add(1, new KeyValuePair<string, object?>("stage", stage.ToWord()));

    public void OnFeeEarned(Msat fee) => _fees.Add(Signed(fee.Value));

    public void OnForwarded(Msat amount) => _forwarded.Add(Signed(amount.Value));

    public void OnFundingSent(Sat cost) => _fundingCost.Add(Signed(cost.Value));

    public void OnLoss(Sat loss) => _losses.Add(Signed(loss.Value));

    public void OnFirstForward(TimeSpan sinceLastPart) => _forwardTime.Record(sinceLastPart.TotalSeconds);

    /// <param name="method">A method that we serve, or <c>other</c>.</param>
    /// <param name="outcome">A word of <see cref="RequestOutcomes"/>.</param>
    public void OnRequest(string method, string outcome) => _requests.Add(1, new("rpc.method", method), new("outcome", outcome));

    /// <param name="method">A command of the node that our code names.</param>
    /// <param name="duration">From the call to its answer.</param>
    public void OnCall(string method, TimeSpan duration) => _callTime.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("rpc.method", method));

    /// <param name="method">A command of the node that our code names.</param>
    /// <param name="error">A word of <see cref="CallErrors"/>.</param>
    public void OnCallFailed(string method, string error) => _callFailures.Add(1, new("rpc.method", method), new("error.type", error));

    public void OnCommit() => _commits.Add(1);

    public void OnPayerPaymentOver(bool succeeded) => _payerPayments.Add(1, new KeyValuePair<string, object?>("outcome", succeeded ? "succeeded" : "failed"));

    public void OnPayerAttempts(string state, int count) => _payerAttempts.Add(count, new KeyValuePair<string, object?>("state", state));

    /// <summary>Shows counters as 0, to those who listen by now. An alert on an increase sees the first one only if the series existed before it.</summary>
    public void ShowZeros()
    {
        foreach (SaleEvent what in Enum.GetValues<SaleEvent>()) _sales.Add(0, new KeyValuePair<string, object?>("state", what.ToWord()));
        foreach (Counter<long> plain in (Counter<long>[])[_started, _succeeded, _fees, _forwarded, _fundingCost, _losses, _commits]) plain.Add(0);
        _payments.Add(0, new("outcome", SessionWords.OutcomeCounts[Outcome.Succeeded]), new("reason", "none"));
        foreach (bool succeeded in (bool[])[true, false]) _payerPayments.Add(0, new KeyValuePair<string, object?>("outcome", succeeded ? "succeeded" : "failed"));
    }

    public void Dispose() => Meter.Dispose();

    /// <summary>All bitcoin in msat is a quarter of the largest number; an amount beyond that is a stranger's invention.</summary>
    private static long Signed(ulong amount) => (long)Math.Min(amount, long.MaxValue / 4);
}

/// <summary>What happens to a sale.</summary>
internal enum SaleEvent : byte
{
    /// <summary>A wallet bought the offer.</summary>
    Offered,

    /// <summary>The opening fee is earned.</summary>
    Paid,

    /// <summary>The offer ended unpaid.</summary>
    Expired,

    /// <summary>The operator cancelled the offer.</summary>
    Cancelled,
}

/// <summary>The words for <see cref="SaleEvent"/>.</summary>
internal static class SaleEvents
{
    public static string ToWord(this SaleEvent what) => what switch
    {
        SaleEvent.Offered => "offered",
        SaleEvent.Paid => "paid",
        SaleEvent.Expired => "expired",
        SaleEvent.Cancelled => "cancelled",
    };
}

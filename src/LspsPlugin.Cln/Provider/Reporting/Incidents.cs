using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>
/// What happened at one moment and an operator must know: money that is lost, an error of the plugin itself. It is a finding for a day, the last one of each kind. Events
/// that make another finding likely only call for a look.
/// </summary>
internal sealed class Incidents(TimeProvider time, Attention attention) : IEventSink
{
    private const int LongestDetail = 200;

    private static readonly TimeSpan Reminded = TimeSpan.FromDays(1);

    private readonly SortedDictionary<string, Finding> _last = new(StringComparer.Ordinal);

    /// <summary>Returns what happened within the last day.</summary>
    public IEnumerable<Finding> Current => _last.Values.Where(finding => finding.Until > time.GetUtcNow());

    public void Publish(in SessionEventEnvelope envelope)
    {
        string scid = envelope.JitScid.ToString();
        switch (envelope.Event)
        {
            case SessionEnded { Reason: FailureReason.ChannelForfeited }:
                Add("forfeited", Urgency.Now, $"The withheld channel of the sale {scid} was destroyed after the wallet had released the preimage: what the wallet was paid is in no channel.", $"`lsps-session {scid}` shows the amount; the wallet's owner has not got it.");
                break;
            case ChannelUnpaid e:
                Add("unpaid_channel", Urgency.Soon, $"{e.Channel} was opened on trust for the sale {scid} and nobody paid for it: the loss is {e.Loss}.", $"Close it with `lightning-cli close {e.Channel}`, unless you want to keep it.");
                break;
            case UnderpaidFunded e:
                Add("underpaid_funded", Urgency.Soon, $"The funding of {e.Channel} was broadcast although the opening fee of the sale {scid} was not paid in full: the loss is {e.Loss}.", "`lsps-clients` shows the wallet; `lsps2-deny-clients` refuses it.");
                break;
            case BroadcastOverdue or ReleaseOverdue or ChannelUnderpaid or StepFailed { Failure: OpeningFailure.NoFunds or OpeningFailure.InputsTaken or OpeningFailure.ChainTooDear or OpeningFailure.TrustSpent or OpeningFailure.NodeRefused }:
                attention.Call();
                break;
        }
    }

    /// <summary>The plugin met an error of its own.</summary>
    /// <param name="line">The line in the log.</param>
    public void OnBug(string line)
    {
        string first = line.Split('\n')[0].TrimEnd();
        if (first.Length > LongestDetail) first = string.Concat(first.AsSpan(0, LongestDetail), "…");
        Add("bug", Urgency.Soon, $"The plugin met an error of its own: {first}", "Report it with its BROKEN line in the node's log; `lsps-checkup` shows whether anything is stuck.");
    }

    /// <summary>The node makes no channel usable while its funding is withheld.</summary>
    /// <param name="line">The line in the log, which has the remedy.</param>
    public void OnHeldBack(string line) => Add("no_channel_ready", Urgency.Now, line, "Set lsps2-trust-model to lsp-trusts-client.");

    private void Add(string code, Urgency urgency, string message, string remedy)
    {
        _last[code] = new Finding(code, urgency, message, remedy) { Until = time.GetUtcNow() + Reminded };
        attention.Call();
    }
}

using System.Globalization;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Durable;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>
/// What an operator must act on now, and what was over lately; at most one alert of each code lasts at a time. A change is saved and then told: in the log, and by
/// the topic lsps_alert. If the node does not save it, it is told nevertheless, and saved later.
/// </summary>
internal sealed class AlertBook(NodeClient node, TimeProvider time, HostTopic topic, HostLog log)
{
    /// <summary>How many alerts that are over are kept.</summary>
    public const int MostEnded = 100;

    private const int LongestText = 1000;

    private readonly SortedDictionary<string, Alert> _raised = new(StringComparer.Ordinal);
    private readonly List<Alert> _ended = [];
    private readonly KeyedAsyncLock<int> _changing = new();
    private ulong _lastNumber;
    private bool _isLoaded;

    /// <summary>The alerts, in no particular order: those that last, and the latest of those that are over.</summary>
    public IEnumerable<Alert> All => _raised.Values.Concat(_ended);

    /// <summary>Reads the records, once. What was raised before counts as new if it was not on record.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask LoadAsync(CancellationToken stopping)
    {
        if (_isLoaded) return;
        await _changing.EnterAsync(0);
        try
        {
            if (!_isLoaded) await ReadAsync(stopping);
        }
        finally
        {
            _changing.Leave(0);
        }
    }

    private async ValueTask ReadAsync(CancellationToken stopping)
    {
        ListDatastoreAnswer listed = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(RecordKeys.Alerts, stopping));
        foreach (DatastoreEntry entry in listed.Datastore.Where(static entry => entry.Key.Length == RecordKeys.Alerts.Length + 1))
        {
            string? problem = "its key is not a number";
            Alert? read = ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? Alert.Read(number, entry.String, out problem) : null;
            _lastNumber = Math.Max(_lastNumber, Math.Max(number, read?.UpdatedIndex ?? 0));
            if (read is null) log.Unusual($"provider: the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
            else if (read.ClearedAt is not null) _ended.Add(read);
            else _raised[read.Finding.Code] = read;
        }

        _ended.Sort(static (one, other) => one.UpdatedIndex.CompareTo(other.UpdatedIndex));
        _isLoaded = true;
    }

    /// <summary>Raises an alert at once, also while the records are not read yet.</summary>
    public void Raise(Finding finding)
    {
        if (_raised.ContainsKey(finding.Code)) return;
        var alert = new Alert(finding, time.GetUtcNow(), ClearedAt: null);
        _raised[finding.Code] = alert;
        Tell(alert);
    }

    /// <summary>Raises what is new in <paramref name="findings"/>, and clears what is not in them any more.</summary>
    /// <param name="findings">What was found; of several with one code the first counts. Notes are no alerts.</param>
    /// <param name="unseen">The codes of conditions that could not be looked at; they stay as they are.</param>
    /// <param name="stopping">Cancels the wait, not the calls.</param>
    public async ValueTask UpdateAsync(IReadOnlyList<Finding> findings, IReadOnlySet<string> unseen, CancellationToken stopping)
    {
        await _changing.EnterAsync(0);
        try
        {
            foreach (Alert late in All.Where(static alert => !alert.IsSaved).ToArray()) Put(await SaveAsync(late, stopping));
            var found = findings.Where(static finding => finding.Urgency != Urgency.Note).GroupBy(static finding => finding.Code, StringComparer.Ordinal).ToDictionary(static same => same.Key, static same => same.ToArray(), StringComparer.Ordinal);
            foreach (Alert alert in _raised.Values.ToArray())
            {
                if (found.ContainsKey(alert.Finding.Code) || unseen.Contains(alert.Finding.Code) || alert.Finding.Until > time.GetUtcNow()) continue;
                await ChangeAsync(alert with { ClearedAt = time.GetUtcNow() }, stopping);
            }

            foreach ((string code, Finding[] same) in found)
            {
                if (_raised.ContainsKey(code)) continue;
                string more = same.Length > 1 ? $" (and {same.Length - 1} more: `lsps-checkup`)" : "";
                Finding first = same[0] with { Message = Cut(same[0].Message) + more, Remedy = Cut(same[0].Remedy) };
                await ChangeAsync(new Alert(first, time.GetUtcNow(), ClearedAt: null), stopping);
            }

            await PruneAsync(stopping);
        }
        finally
        {
            _changing.Leave(0);
        }
    }

    private async ValueTask ChangeAsync(Alert changed, CancellationToken stopping)
    {
        Alert saved = await SaveAsync(changed, stopping);
        Put(saved);
        Tell(saved);
    }

    /// <summary>Saves an alert under a number of its own for this change. Changes are saved one by one, so numbers are on record in their order.</summary>
    private async ValueTask<Alert> SaveAsync(Alert alert, CancellationToken stopping)
    {
        ulong number = ++_lastNumber;
        alert = alert with { CreatedIndex = alert.CreatedIndex == 0 ? number : alert.CreatedIndex, UpdatedIndex = number };
        var saved = await node.DatastoreAsync(new DatastoreParams(Key(alert), alert.ToRecord(), "create-or-replace", null), stopping);
        return alert with { IsSaved = saved.IsOk };
    }

    private void Put(Alert alert)
    {
        if (alert.ClearedAt is null)
        {
            _raised[alert.Finding.Code] = alert;
            return;
        }

        if (_raised.TryGetValue(alert.Finding.Code, out Alert? lasting) && lasting.CreatedIndex == alert.CreatedIndex) _raised.Remove(alert.Finding.Code);
        _ended.RemoveAll(ended => ended.CreatedIndex == alert.CreatedIndex);
        _ended.Add(alert);
    }

    private void Tell(Alert alert)
    {
        if (alert.ClearedAt is null) log.Unusual($"provider: alert {alert.Finding.Code}: {alert.Finding.Message} {alert.Finding.Remedy}");
        else log.Info($"provider: alert {alert.Finding.Code} is over: {alert.Finding.Message}");
        topic.Tell(alert.Write);
    }

    private async ValueTask PruneAsync(CancellationToken stopping)
    {
        while (_ended.Count > MostEnded)
        {
            var deleted = await node.DelDatastoreAsync(Key(_ended[0]), stopping);
            if (!deleted.IsOk && deleted.Error.Code != NodeCodes.DatastoreMissingOnDelete) return; // with the next change
            _ended.RemoveAt(0);
        }
    }

    private static string Cut(string text) => text.Length > LongestText ? string.Concat(text.AsSpan(0, LongestText), "…") : text;

    private static string[] Key(Alert alert) => [.. RecordKeys.Alerts, alert.CreatedIndex.ToString("D20", CultureInfo.InvariantCulture)];
}

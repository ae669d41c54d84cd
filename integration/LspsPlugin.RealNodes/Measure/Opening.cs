namespace LspsPlugin.RealNodes.Measure;

/// <summary>How the time between the arrival of a payment's last part and the first answer to any of its parts was spent.</summary>
/// <param name="Total">The whole time.</param>
/// <param name="Node">Time in which at least one of our calls to the node was pending.</param>
/// <param name="Peers">Time in which we waited for the node's notification: the channel's handshake with the wallet.</param>
/// <param name="Plugin">
/// The remaining time: the plugin had what it needed, and had not answered or called yet. It includes the tap's own time.
/// </param>
/// <param name="Calls">The calls made in that time, each with its duration.</param>
internal sealed record Opening(TimeSpan Total, TimeSpan Node, TimeSpan Peers, TimeSpan Plugin, IReadOnlyList<(string Command, TimeSpan Took)> Calls)
{
    public static Opening Of(IReadOnlyList<TapRecord> records, string paymentHash, TimeProvider time)
    {
        TapRecord last = records.Last(record => record.Kind == TapKind.Asked && record.Note == paymentHash);
        HashSet<string> parts = [.. records.Where(record => record.Kind == TapKind.Asked && record.Note == paymentHash).Select(record => record.Id)];
        TapRecord answer = records.First(record => record.Kind == TapKind.Answered && parts.Contains(record.Id));
        TapRecord[] between = [.. records.Where(record => record.At >= last.At && record.At <= answer.At)];

        var open = new Dictionary<string, TapRecord>();
        var calls = new List<(string, TimeSpan)>();
        TimeSpan node = default, peers = default, plugin = default;
        TapRecord before = last;
        foreach (TapRecord record in between)
        {
            if (open.Count > 0) node += time.GetElapsedTime(before.At, record.At);
            else if (!record.IsInput) plugin += time.GetElapsedTime(before.At, record.At);
            else if (record != last) peers += time.GetElapsedTime(before.At, record.At);
            if (record.Kind == TapKind.Called) open.Add(record.Id, record);
            if (record.Kind == TapKind.Replied && open.Remove(record.Id, out TapRecord? call)) calls.Add((call.Name, time.GetElapsedTime(call.At, record.At)));
            before = record;
        }

        return new Opening(time.GetElapsedTime(last.At, answer.At), node, peers, plugin, calls);
    }
}

namespace LspsPlugin.RealNodes.Measure;

/// <summary>Where the time went between the arrival of a payment's last part and the first answer to any of its parts.</summary>
/// <param name="Total">All of it.</param>
/// <param name="Node">At least one of our calls was with the node.</param>
/// <param name="Peers">We waited for what the node had to tell: the channel's handshake with the wallet.</param>
/// <param name="Plugin">The rest: we had what we needed, and had not answered or called yet. The tap's own time is in it.</param>
/// <param name="Calls">Made in that time, with what each took.</param>
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

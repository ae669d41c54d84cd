namespace LspsPlugin.Simulation.Host;

/// <summary>A pipe with latency: data comes out later, in the order in which it went in.</summary>
internal sealed class SimDelay(TimeProvider time)
{
    private readonly Queue<(long Due, Action Arrive)> _under = new();
    private long _last;

    public void Add(TimeSpan delay, Action arrive)
    {
        if (delay == TimeSpan.Zero && _under.Count == 0)
        {
            arrive();
            return;
        }

        long due = time.GetTimestamp() + delay.Ticks;
        if (due < _last) due = _last;
        _last = due;
        _under.Enqueue((due, arrive));
        if (_under.Count == 1) _ = DrainAsync();
    }

    private async Task DrainAsync()
    {
        while (_under.TryPeek(out (long Due, Action Arrive) next))
        {
            long left = next.Due - time.GetTimestamp();
            if (left > 0) await Task.Delay(TimeSpan.FromTicks(left), time);
            next.Arrive();
            _under.Dequeue();
        }
    }
}

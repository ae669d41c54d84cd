namespace LspsPlugin.Simulation.Time;

/// <summary>A loop with one thread and one queue: the seed determines the order of continuations.</summary>
public sealed class SimLoop(int seed) : SynchronizationContext
{
    private readonly Random _random = new(seed);
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public VirtualClock Clock { get; } = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("work escaped the simulation: a ConfigureAwait(false), a Task.Run or a real timer");
        }

        _ready.Add((d, state));
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="main"/> to its end; advances the clock whenever nothing is ready.</summary>
    /// <exception cref="TimeoutException">It did not end within <paramref name="horizon"/> of virtual time.</exception>
    public T Run<T>(Func<Task<T>> main, TimeSpan horizon)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            DateTimeOffset end = Clock.Now + horizon;
            Task<T> task = main();
            while (!task.IsCompleted)
            {
                if (_ready.Count > 0)
                {
                    int i = _random.Next(_ready.Count);
                    (SendOrPostCallback callback, object? state) = _ready[i];
                    _ready.RemoveAt(i);
                    callback(state);
                    continue;
                }

                // No context here: otherwise a timer's continuations would run inline, and the seed would not order them.
                SetSynchronizationContext(null);
                bool fired = Clock.AdvanceToNextTimer(end);
                SetSynchronizationContext(this);
                if (!fired && _ready.Count == 0) throw new TimeoutException($"nothing is left to do after {horizon} of virtual time, and the run is not over");
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>One thread and one queue, first in first out; nothing runs until it is told to.</summary>
internal sealed class StillLoop : SynchronizationContext
{
    /// <summary>More than any move needs.</summary>
    private const int MostSteps = 1000;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = [];

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue((d, state));

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Lets <paramref name="work"/> run as if on the loop.</summary>
    public static void Use(Action<StillLoop> work)
    {
        SynchronizationContext? outside = Current;
        var loop = new StillLoop();
        SetSynchronizationContext(loop);
        try
        {
            work(loop);
        }
        finally
        {
            SetSynchronizationContext(outside);
        }
    }

    /// <summary>Runs the next of what is ready.</summary>
    public bool RunOne()
    {
        if (!_ready.TryDequeue(out (SendOrPostCallback Callback, object? State) next)) return false;
        next.Callback(next.State);
        return true;
    }

    /// <summary>Runs until nothing is ready any more.</summary>
    /// <returns>False when that does not come.</returns>
    public bool RunAll()
    {
        for (int steps = 0; steps < MostSteps; steps++)
        {
            if (!RunOne()) return true;
        }

        _ready.Clear();
        return false;
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Runtime;

/// <summary>
/// HTLCs that cannot be judged yet: the records are not read, or the node's height is not the true one. None waits until it expires, and
/// none longer than the node's silence can be borne: without a height only time says when it is enough.
/// </summary>
/// <remarks>No more than the node has HTLC slots: each is an HTLC that it holds open until we answer.</remarks>
/// <typeparam name="T">What whoever judges it needs.</typeparam>
/// <param name="patience">How long one waits at most.</param>
/// <param name="safety">It is given back this many blocks before it expires.</param>
/// <param name="giveBack">The failure with which one goes back.</param>
public sealed class EarlyHtlcs<T>(TimeProvider time, Func<TimeSpan> patience, Func<BlockCount> safety, OnionFailure giveBack, Background background)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private List<Early> _waiting = [];
    private BlockHeight _height;
    private bool _guarded;

    public int Count => _waiting.Count;

    public void Add(T what, BlockHeight expiry, IHeldHtlc held)
    {
        var early = new Early(what, expiry, time.GetTimestamp(), held);
        if (IsDue(early))
        {
            GiveBack(early);
            return;
        }

        _waiting.Add(early);
        if (_guarded) return;
        _guarded = true;
        background.Start("HTLCs that wait for the start", GuardAsync(), Unguarded);
    }

    /// <summary>The chain's height, as far as it is known.</summary>
    public void OnHeight(BlockHeight height)
    {
        if (height > _height) _height = height;
        GiveBackDue();
    }

    /// <summary>Hands over, in the order in which they came, those that something is known of now; whoever takes them answers them.</summary>
    public IReadOnlyList<(T What, IHeldHtlc Held)> Take(Predicate<T> which) => [.. Remove(early => which(early.What)).Select(static early => (early.What, early.Held))];

    /// <returns>How many there were.</returns>
    public int GiveBackAll()
    {
        List<Early> all = Remove(static _ => true);
        foreach (Early early in all) GiveBack(early);
        return all.Count;
    }

    /// <summary>Hands all over, in the order in which they came; whoever takes them answers them.</summary>
    public IReadOnlyList<(T What, IHeldHtlc Held)> TakeAll() => Take(static _ => true);

    private async Task GuardAsync()
    {
        while (_waiting.Count > 0)
        {
            await Task.Delay(LookEvery, time, background.Stopping);
            GiveBackDue();
        }

        _guarded = false;
    }

    /// <summary>Nobody watches the time of what waits any more: all goes back, and the next one is watched anew.</summary>
    private void Unguarded()
    {
        _guarded = false;
        GiveBackAll();
    }

    private void GiveBackDue()
    {
        foreach (Early early in Remove(IsDue)) GiveBack(early);
    }

    private bool IsDue(Early early) =>
        (ulong)_height.Value + safety().Value >= early.Expiry.Value || time.GetElapsedTime(early.Since) >= patience();

    private void GiveBack(Early early) => early.Held.Answer(new FailHtlc(giveBack));

    private List<Early> Remove(Predicate<Early> which)
    {
        List<Early> taken = [], left = [];
        foreach (Early early in _waiting) (which(early) ? taken : left).Add(early);
        _waiting = left;
        return taken;
    }

    private sealed record Early(T What, BlockHeight Expiry, long Since, IHeldHtlc Held);
}

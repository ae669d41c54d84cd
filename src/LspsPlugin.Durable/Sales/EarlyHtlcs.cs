using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// Holds HTLCs that cannot be decided yet, because the records are not read or the node is not synchronized. Each is failed before it expires, and at
/// the latest after a timeout, because without a block height only the time can tell.
/// </summary>
/// <remarks>The number is bounded by the node's HTLC slots: the node holds each of these HTLCs open until it is answered.</remarks>
/// <typeparam name="T">The data needed to decide the HTLC.</typeparam>
/// <param name="time">The clock by which they wait.</param>
/// <param name="patience">The longest time that an HTLC waits.</param>
/// <param name="safety">The number of blocks before expiry at which an HTLC is failed.</param>
/// <param name="giveBack">The onion failure used.</param>
/// <param name="background">Runs the check, once a second while HTLCs wait.</param>
public sealed class EarlyHtlcs<T>(TimeProvider time, Func<TimeSpan> patience, Func<BlockCount> safety, OnionFailure giveBack, Background background)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private List<Early> _waiting = [];
    private BlockHeight _height;
    private bool _guarded;

    /// <summary>The number of HTLCs that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Holds an HTLC, or fails it at once if it cannot wait.</summary>
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

    /// <summary>Sets the block height, as far as it is known, and fails the HTLCs that cannot wait.</summary>
    public void OnHeight(BlockHeight height)
    {
        if (height > _height) _height = height;
        GiveBackDue();
    }

    /// <summary>Removes and returns, in order of arrival, the HTLCs that can be decided now. The caller must answer them.</summary>
    public IReadOnlyList<(T What, IHeldHtlc Held)> Take(Predicate<T> which) => [.. Remove(early => which(early.What)).Select(static early => (early.What, early.Held))];

    /// <summary>Fails all HTLCs that wait.</summary>
    /// <returns>The number of HTLCs failed.</returns>
    public int GiveBackAll()
    {
        List<Early> all = Remove(static _ => true);
        foreach (Early early in all) GiveBack(early);
        return all.Count;
    }

    /// <summary>Removes and returns all HTLCs in order of arrival. The caller must answer them.</summary>
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

    /// <summary>The guard task failed: fails all HTLCs; the next HTLC starts a new guard.</summary>
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

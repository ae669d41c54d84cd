namespace LspsPlugin.Rpc.Dispatch;

/// <summary>
/// Collects the youngest generation after each 4 MB that this thread allocated. The runtime's own budget for it follows the processor's caches, 16 MB and
/// more, and after a burst of calls that much would stay resident; a native file has no setting for it. Without compaction, one object in use would keep
/// each region of 4 MB.
/// </summary>
internal sealed class YoungGarbage
{
    private const long Most = 4 << 20;

    private long _collectedAt = GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Collects if enough was allocated since the last time.</summary>
    public void CollectIfMuch()
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        if (allocated - _collectedAt < Most) return;
        _collectedAt = allocated;
        GC.Collect(generation: 0, GCCollectionMode.Forced, blocking: true, compacting: true);
    }
}

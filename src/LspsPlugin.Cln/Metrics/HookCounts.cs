namespace LspsPlugin.Cln.Metrics;

/// <summary>
/// The calls of hooks. They are plain numbers, counted whether metrics are on or not: a foreign HTLC costs one addition and no allocation. The loop writes
/// them, and any thread may read them.
/// </summary>
internal sealed class HookCounts
{
    private long _foreignHtlcs;
    private long _htlcs;
    private long _openChannels;
    private long _commands;
    private long _messages;

    /// <summary>HTLCs that were answered at once, because they are not part of a JIT payment.</summary>
    public long ForeignHtlcs => Volatile.Read(ref _foreignHtlcs);

    /// <summary>HTLCs that a role looked at.</summary>
    public long Htlcs => Volatile.Read(ref _htlcs);

    /// <summary>Calls of openchannel.</summary>
    public long OpenChannels => Volatile.Read(ref _openChannels);

    /// <summary>Calls of rpc_command.</summary>
    public long Commands => Volatile.Read(ref _commands);

    /// <summary>Calls of custommsg.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>Counts a foreign HTLC.</summary>
    public void OnForeign() => _foreignHtlcs++;

    /// <summary>Counts any other call of a hook.</summary>
    public void On(string hook)
    {
        switch (hook)
        {
            case "htlc_accepted": _htlcs++; break;
            case "openchannel": _openChannels++; break;
            case "rpc_command": _commands++; break;
            case "custommsg": _messages++; break;
            default: break;
        }
    }
}

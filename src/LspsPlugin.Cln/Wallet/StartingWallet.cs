using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The wallet before its records are read. HTLCs and openings wait for them, within limits of number and time; a failed start is retried
/// without limit.
/// </summary>
internal sealed class StartingWallet(WalletParts parts)
{
    /// <summary>
    /// Maximum number of openings that wait for the records to be read: one per connected peer, for at most as long as HTLCs wait.
    /// </summary>
    private const int MostOpens = 100;

    /// <summary>How long a command waits for the records.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How long HTLCs and openings wait for a node that does not answer.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(30);

    /// <summary>HTLCs that the node holds until we answer; bounded by the node's HTLC slots.</summary>
    private readonly List<EarlyHtlc> _htlcs = [];
    private readonly List<EarlyOpen> _opens = [];
    private readonly GrantAdoption _adoption = new(parts.Node, parts.Purchases, parts.Granted, parts.Owed, parts.Log, parts.Stopping);

    /// <summary>Cancelled when the records are read; waiters continue on the loop.</summary>
    private readonly CancellationTokenSource _unread = CancellationTokenSource.CreateLinkedTokenSource(parts.Stopping);
    private BlockHeight _height;

    /// <param name="started">
    /// Called in the same step of the loop in which the last record is read, so that no call of the node falls between the two stages.
    /// </param>
    public async Task<RunningWallet> RunAsync(Action<RunningWallet> started)
    {
        NodeSettings? settings;
        while (true)
        {
            (settings, _height, string? problem) = await NodeSettings.ReadAsync(parts.Node, parts.Time, parts.Stopping);
            problem ??= await parts.Granted.LoadAsync() ?? await parts.Purchases.LoadAsync() ?? await parts.Owed.LoadAsync() ?? await _adoption.RunAsync();
            if (settings is not null && problem is null) break;
            parts.Log.Unusual($"wallet: the node does not answer yet: {problem}");
            GiveBackHtlcs();
            GiveBackOpens(open => parts.Time.GetElapsedTime(open.Since) >= MostWait);
            await Task.Delay(Pause, parts.Time, parts.Stopping);
        }

        var running = new RunningWallet(parts, settings, _height);
        started(running);
        Task[] early = [.. _htlcs.Select(waiting => running.OnHtlcAsync(waiting.Htlc))];
        _htlcs.Clear();

        // Each opening separately: an error with one is logged and does not stop the others.
        foreach (EarlyOpen waiting in _opens) parts.Background.Start("openchannel", running.OnOpenChannelAsync(waiting.Call, waiting.Hook));
        _opens.Clear();
        _unread.Cancel();
        foreach (Task one in early) await one;
        return running;
    }

    /// <summary>Waits for a limited time until the records are read.</summary>
    public async ValueTask WaitAsync()
    {
        try
        {
            await Task.Delay(CommandPatience, parts.Time, _unread.Token);
        }
        catch (OperationCanceledException)
        {
            // They are read, or the node stops.
        }
    }

    public void OnBlock(BlockHeight height) => _height = height;

    public void Hold(ArrivedHtlc htlc) => _htlcs.Add(new EarlyHtlc(htlc, parts.Time.GetTimestamp()));

    public void Hold(HookOpenChannel open, HookCall hook)
    {
        if (_opens.Count < MostOpens) _opens.Add(new EarlyOpen(open, hook, parts.Time.GetTimestamp()));
        else hook.Continue(); // the node refuses openings that need our grant; the provider may retry
    }

    /// <summary>An opening ends with its connection.</summary>
    public void OnDisconnect(NodeId peer) => GiveBackOpens(open => open.Call.Id == peer);

    /// <summary>Fails the HTLCs whose origin is still unknown; payers wait for them and may retry.</summary>
    private void GiveBackHtlcs()
    {
        foreach (EarlyHtlc waiting in _htlcs.Where(waiting => parts.Time.GetElapsedTime(waiting.Since) >= MostWait).ToArray())
        {
            _htlcs.Remove(waiting);
            waiting.Htlc.Hook.Fail(OnionFailure.TemporaryNodeFailure);
        }
    }

    private void GiveBackOpens(Func<EarlyOpen, bool> which)
    {
        foreach (EarlyOpen open in _opens.Where(which).ToArray())
        {
            _opens.Remove(open);
            open.Hook.Continue();
        }
    }

    private sealed record EarlyHtlc(ArrivedHtlc Htlc, long Since);

    private sealed record EarlyOpen(HookOpenChannel Call, HookCall Hook, long Since);
}

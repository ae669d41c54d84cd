using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Where HTLCs wait that come before the records are taken up, or while the node is behind the chain. What cannot be ours never waits here;
/// what may be ours waits for as long as the parts of an incomplete payment do, and goes back as temporary.
/// </summary>
/// <param name="index">What is on record; null while the node does not say.</param>
/// <param name="pass">Lets go on what is somebody else's, but not into a channel that waits for its own payment.</param>
/// <param name="height">The chain's height, as far as it is known.</param>
internal sealed class Door(
    Func<CancellationToken, ValueTask<RecordIndex?>> index,
    Action<HtlcAcceptedParams, HtlcHook> pass,
    Func<BlockHeight> height,
    Func<SessionLimits> limits,
    TimeProvider time,
    Background background)
{
    /// <summary>
    /// For how long an HTLC waits of which nobody knows whose it is. Local reads take milliseconds; a forward of somebody else's that waits
    /// longer than this does harm.
    /// </summary>
    private static readonly TimeSpan UnknownPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A JIT scid is in a block that was not mined when it was sold, and sold for at most a month: one in an older block is a real channel.
    /// </summary>
    private const uint OldestOffer = 4320;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private readonly EarlyHtlcs<Waiting> _waiting = new(
        time, () => limits().CollectTimeout, () => limits().CltvSafety, OnionFailure.TemporaryChannelFailure, background);

    private readonly EarlyHtlcs<Waiting> _unknown = new(
        time, static () => UnknownPatience, () => limits().CltvSafety, OnionFailure.TemporaryChannelFailure, background);

    private Predicate<Scid>? _isOurs;
    private RecordIndex? _index;
    private bool _asking;
    private bool _refuses;

    /// <summary>Whether the HTLCs for this next hop must not pass unseen.</summary>
    public bool MayBeOurs(Scid next) => _isOurs is { } isOurs ? isOurs(next) : (ulong)next.Block + OldestOffer >= height().Value;

    /// <summary>Whether there may be channels that nobody has paid for, by what is on record.</summary>
    public bool HasUnpaidChannels => _index is { Unpaid.Count: > 0 };

    /// <summary>Whether the channel waits for its payment, by what is on record.</summary>
    public bool IsUnpaid(ChannelId channel) => _index?.Unpaid.Contains(channel) is true;

    public void Hold(Scid next, HtlcAcceptedParams htlc, HtlcHook hook)
    {
        // While nobody knows whose it is, it waits for that alone: what is somebody else's is none of what is refused.
        if (!MayBeOurs(next)) pass(htlc, hook);
        else if (_refuses && _isOurs is not null) hook.Fail(OnionFailure.TemporaryChannelFailure);
        else (_isOurs is null ? _unknown : _waiting).Add(new Waiting(next, htlc, hook), new BlockHeight(htlc.Htlc.CltvExpiry), hook);
        if (_isOurs is not null || _asking) return;
        _asking = true;
        background.Start("reading which JIT scids are on record", LearnAsync(), () => _asking = false);
    }

    /// <summary>
    /// From here on it is known whose an HTLC is: first by what is on record, then by what could be read of it. A scid whose record cannot
    /// be read, or whose offer is over, waited for nothing.
    /// </summary>
    public void Know(Predicate<Scid> isOurs)
    {
        _isOurs = isOurs;
        foreach ((Waiting what, _) in _waiting.Take(IsForeign).Concat(_unknown.Take(IsForeign))) pass(what.Htlc, what.Hook);
        if (_refuses) _unknown.GiveBackAll();
        foreach ((Waiting what, IHeldHtlc held) in _unknown.TakeAll()) _waiting.Add(what, new BlockHeight(what.Htlc.Htlc.CltvExpiry), held);

        bool IsForeign(Waiting waiting) => !isOurs(waiting.Scid);
    }

    public void OnHeight(BlockHeight at)
    {
        _waiting.OnHeight(at);
        _unknown.OnHeight(at);
    }

    /// <summary>Nobody will take what is ours for now: what waits goes back, and what comes does too.</summary>
    /// <returns>How many go back.</returns>
    public int Refuse()
    {
        _refuses = true;
        return _waiting.GiveBackAll();
    }

    /// <summary>What comes waits again.</summary>
    public void Admit() => _refuses = false;

    /// <summary>All that waits, in the order in which it came.</summary>
    public IEnumerable<(Scid Scid, HtlcAcceptedParams Htlc, HtlcHook Hook)> TakeAll() =>
        _waiting.TakeAll().Concat(_unknown.TakeAll()).Select(static waiting => (waiting.What.Scid, waiting.What.Htlc, waiting.What.Hook));

    /// <summary>Asked for by the first HTLC that waits, beside the start: whatever that waits for, others' forwards do not.</summary>
    private async Task LearnAsync()
    {
        while (_isOurs is null && _unknown.Count > 0)
        {
            RecordIndex? onRecord = await index(background.Stopping);
            if (_isOurs is null && onRecord is not null)
            {
                _index = onRecord;
                Know(onRecord.Scids.Contains);
            }
            else
            {
                await Task.Delay(AskAgain, time, background.Stopping);
            }
        }

        _asking = false;
    }

    private sealed record Waiting(Scid Scid, HtlcAcceptedParams Htlc, HtlcHook Hook);
}

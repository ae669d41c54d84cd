using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>
/// Holds HTLCs that arrive before the records are read or while the node is behind the chain. An HTLC that cannot be ours is not held; one
/// that may be ours is held as long as the parts of an incomplete payment, and then failed with a temporary error.
/// </summary>
/// <param name="index">Reads the index of the records; null while the node does not answer.</param>
/// <param name="pass">Lets others' HTLCs continue, but not into a channel that waits for its own payment.</param>
/// <param name="height">The chain's height, as far as known.</param>
/// <param name="limits">Returns the operator's limits.</param>
/// <param name="time">The clock by which HTLCs wait.</param>
/// <param name="background">Runs the reading of the index.</param>
internal sealed class StartupHold(
    Func<CancellationToken, ValueTask<RecordIndex?>> index,
    Action<HtlcAcceptedParams, HtlcHook> pass,
    Func<BlockHeight> height,
    Func<SessionLimits> limits,
    TimeProvider time,
    Background background)
{
    /// <summary>
    /// How long an HTLC is held if its owner is unknown. Local reads take milliseconds; holding others' forwards longer than this does
    /// harm.
    /// </summary>
    private static readonly TimeSpan UnknownPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Age limit of a JIT scid in blocks. Its block was not mined when the scid was sold, and an offer lasts at most a month: a scid in an
    /// older block belongs to a real channel.
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

    /// <summary>Returns whether HTLCs for this next hop must be examined.</summary>
    public bool MayBeOurs(Scid next) => _isOurs is { } isOurs ? isOurs(next) : (ulong)next.Block + OldestOffer >= height().Value;

    /// <summary>Returns whether the records show channels that are not paid for.</summary>
    public bool HasUnpaidChannels => _index is { Unpaid.Count: > 0 };

    /// <summary>Returns whether the channel waits for its payment, by the records.</summary>
    public bool IsUnpaid(ChannelId channel) => _index?.Unpaid.Contains(channel) is true;

    public void Hold(Scid next, HtlcAcceptedParams htlc, HtlcHook hook)
    {
        // While the owner is unknown, the HTLC only waits for the index: others' HTLCs must never be refused.
        if (!MayBeOurs(next)) pass(htlc, hook);
        else if (_refuses && _isOurs is not null) hook.Fail(OnionFailure.TemporaryChannelFailure);
        else (_isOurs is null ? _unknown : _waiting).Add(new Waiting(next, htlc, hook), new BlockHeight(htlc.Htlc.CltvExpiry), hook);
        if (_isOurs is not null || _asking) return;
        _asking = true;
        background.Start("reading which JIT scids are on record", LearnAsync(), () => _asking = false);
    }

    /// <summary>
    /// Sets the test for our scids, from then on used for all HTLCs: first from the index, later from the records that were read. HTLCs
    /// held for other scids continue, also for a scid whose record is unreadable or whose offer has ended.
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

    /// <summary>Refuses our HTLCs, held and new, until <see cref="Admit"/>: no session can take them for now.</summary>
    /// <returns>The number of HTLCs refused.</returns>
    public int Refuse()
    {
        _refuses = true;
        return _waiting.GiveBackAll();
    }

    /// <summary>Holds new HTLCs again.</summary>
    public void Admit() => _refuses = false;

    /// <summary>Returns all held HTLCs in order of arrival.</summary>
    public IEnumerable<(Scid Scid, HtlcAcceptedParams Htlc, HtlcHook Hook)> TakeAll() =>
        _waiting.TakeAll().Concat(_unknown.TakeAll()).Select(static waiting => (waiting.What.Scid, waiting.What.Htlc, waiting.What.Hook));

    /// <summary>
    /// Reads the index for the first HTLC that waits, independently of the start: others' forwards must not wait for what the start waits
    /// for.
    /// </summary>
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

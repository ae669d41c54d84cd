using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// Sells JIT channels: passes HTLCs for sold scids to their sessions. What a call of the node means depends on the stage, which changes
/// once, in <see cref="StartAsync"/>.
/// </summary>
internal sealed class ProviderRole
{
    /// <summary>Time in which a peer and the node agree on the removal of an HTLC, even over a slow connection.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>How long a command waits for the records.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    private readonly ProviderContext _context;
    private readonly ChainTip _tip;
    private readonly StartupHold _hold;
    private readonly LifetimeGuard _lifetimes;
    private readonly StartingProvider _starting;

    /// <summary>Cancelled when the records are read; waiters continue on the loop.</summary>
    private readonly CancellationTokenSource _unread;
    private IProviderStage _stage;

    public ProviderRole(ProviderContext context)
    {
        _context = context;
        _unread = CancellationTokenSource.CreateLinkedTokenSource(context.Stopping);
        _tip = new ChainTip(context.Node);
        _hold = new StartupHold(
            stopping => RecordIndex.ReadAsync(context.Node, context.Time, stopping), PassOn, () => _tip.Height, () => context.Options().Limits, context.Time, context.Background);
        _lifetimes = new LifetimeGuard(context.Node, context.Time, context.Log);
        _starting = new StartingProvider(context, _tip, _hold);
        _stage = _starting;
    }

    /// <summary>What exists from the beginning on.</summary>
    public ProviderContext Context => _context;

    /// <summary>Null until the records are read.</summary>
    public RunningProvider? Running { get; private set; }

    /// <summary>False if the role is off and the plugin only fulfils obligations from its records.</summary>
    public bool Sells => _context.Options().Sells;

    public bool HasUnpaidChannels => _stage.HasUnpaidChannels;

    public bool Concerns(Scid nextHop) => _stage.Concerns(nextHop);

    public bool IsUnpaid(ChannelId channel) => _stage.IsUnpaid(channel);

    /// <summary>Reads the records, and sells once the node has caught up.</summary>
    public async Task StartAsync()
    {
        RunningProvider running = await _starting.RunAsync(started: OnStarted);
        _unread.Cancel();
        await running.RunAsync();
    }

    /// <summary>Waits for a limited time until the records are read; false if they are not.</summary>
    public async ValueTask<bool> UntilReadyAsync()
    {
        if (Running is not null) return true;
        try
        {
            await Task.Delay(CommandPatience, _context.Time, _unread.Token);
        }
        catch (OperationCanceledException)
        {
            // They are read, or the node stops.
        }

        return Running is not null;
    }

    public void OnHtlc(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (_stage.TurnsAway(htlc, hook)) return;
        if (htlc.Onion.ShortChannelId is { } next) _stage.Take(next, htlc, hook);
        else hook.Continue();
    }

    public void OnForwardEvent(HookForwardEvent e) => _stage.OnForwardEvent(e);

    public void OnBlock(BlockHeight height)
    {
        _tip.OnBlock(height);
        _stage.OnBlock(_tip.Height);
    }

    public void OnChannelState(HookChannelState change) => _stage.OnChannelState(change);

    public void OnConnect(NodeId peer) => _stage.OnConnect(peer);

    /// <summary>
    /// Prepares for the node's graceful shutdown. From then on the node accepts no connections and disconnects peers without HTLCs, among
    /// them clients whose payments are still incomplete.
    /// </summary>
    /// <remarks>
    /// The command waits while parts are failed back. Otherwise the node would disconnect a payer as soon as its last HTLC is gone, before
    /// the last message about it is sent, and the payer would learn of it only after the next start.
    /// </remarks>
    public async Task OnGracefulAsync(HookCall hook)
    {
        try
        {
            int early = _hold.Refuse();
            int given = _stage.GoDown();
            _context.Log.Unusual($"provider: the node is shutting down (graceful): {given} incomplete payment(s) fail, and none begins until the next start");
            if (early + given > 0) await Task.Delay(Farewell, _context.Time, _context.Stopping);
        }
        finally
        {
            hook.Continue();
        }
    }

    /// <inheritdoc cref="IProviderStage.WriteStatus"/>
    public void WriteStatus(Utf8JsonWriter json, bool withOffers) => _stage.WriteStatus(json, withOffers);

    /// <summary>Handles a `close` command.</summary>
    public Task OnCloseAsync(JsonElement parameters, HookCall hook) => _lifetimes.OnCloseAsync(parameters, hook, _context.Stopping);

    private void OnStarted(RunningProvider running)
    {
        Running = running;
        _stage = running;
    }

    /// <summary>Lets an HTLC go on that was held and is not ours.</summary>
    private void PassOn(HtlcAcceptedParams htlc, HtlcHook hook)
    {
        if (!_stage.TurnsAway(htlc, hook)) hook.Continue();
    }
}

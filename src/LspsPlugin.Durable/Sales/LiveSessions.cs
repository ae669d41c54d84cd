using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The running sessions, found by payment hash or channel.</summary>
public sealed class LiveSessions
{
    private readonly Dictionary<PaymentHash, List<SessionActor>> _byHash = [];
    private readonly Dictionary<ChannelId, SessionActor> _byChannel = [];

    /// <summary>Whether any session is running.</summary>
    public bool Any => _byHash.Count > 0;

    internal IEnumerable<SessionActor> All => _byHash.Values.SelectMany(static sessions => sessions);

    /// <summary>Whether any running session planned or opened a channel.</summary>
    public bool HasChannels => _byChannel.Count > 0;

    /// <summary>Whether a running session planned or opened <paramref name="channel"/>.</summary>
    public bool Owns(ChannelId channel) => _byChannel.ContainsKey(channel);

    /// <summary>Whether the channel waits for the payment that it was opened for: no other payment may use it before.</summary>
    public bool IsUnpaid(ChannelId channel) => Find(channel) is { State: not (Broadcasting or Confirming { Unpaid: false } or Ended) };

    /// <summary>Returns plans whose inputs must stay reserved: their funding is withheld, or a reorg may still remove it.</summary>
    public IReadOnlyList<FundingPlan> PlansToKeep() => Plans(static state =>
        state is AwaitingChannelReady { Sent: { Buried: false } } or Forwarded or Underpaid or Broadcasting or Confirming { Buried: false });

    /// <summary>Returns plans that hold their inputs: no other session may unreserve them.</summary>
    public IReadOnlyList<FundingPlan> PlansThatHold() => Plans(static state => state is not (AwaitingChannel { Funding: Reserving or Recovering } or Unwinding or Ended));

    /// <summary>Returns plans of which it is unknown whether they hold their inputs.</summary>
    public IReadOnlyList<FundingPlan> PlansUndecided() => Plans(static state => state is AwaitingChannel { Funding: Reserving or Recovering });

    internal SessionActor? Find(ChannelId channel) => _byChannel.GetValueOrDefault(channel);

    internal IReadOnlyList<SessionActor> Of(PaymentHash hash) => _byHash.GetValueOrDefault(hash) ?? [];

    internal void Add(SessionActor session)
    {
        if (!_byHash.TryGetValue(session.Terms.PaymentHash, out List<SessionActor>? sameHash)) _byHash.Add(session.Terms.PaymentHash, sameHash = []);
        sameHash.Add(session);
    }

    /// <summary>Sends inputs about the session's channels to it from now on.</summary>
    internal void LearnChannels(SessionActor session)
    {
        foreach (ChannelId channel in session.Channels) _byChannel[channel] = session;
    }

    internal void Remove(SessionActor session)
    {
        List<SessionActor> sameHash = _byHash[session.Terms.PaymentHash];
        sameHash.Remove(session);
        if (sameHash.Count == 0) _byHash.Remove(session.Terms.PaymentHash);
        foreach (ChannelId channel in session.Channels)
        {
            if (Find(channel) == session) _byChannel.Remove(channel);
        }
    }

    private IReadOnlyList<FundingPlan> Plans(Func<SessionState, bool> which) =>
        [.. All.Where(session => which(session.State)).Select(session => SavedState.Of(session.State)?.Plan).OfType<FundingPlan>()];
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>The sessions that are run, found by what mail is addressed to: a payment hash or a channel.</summary>
public sealed class LiveSessions
{
    private readonly Dictionary<PaymentHash, List<SessionActor>> _byHash = [];
    private readonly Dictionary<ChannelId, SessionActor> _byChannel = [];

    internal LiveSessions()
    {
    }

    public bool Any => _byHash.Count > 0;

    internal IEnumerable<SessionActor> All => _byHash.Values.SelectMany(static sessions => sessions);

    /// <summary>Whether any session under way planned or opened a channel.</summary>
    public bool HasChannels => _byChannel.Count > 0;

    /// <summary>Whether a session under way planned or opened <paramref name="channel"/>.</summary>
    public bool Owns(ChannelId channel) => _byChannel.ContainsKey(channel);

    /// <summary>Whether the channel waits for the payment that it was opened for: nobody else's may use it before.</summary>
    public bool IsUnpaid(ChannelId channel) => Find(channel) is { State: not (Broadcasting or Confirming { Unpaid: false } or Ended) };

    /// <summary>Plans whose inputs must stay reserved: their funding is withheld, or may still be taken out of the chain again.</summary>
    public IReadOnlyList<FundingPlan> PlansToKeep() => Plans(static state =>
        state is AwaitingChannelReady { Sent: { Buried: false } } or AwaitingSettlement or Underpaid or Broadcasting or Confirming { Buried: false });

    /// <summary>Plans that hold their inputs: nobody else's release may touch them.</summary>
    public IReadOnlyList<FundingPlan> PlansThatHold() => Plans(static state => state is not (Reserving or Unwinding or Ended));

    /// <summary>Plans of which it is not known yet whether they hold their inputs.</summary>
    public IReadOnlyList<FundingPlan> PlansUndecided() => Plans(static state => state is Reserving);

    internal SessionActor? Find(ChannelId channel) => _byChannel.GetValueOrDefault(channel);

    internal IReadOnlyList<SessionActor> Of(PaymentHash hash) => _byHash.GetValueOrDefault(hash) ?? [];

    internal void Add(SessionActor session)
    {
        if (!_byHash.TryGetValue(session.Terms.PaymentHash, out List<SessionActor>? sameHash)) _byHash.Add(session.Terms.PaymentHash, sameHash = []);
        sameHash.Add(session);
    }

    /// <summary>Mail about the channels that the session planned or opened is for it from now on.</summary>
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

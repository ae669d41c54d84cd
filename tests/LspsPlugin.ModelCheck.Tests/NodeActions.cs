using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>One way in which an action can come out.</summary>
/// <param name="Fair">Whether the world owes it in the end: a refusal or a lost answer may come, but not for ever.</param>
/// <param name="Broken">The rule that the action itself broke.</param>
internal readonly record struct Outcome(Node After, SessionInput Answer, bool Fair = false, string? Broken = null);

/// <summary>Every action on the node with every way in which it can come out: the one place to know a new action.</summary>
internal static class NodeActions
{
    private static readonly SessionInput Lost = Refused(OpeningFailure.Unknown);

    /// <param name="shares">The fee share that a number stands for.</param>
    public static IEnumerable<Outcome> Of(NodeAction action, Node n, Phase phase, Configuration c, Behaviour b, Func<int, ulong> shares) => action switch
    {
        StartOpening => Start(n, phase),
        PlanFunding => Plan(n),
        ReserveInputs a => Reserve(n, Fundings.Index(a.Plan), c.Rivals),
        CompleteFunding a => Complete(n, Fundings.Index(a.Plan)),
        FindFunding a => Find(n, Fundings.Index(a.Plan)),
        PrepareChannel a => Prepare(n, Fundings.Index(a.Channel)),
        CheckForwards a => Check(n, Fundings.Index(a.Channel), a.Parts, c, shares),
        SignFunding a => Sign(n, Fundings.Index(a.Plan)),
        BroadcastFunding a => Broadcast(c, n, Fundings.Index(a.Plan), shares),
        RestoreFees => [new(n, new FeesRestored(), Fair: true), new(n, new RestoreFailed(""))],
        BearLoss a => [new(n.WithBorne(Fundings.Index(a.Plan)), new LossBorne(), Fair: true), new(n, new LossRefused())],
        Release a => a.Plan is { } plan ? ReleasePlan(n, Fundings.Index(plan), b.LooksBeforeRelease, c, shares) : ReleaseOpening(n),
        _ => throw new InvalidOperationException($"the model does not know what {action.GetType().Name} does to the node: add it here"),
    };

    private static IEnumerable<Outcome> Start(Node n, Phase phase)
    {
        // Another session had the client's turn for so long that this one gave up.
        if (phase is not (Phase.Negotiating or Phase.AwaitingClient)) yield return new(n, Refused(OpeningFailure.ClientOffline), Fair: true);

        // An opening that is there already is cancelled and replaced.
        Node opened = n.WithOpening(Opening.Open).WithOrphan(false);
        yield return new(opened, new OpeningStarted(Sample.Opening), Fair: true);
        yield return new(opened, Lost);
        yield return new(n, Lost);
        yield return new(n, Refused(OpeningFailure.ClientOffline));
        yield return new(n, Refused(OpeningFailure.ClientRejected));
        yield return new(n, Refused(OpeningFailure.ClientDisconnected));
        yield return new(n, Refused(OpeningFailure.NodeRefused));
    }

    private static IEnumerable<Outcome> Plan(Node n)
    {
        bool funds = n.Planned < Node.Plans;
        if (funds) yield return new(n.WithPlanned(n.Planned + 1), new FundingPlanned(Fundings.All[n.Planned]), Fair: true);
        yield return new(n, Refused(OpeningFailure.NoFunds), Fair: !funds);
        yield return new(n, Lost);
    }

    private static IEnumerable<Outcome> Reserve(Node n, int plan, bool rivals)
    {
        if (!n.Reserved(plan)) yield return new(n.WithReserved(plan, true), new InputsReserved(), Fair: true);
        if (!n.Reserved(plan)) yield return new(n.WithReserved(plan, true), Lost);
        if (rivals || n.Reserved(plan)) yield return new(n, Refused(OpeningFailure.InputsTaken), Fair: n.Reserved(plan));
        yield return new(n, Lost);
    }

    private static IEnumerable<Outcome> Complete(Node n, int plan)
    {
        if (n.Opening != Opening.Open)
        {
            yield return new(n, Refused(OpeningFailure.NodeRefused), Fair: true);
            yield return new(n, Refused(OpeningFailure.ClientDisconnected), Fair: true);
            yield break;
        }

        string? broken = Rules.OnComplete(n, plan);
        Node done = n.WithOpening(Opening.None).WithChannel(plan, Channel.Pending).WithCompleted(plan);
        yield return new(done, new ChannelSecured(), Fair: true, broken);
        yield return new(done, Lost, Broken: broken);
        yield return new(n.WithCompleting(plan).WithCompleted(plan), Lost, Broken: broken);
        yield return new(n, Lost);
        yield return new(n, Refused(OpeningFailure.NodeRefused));
        yield return new(n.WithOpening(Opening.None), Refused(OpeningFailure.ClientRejected));
        yield return new(n.WithOpening(Opening.None), Refused(OpeningFailure.ClientDisconnected));
    }

    private static IEnumerable<Outcome> Find(Node n, int plan)
    {
        yield return new(n, n.Channel(plan) == Channel.Absent ? new FundingAbsent() : new ChannelSecured(), Fair: true);
        yield return new(n, Lost);
    }

    private static IEnumerable<Outcome> Prepare(Node n, int plan)
    {
        switch (n.Channel(plan))
        {
            case Channel.Absent:
                yield return new(n, new FundingAbsent(), Fair: true);
                break;
            case Channel.Dead:
                yield return new(n, new ChannelClosed(), Fair: true);
                break;
            case Channel.Pending:
                yield return new(n, new ChannelPending(), Fair: true);
                break;
            case Channel.Normal:
                yield return new(n, new ChannelReady(Sample.Facts), Fair: true);
                yield return new(n, new ChannelReady(Sample.Facts with { ToSelfDelay = new(5000) }));
                yield return new(n, new ChannelPending()); // not reconnected yet
                break;
        }

        yield return new(n, Lost);
    }

    private static IEnumerable<Outcome> Check(Node n, int plan, ValueList<HtlcKey> handed, Configuration c, Func<int, ulong> shares)
    {
        bool exists = n.Channel(plan) != Channel.Absent;
        HtlcKey[] unlisted = [.. handed.Where(htlc => !IsListed(n, plan, (int)htlc.Id))];
        bool IsGone(HtlcKey htlc) => n.Fate((int)htlc.Id) == Fate.Gone;
        var seen = new ForwardsSeen(Listed(n, plan), exists, exists ? Owned(n, plan, c, shares) : Msat.Zero);
        yield return new(n, seen with { Gone = [.. unlisted.Where(IsGone)], Waiting = [.. unlisted.Where(htlc => !IsGone(htlc))] }, Fair: true);
        yield return new(n, Lost);
    }

    /// <summary>What settled parts have brought the client in the channel.</summary>
    private static Msat Owned(Node n, int plan, Configuration c, Func<int, ulong> shares) => new(Enumerable.Range(0, c.Parts.Length)
        .Where(part => n.Plan(part) == plan && n.Fate(part) == Fate.Settled)
        .Aggregate(0UL, (sum, part) => sum + c.Parts[part].Amount.Value - shares(n.Share(part))));

    private static bool IsListed(Node n, int plan, int part) => n.Plan(part) == plan && n.Share(part) > 0 && n.Fate(part) is Fate.Out or Fate.Settled or Fate.Gone;

    /// <summary>listforwards: what was sent on over this channel, or failed when it should have been.</summary>
    private static ValueList<ForwardSeen> Listed(Node n, int plan) =>
        new([.. Enumerable.Range(0, Node.MostParts).Where(part => n.Plan(part) == plan && n.Share(part) > 0).SelectMany(part => n.Fate(part) switch
        {
            Fate.Out => new[] { new ForwardSeen(Sample.Part((ulong)part).Htlc, ForwardStatus.Offered) },
            Fate.Settled => [new ForwardSeen(Sample.Part((ulong)part).Htlc, ForwardStatus.Settled)],
            Fate.Gone => [new ForwardSeen(Sample.Part((ulong)part).Htlc, ForwardStatus.Failed)],
            _ => [],
        })]);

    private static IEnumerable<Outcome> Sign(Node n, int plan)
    {
        yield return n.Channel(plan) == Channel.Absent ? new(n, new FundingAbsent(), Fair: true) : new(n, new FundingSigned("signed"), Fair: true);
        yield return new(n, new BroadcastFailed(""));
    }

    private static IEnumerable<Outcome> Broadcast(Configuration c, Node n, int plan, Func<int, ulong> shares)
    {
        yield return new(n, new BroadcastFailed(""));
        if (n.Channel(plan) == Channel.Absent)
        {
            yield return new(n, new FundingAbsent(NeverSent: n.Chain(plan) == OnChain.Nothing), Fair: true);
            yield break;
        }

        if (n.Chain(plan) == OnChain.Confirmed)
        {
            yield return new(n, new FundingConfirmed(new BlockCount(6)), Fair: true);
            yield return new(n, new FundingConfirmed(new BlockCount(1)));
            yield break;
        }

        string? broken = Rules.OnBroadcast(c, n, plan, shares);
        Node sent = n.WithPublic(plan).WithChain(plan, OnChain.Sent);
        if (!n.Public(plan)) yield return new(n.WithPublic(plan), new BroadcastFailed(""), Broken: broken);
        yield return new(sent, new FundingBroadcast(), Fair: true, broken);
        yield return new(sent, new BroadcastFailed(""), Broken: broken);
    }

    /// <summary>
    /// Closes the channel unless its funding is public, the client was paid or HTLCs are on it; cancels an opening; frees the inputs. Each
    /// can fail with or without effect.
    /// </summary>
    private static IEnumerable<Outcome> ReleasePlan(Node n, int plan, bool looks, Configuration c, Func<int, ulong> shares)
    {
        var failed = new ReleaseFailed("");
        bool exists = n.Channel(plan) != Channel.Absent;
        yield return new(n, failed, Fair: looks && exists && n.Carries(plan));
        if (exists && n.Public(plan))
        {
            yield return new(n, new Released(), Fair: true);
            yield break;
        }

        if (looks && exists && n.Settled(plan))
        {
            yield return new(n, new ForwardsSeen([], ChannelExists: true, Owned(n, plan, c, shares)), Fair: true);
            yield break;
        }

        if (looks && exists && n.Carries(plan)) yield break;
        string? broken = exists ? Rules.OnClose(n, plan) : null;
        Node closed = exists ? n.WithChannel(plan, Channel.Absent) : n.WithOpening(Opening.None).WithOrphan(false);
        Node freed = closed.WithReserved(plan, false);
        yield return new(freed, new Released(), Fair: true, broken);
        yield return new(freed, failed, Broken: broken);
        if (freed != closed) yield return new(closed, failed, Broken: broken);
    }

    private static IEnumerable<Outcome> ReleaseOpening(Node n)
    {
        Node cancelled = n.WithOpening(Opening.None).WithOrphan(false);
        yield return new(cancelled, new Released(), Fair: true);
        yield return new(cancelled, new ReleaseFailed(""));
        if (cancelled != n) yield return new(n, new ReleaseFailed(""));
    }

    private static OpeningFailed Refused(OpeningFailure failure) => new(failure, "");
}

/// <summary>The fundings that can be told apart.</summary>
internal static class Fundings
{
    public static readonly IReadOnlyList<FundingPlan> All = [Sample.Plan, Sample.Plan with { Channel = ChannelId.Parse(new string('9', 64)) }];

    public static int Index(FundingPlan plan) => Index(plan.Channel);

    public static int Index(ChannelId channel) => channel == All[0].Channel ? 0 : channel == All[1].Channel ? 1
        : throw new InvalidOperationException($"{channel} was never planned");
}

using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>A registry with a node, a record and hooks that do what a test says, and that write down what was done in which order.</summary>
internal sealed class Bench : IActionExecutor, ISessionJournal, IEventSink, IAdmissionSource
{
    public static readonly ChannelId Channel = ChannelId.Parse(new string('c', 64));
    public static readonly Msat Size = new(100_000_000);

    /// <summary>What opening and closing a channel costs.</summary>
    public static readonly Sat Cost = new(4000);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SimLoop _loop;
    private bool _isStarted;

    private Bench(SimLoop loop, RegistryLimits bounds)
    {
        _loop = loop;
        Registry = new SessionRegistry(
            new LiveSessions(), this, this, this, this, loop.Clock,
            static () => new SessionLimits(10, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(120), TimeSpan.FromHours(1), new BlockCount(6), new BlockCount(144), new Sat(50_000), new Sat(16_777_215), new BlockCount(1008)),
            () => bounds with { Losses = Trust }, new Background(Done.Add, _stopping.Token));
    }

    public SessionRegistry Registry { get; }

    public LossLimits Trust { get; set; } = new(new Sat(10_000), new Sat(25_000), TimeSpan.FromDays(30));

    /// <summary>Offers of now on open their channels before they are paid.</summary>
    public bool Trusting { get; set; }

    public TimeProvider Time => _loop.Clock;

    /// <summary>Sets the wall clock.</summary>
    public void Jump(TimeSpan by) => _loop.Clock.Jump(by);

    /// <summary>What the node says of the channels that parts come in over.</summary>
    public Dictionary<Scid, IncomingChannel> Channels { get; } = [];

    /// <summary>Calls and saves, in order.</summary>
    public List<string> Done { get; } = [];

    /// <summary>Both were done, and <paramref name="earlier"/> the first time before <paramref name="later"/>.</summary>
    public void AssertBefore(string earlier, string later)
    {
        int first = Done.IndexOf(earlier), second = Done.IndexOf(later);
        Assert.True(first >= 0 && second >= 0 && first < second, $"'{earlier}' ({first}) should come before '{later}' ({second}):\n{string.Join('\n', Done)}");
    }

    /// <summary>What the journal holds at the start.</summary>
    public JournalContents Contents { get; set; } = new([], [], [], []);

    /// <summary>What the journal says of attempts that ended without success.</summary>
    public IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)> LetGo { get; set; } = [];

    public Func<SavedState, JournalResult> Saving { get; set; } = static _ => JournalResult.Saved;

    /// <summary>What becomes of the record of a new offer.</summary>
    public JournalResult AddingOffer { get; set; } = JournalResult.Saved;

    /// <summary>What becomes of the deletion of an offer's record.</summary>
    public JournalResult EndingOffer { get; set; } = JournalResult.Saved;

    /// <summary>Why old records cannot be deleted; null when they can.</summary>
    public string? PruneProblem { get; set; }

    /// <summary>Whom the operator serves.</summary>
    public Func<NodeId, bool> Serving { get; set; } = static _ => true;

    public Action<SessionEvent> Published { get; set; } = static _ => { };

    /// <summary>Called with each event before its step is saved.</summary>
    public Action<SessionEvent, DateTimeOffset> Announced { get; set; } = static (_, _) => { };

    /// <summary>Seconds that a save takes longer than usual.</summary>
    public Func<SavedState, double> SlowSave { get; set; } = static _ => 0;

    /// <summary>Seconds that an action takes longer than usual.</summary>
    public Func<NodeAction, double> Slow { get; set; } = static _ => 0;

    /// <summary>Replaces the outcome of an action.</summary>
    public Func<NodeAction, SessionInput?> Outcome { get; set; } = static _ => null;

    public static void Play(Func<Bench, Task> story, RegistryLimits? bounds = null)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                var bench = new Bench(loop, bounds ?? RegistryLimits.Default);
                await story(bench);
                bench._stopping.Cancel();
                return 0;
            },
            TimeSpan.FromHours(4));
    }

    public Offer NewOffer(uint number = 1, char client = '1') => new(
        Scid.Of(900_000, number, 1),
        NodeId.Parse("02" + new string(client, 64)),
        new OpeningFeeParams(new Msat(1_000_000), new Ppm(1000), Time.GetUtcNow().AddHours(1), new BlockCount(1), new BlockCount(2016), Msat.One, new Msat(1_000_000_000), "x"),
        Size,
        new Sat(150_000),
        ClientTrustsLsp: !Trusting,
        Time.GetUtcNow());

    /// <summary>Reads the records, once.</summary>
    public async Task StartAsync()
    {
        _isStarted = true;
        Registry.Load(await LoadAsync(_stopping.Token), new BlockHeight(100), Done.Add);
    }

    public bool Serves(NodeId client) => Serving(client);

    /// <summary>The incoming channels that the node was asked for, in order.</summary>
    public List<Scid> Asked { get; } = [];

    /// <summary>Seconds until the node has answered.</summary>
    public double AskingTakes { get; set; }

    public async ValueTask<IncomingChannel?> FindAsync(Scid name, CancellationToken stopping)
    {
        Asked.Add(name);
        if (AskingTakes > 0) await PauseAsync(AskingTakes);
        return Channels.GetValueOrDefault(name);
    }

    public async Task<Offer> SoldAsync(uint number = 1, char client = '1')
    {
        if (!_isStarted) await StartAsync();
        Offer offer = NewOffer(number, client);
        await Registry.AddOfferAsync(offer);
        return offer;
    }

    public Hook Hold(Scid scid, ulong id, ulong amount = 100_000_000, char hash = 'a', Scid? incoming = null, uint expiry = 1000, bool rewritable = true)
    {
        var hook = new Hook { IsRewritable = rewritable };
        var part = new Part(new HtlcKey(incoming ?? Scid.Of(1, 1, 1), id), new Msat(amount), new Msat(amount), new BlockHeight(expiry), new BlockHeight(expiry - 200));
        Registry.Hold(scid, PaymentHash.Parse(new string(hash, 64)), part, hook);
        return hook;
    }

    public Task PauseAsync(double seconds = 0.1) => Task.Delay(TimeSpan.FromSeconds(seconds), Time);

    public void Publish(in SessionEventEnvelope envelope) => Published(envelope.Event);

    public void Announce(Scid jitScid, PaymentHash hash, DateTimeOffset at, ImmutableArray<SessionEvent> events)
    {
        foreach (SessionEvent happening in events) Announced(happening, at);
    }

    public async ValueTask<JournalContents> LoadAsync(CancellationToken stopping)
    {
        await PauseAsync();
        return Contents;
    }

    public ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping) => Recorded("offer", AddingOffer);

    public async ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping)
    {
        await PauseAsync(SlowSave(state));
        return await Recorded($"save {state.Phase}", Saving(state));
    }

    public ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping) => Recorded(reason == FailureReason.Cancelled ? "end cancelled" : "end", EndingOffer);

    public ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping) => new(LetGo);

    public ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping)
    {
        Done.Add("forget");
        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping)
    {
        Done.Add("forgive");
        return ValueTask.CompletedTask;
    }

    public ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping)
    {
        Done.Add($"prune {limits.Count}");
        return new(PruneProblem);
    }

    public ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping) =>
        Act(action, new OpeningStarted(new Opening("address", "script", new Sat(150_000), Cost)), terms);

    public ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping)
    {
        byte[] id = Channel.ToArray();
        id[0] = (byte)terms.Offer.JitScid.Tx;
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), terms.Offer.JitScid.Tx == 1 ? Channel : ChannelId.FromBytes(id), new Sat(150_000), new BlockCount(80), new BlockHeight(100), action.Opening.CostOfClosing);
        return Act(action, new FundingPlanned(plan), terms);
    }

    public ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping) => Act(action, new InputsReserved(), terms);

    public ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping) => Act(action, new ChannelSecured(), terms);

    public ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping) => Act(action, new ChannelSecured(), terms);

    public ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping) =>
        Act(action, new ChannelReady(new ChannelFacts(new Msat(140_000_000), Msat.One, Msat.Max, new BlockCount(144))), terms);

    public ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping) => Act(action, new ForwardsSeen([]), terms);

    public ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping) => Act(action, new FundingSigned("signed"), terms);

    public ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping) => Act(action, new FundingBroadcast(), terms);

    public ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping) => Act(action, new FeesRestored(), terms);

    public ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => Act(action, new Released(), terms);

    private async ValueTask<SessionInput> Act(NodeAction action, SessionInput usual, SessionTerms terms)
    {
        string name = $"{action.GetType().Name} {terms.Offer.JitScid.Tx}";
        Done.Add(name);
        await PauseAsync(0.01 + Slow(action));
        Done.Add($"{name} done");
        return Outcome(action) ?? usual;
    }

    private async ValueTask<JournalResult> Recorded(string what, JournalResult result)
    {
        await PauseAsync(0.001);
        Done.Add(result == JournalResult.Saved ? what : $"{what}: {result}");
        return result;
    }
}

/// <summary>A hook that remembers its answers.</summary>
internal sealed class Hook : IHeldHtlc
{
    public List<HtlcResolution> Answers { get; } = [];

    public HtlcResolution? Answer => Answers.Count == 1 ? Answers[0] : null;

    public bool IsRewritable { get; init; } = true;

    public string? Failure => (Answer as FailHtlc)?.Failure.Message;

    void IHeldHtlc.Answer(HtlcResolution resolution) => Answers.Add(resolution);
}

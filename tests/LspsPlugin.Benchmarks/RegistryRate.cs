using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Benchmarks;

/// <summary>Inputs per second through registry, actors and machine, with many payments collecting at a time.</summary>
internal sealed class RegistryRate : IEventSink, IAdmissionSource
{
    private const int Payments = 10_000;
    private const int PartsEach = 10;
    private const ulong PartMsat = 1_000_000;

    private readonly TaskCompletionSource _all = new();
    private int _added;

    public async Task RunAsync()
    {
        using var stopping = new CancellationTokenSource();
        TimeProvider time = TimeProvider.System;
        var limits = new SessionLimits(30, TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1), new BlockCount(6), new BlockCount(144), new Sat(50_000), new Sat(16_777_215), new BlockCount(1008));
        var held = new HeldLimits(Payments * PartsEach, Msat.Max, Payments * PartsEach, Msat.Max, Payments, Payments, ChannelPercent: 100);
        var bounds = new RegistryLimits(Payments, MaxPaymentsPerOffer: 4, held, ReputationLimits.Default, LossLimits.Default);
        var registry = new SessionRegistry(new LiveSessions(), new NoNode(), new NoRecord(), this, this, time, () => limits, () => bounds, new Background(static bug => throw new InvalidOperationException(bug), stopping.Token));
        registry.Load(new JournalContents([], [], [], []), new BlockHeight(100), static _ => { });
        var terms = new OpeningFeeParams(new Msat(1000), new Ppm(1), time.GetUtcNow().AddHours(2), new BlockCount(1), new BlockCount(1), Msat.One, Msat.Max, "x");
        NodeId client = NodeId.Parse("02" + new string('1', 64));
        for (uint i = 0; i < Payments; i++)
        {
            await registry.AddOfferAsync(new Offer(Scid.Of(900_000, i, 1), client, terms, new Msat(PartMsat * 1000), new Sat(1), ClientTrustsLsp: true, time.GetUtcNow()));
        }

        var hook = new Unanswered();
        long start = time.GetTimestamp();
        for (int part = 0; part < PartsEach; part++)
        {
            for (uint i = 0; i < Payments; i++)
            {
                PaymentHash hash = PaymentHash.Parse($"{i:x64}");
                registry.Hold(Scid.Of(900_000, i, 1), hash, new Part(new HtlcKey(Scid.Of(1, i, 1), (ulong)part), new Msat(PartMsat), new Msat(PartMsat), new BlockHeight(1000), new BlockHeight(800)), hook);
            }
        }

        await _all.Task;
        Report.Figure($"inputs through registry, actors and machine ({Payments:N0} payments collecting)", Payments * PartsEach / time.GetElapsedTime(start).TotalSeconds, "per s");
        stopping.Cancel();
    }

    public void Publish(in SessionEventEnvelope envelope)
    {
        if (envelope.Event is PartAdded && ++_added == Payments * PartsEach) _all.SetResult();
    }

    public bool Serves(NodeId client) => true;

    public ValueTask<IncomingChannel?> FindAsync(Scid name, CancellationToken stopping) => default;

    private sealed class Unanswered : IHeldHtlc
    {
        public bool IsRewritable => true;

        public void Answer(HtlcResolution resolution)
        {
        }
    }

    private sealed class NoRecord : ISessionJournal
    {
        public ValueTask<JournalContents> LoadAsync(CancellationToken stopping) => new(new JournalContents([], [], [], []));

        public ValueTask<JournalResult> AddOfferAsync(Offer offer, CancellationToken stopping) => new(JournalResult.Saved);

        public ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping) => new(JournalResult.Saved);

        public ValueTask<JournalResult> EndOfferAsync(Offer offer, FailureReason? reason, CancellationToken stopping) => new(JournalResult.Saved);

        public ValueTask<IReadOnlyList<(SessionOnRecord Ended, DateTimeOffset At)>> ReleasedAsync(CancellationToken stopping) => new([]);

        public ValueTask ForgetLossAsync(Scid jitScid, CancellationToken stopping) => ValueTask.CompletedTask;

        public ValueTask ForgetReleasedAsync(ChannelId channel, CancellationToken stopping) => ValueTask.CompletedTask;

        public ValueTask<string?> PruneAsync(HistoryLimits limits, CancellationToken stopping) => new((string?)null);
    }

    /// <summary>Payments that only collect ask nothing of a node.</summary>
    private sealed class NoNode : IActionExecutor
    {
        public ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping) => Never();

        public ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => Never();

        private static ValueTask<SessionInput> Never() => throw new InvalidOperationException("a payment that only collects asked something of the node");
    }
}

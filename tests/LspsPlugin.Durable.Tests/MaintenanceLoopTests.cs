using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>What is looked after although no event tells of it.</summary>
public class MaintenanceLoopTests
{
    [Fact]
    [Covers("B17")]
    public void The_reservation_of_a_withheld_funding_is_kept_while_its_session_lives() => Play(async (bench, node, caretaker) =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        await caretaker.SweepAsync();
        Assert.Empty(node.Kept); // by a height that nobody knows nothing is renewed
        node.Height = new BlockHeight(100);
        await caretaker.SweepAsync();
        Assert.Equal([Bench.Channel], node.Kept);
        Assert.Equal(2, node.Looks);
    });

    [Fact]
    [Covers("B12")]
    public void What_an_ended_attempt_released_is_released_again_and_forgotten_after_a_while() => Play(async (bench, node, caretaker) =>
    {
        Offer offer = await bench.SoldAsync();
        bench.LetGo = [(Ended(offer), bench.Time.GetUtcNow())];
        await caretaker.SweepAsync();
        Assert.Equal([Bench.Channel], node.Released);
        Assert.DoesNotContain("forget", bench.Done);
        await bench.PauseAsync(2.1 * 3600);
        await caretaker.SweepAsync();
        Assert.Contains("forget", bench.Done);
    });

    [Fact]
    [Covers("B10", "S07")]
    public void A_withheld_channel_of_nobody_is_told_once_and_left_alone() => Play(async (bench, node, caretaker) =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        ChannelId stranger = ChannelId.Parse(new string('5', 64)), released = ChannelId.Parse(new string('6', 64));
        bench.LetGo = [(Ended(offer, released), bench.Time.GetUtcNow())];
        node.Withheld = [Bench.Channel, stranger, released];
        await caretaker.SweepAsync();
        await caretaker.SweepAsync();
        Assert.Contains(stranger.ToString(), Assert.Single(node.Reports), StringComparison.Ordinal);
        Assert.Equal([released, released], node.Released);
    });

    /// <summary>The node forgets with a restart what it honours beside the fees in force; the promise holds until the offer ends.</summary>
    [Fact]
    public void The_zero_fee_of_a_channel_that_was_paid_before_the_start_is_seen_to_once() => Play(async (bench, node, caretaker) =>
    {
        bench.Contents = new JournalContents([new OfferOnRecord(bench.NewOffer(), Bench.Channel)], [], [], []);
        await bench.StartAsync();
        await caretaker.SweepAsync();
        await caretaker.SweepAsync();
        Assert.Equal([Bench.Channel], node.Honoured);
    });

    [Fact]
    [Covers("S16")]
    public void A_height_that_no_notification_told_is_learned_in_time() => Play(async (bench, node, caretaker) =>
    {
        // A replayed part waits for its channel, which does not come back.
        Offer offer = bench.NewOffer();
        var forwards = new ValueList<Forward>([new Forward(new HtlcKey(Scid.Of(1, 1, 1), 1), new Msat(99_000_000), new Msat(1_000_000))]);
        SavedState waiting = Ended(offer).State with { Phase = Phase.AwaitingSettlement, Forwards = forwards, Reason = null, Outcome = null };
        bench.Contents = new JournalContents([new OfferOnRecord(offer, null)], [new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), waiting)], [], []);
        bench.Outcome = action => action is PrepareChannel ? new ChannelPending() : null;
        await bench.StartAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        node.Height = new BlockHeight(100);
        _ = caretaker.RunAsync();
        await bench.PauseAsync(200);
        Assert.Null(hook.Answer);
        node.Height = new BlockHeight(996);
        bench.Registry.OnBlock(new BlockHeight(90)); // after a restart the node counts its last blocks again
        Assert.Equal(new BlockHeight(100), bench.Registry.Height);
        await bench.PauseAsync(301);
        Assert.Equal(new BlockHeight(996), bench.Registry.Height);
        Assert.Equal("10070000", hook.Failure);
    });

    private static SessionOnRecord Ended(Offer offer, ChannelId? channel = null)
    {
        var plan = new FundingPlan("psbt", new Outpoint(TxId.Parse(new string('b', 64)), 0), channel ?? Bench.Channel, new Sat(150_000), new BlockCount(80), new BlockHeight(100));
        var state = new SavedState(Phase.Ended, Msat.Zero, plan, [], null, FailureReason.PaymentRejected, Outcome.Abandoned, ChannelExisted: true);
        return new SessionOnRecord(offer, PaymentHash.Parse(new string('a', 64)), state);
    }

    private static void Play(Func<Bench, Node, MaintenanceLoop, Task> story) => Bench.Play(async bench =>
    {
        var node = new Node();
        using var stopping = new CancellationTokenSource();
        await story(bench, node, new MaintenanceLoop(bench.Registry, bench, node, bench.Time, static () => new HistoryLimits(TimeSpan.FromDays(30), 100), node.Reports.Add, stopping.Token));
        stopping.Cancel();
    });

    /// <summary>A node that answers what a test says and writes down what it was asked.</summary>
    private sealed class Node : INodeMaintenance
    {
        public BlockHeight? Height { get; set; }

        /// <summary>How often it was asked for the height.</summary>
        public int Looks { get; private set; }

        public IReadOnlyList<ChannelId> Withheld { get; set; } = [];

        public List<ChannelId> Kept { get; } = [];

        public List<ChannelId> Released { get; } = [];

        public List<string> Reports { get; } = [];

        public ValueTask<BlockHeight?> HeightAsync(CancellationToken stopping)
        {
            Looks++;
            return new(Height);
        }

        public ValueTask<string?> KeepReservedAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
        {
            Kept.Add(plan.Channel);
            return new((string?)null);
        }

        public ValueTask<string?> ReleaseAgainAsync(SessionOnRecord ended, CancellationToken stopping)
        {
            Released.Add(ended.State.Plan!.Channel);
            return new((string?)null);
        }

        public List<ChannelId> Honoured { get; } = [];

        public ValueTask<string?> HonourZeroFeeAsync(Offer offer, ChannelId channel, CancellationToken stopping)
        {
            Honoured.Add(channel);
            return new((string?)null);
        }

        public ValueTask<IReadOnlyList<ChannelId>?> WithheldChannelsAsync(CancellationToken stopping) => new(Withheld);

        public ValueTask<string?> ForgetKeptPromisesAsync(BlockHeight height, CancellationToken stopping) => new((string?)null);
    }
}

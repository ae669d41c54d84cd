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

    [Fact]
    public void The_height_is_looked_at_every_five_minutes_while_a_payment_lives_and_otherwise_every_thirty() => Play(async (bench, node, caretaker) =>
    {
        Offer offer = await bench.SoldAsync();
        node.Height = new BlockHeight(100);
        _ = caretaker.RunAsync();
        await bench.PauseAsync(29 * 60);
        Assert.Equal(1, node.Looks);
        await bench.PauseAsync(2 * 60);
        Assert.Equal(2, node.Looks);
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.Registry.OnForward(PaymentHash.Parse(new string('a', 64)), new HtlcKey(Scid.Of(1, 1, 1), 1), ForwardStatus.Offered, preimage: null);
        await bench.PauseAsync(10 * 60);
        Assert.True(bench.Registry.Sessions.Any);
        Assert.Equal(4, node.Looks);
    });

    [Theory]
    [InlineData("keep")]
    [InlineData("release")]
    [InlineData("honour")]
    [InlineData("promises")]
    [InlineData("prune")]
    public void What_cannot_be_done_is_told_once_and_tried_again(string what) => Play(async (bench, node, caretaker) =>
    {
        Offer paid = bench.NewOffer(2);
        ChannelId channel = ChannelId.Parse(new string('5', 64)), released = ChannelId.Parse(new string('6', 64));
        bench.Contents = new JournalContents([new OfferOnRecord(paid, channel)], [], [], []);
        Offer offer = await bench.SoldAsync();
        bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        bench.LetGo = [(Ended(offer, released), bench.Time.GetUtcNow() - TimeSpan.FromHours(3))];
        node.Height = new BlockHeight(100);
        node.Problem = done => done == what ? "the node says no" : null;
        bench.PruneProblem = node.Problem("prune");
        await caretaker.SweepAsync();
        await caretaker.SweepAsync();
        Assert.Contains("the node says no", Assert.Single(node.Reports), StringComparison.Ordinal);
        Assert.Equal([Bench.Channel, Bench.Channel], node.Kept);
        Assert.Equal([released, released], node.Released);
        Assert.Equal(what == "release" ? 0 : 2, bench.Done.Count(static done => done == "forget"));
        Assert.Equal(what == "honour" ? [channel, channel] : [channel], node.Honoured);
        Assert.Equal([new BlockHeight(100), new BlockHeight(100)], node.Promises);
        Assert.Equal(2, bench.Done.Count(static done => done == "prune 100"));
    });

    [Fact]
    public void A_round_that_fails_is_told_and_the_next_ones_go_on() => Play(async (bench, node, caretaker) =>
    {
        await bench.StartAsync();
        node.Problem = static done => done == "height" ? throw new InvalidOperationException("a bug") : null;
        _ = caretaker.RunAsync();
        await bench.PauseAsync(31 * 60);
        Assert.Equal(2, node.Looks);
        Assert.StartsWith("maintenance failed: System.InvalidOperationException: a bug", Assert.Single(node.Reports), StringComparison.Ordinal);
        node.Problem = static _ => null;
        await bench.PauseAsync(30 * 60);
        Assert.Contains("prune 100", bench.Done);
    });

    [Fact]
    public void An_offer_that_ran_out_is_forgotten_although_no_block_comes() => Play(async (bench, node, caretaker) =>
    {
        Offer offer = await bench.SoldAsync();
        node.Height = new BlockHeight(100);
        _ = caretaker.RunAsync();
        await bench.PauseAsync(3500);
        Assert.True(bench.Registry.Concerns(offer.JitScid));
        await bench.PauseAsync(500);
        Assert.False(bench.Registry.Concerns(offer.JitScid));
    });

    [Fact]
    public void A_node_that_does_not_list_its_channels_stops_nothing() => Play(async (bench, node, caretaker) =>
    {
        await bench.StartAsync();
        node.Withheld = null;
        await caretaker.SweepAsync();
        Assert.Empty(node.Reports);
        Assert.Contains("prune 100", bench.Done);
    });

    [Fact]
    public void A_thousand_problems_are_told_and_no_more() => Play(async (bench, node, caretaker) =>
    {
        await bench.StartAsync();
        node.Height = new BlockHeight(100);
        int problems = 0;
        node.Problem = done => done == "promises" ? $"problem {++problems}" : null;
        for (int i = 0; i < 1001; i++) await caretaker.SweepAsync();
        Assert.Equal((1001, 1000), (problems, node.Reports.Count));
        Assert.Equal("problem 1000", node.Reports[^1]);
    });

    [Fact]
    public void Without_a_height_no_promise_is_taken_for_kept() => Play(async (bench, node, caretaker) =>
    {
        await bench.StartAsync();
        await caretaker.SweepAsync();
        Assert.Empty(node.Promises);
        Assert.Contains("prune 100", bench.Done);
    });

    [Fact]
    public void What_was_released_is_remembered_for_two_hours() => Play(async (bench, node, caretaker) =>
    {
        await bench.StartAsync();
        bench.LetGo = [(Ended(bench.NewOffer()), bench.Time.GetUtcNow())];
        await bench.PauseAsync(2 * 3600);
        await caretaker.SweepAsync();
        Assert.DoesNotContain("forget", bench.Done);
        await bench.PauseAsync(0.001);
        await caretaker.SweepAsync();
        Assert.Contains("forget", bench.Done);
        Assert.Equal(2, node.Released.Count);
    });

    /// <summary>What failed since this start was counted when it failed.</summary>
    [Fact]
    public void What_a_client_wasted_before_the_start_is_counted_once() => Play(async (bench, _, caretaker) =>
    {
        Offer before = bench.NewOffer(1), since = bench.NewOffer(2, client: '2');
        bench.LetGo = [(Ended(before), bench.Time.GetUtcNow() - TimeSpan.FromMinutes(1))];
        await bench.StartAsync();
        bench.LetGo = [.. bench.LetGo, (Ended(since), bench.Time.GetUtcNow())];
        await caretaker.SweepAsync();
        await caretaker.SweepAsync();
        ClientReputation reputation = bench.Registry.Admission.Reputation;
        Assert.Equal((true, false), (reputation.Wastes(before.Client), reputation.Wastes(since.Client)));
        await bench.PauseAsync(8 * 60);
        Assert.True(reputation.Wastes(before.Client));
        await bench.PauseAsync(61); // ten minutes after it failed, not after it was read
        Assert.False(reputation.Wastes(before.Client));
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

        /// <summary>Why something cannot be done; null when it can.</summary>
        public Func<string, string?> Problem { get; set; } = static _ => null;

        public IReadOnlyList<ChannelId>? Withheld { get; set; } = [];

        public List<ChannelId> Kept { get; } = [];

        public List<ChannelId> Released { get; } = [];

        public List<string> Reports { get; } = [];

        public ValueTask<BlockHeight?> HeightAsync(CancellationToken stopping)
        {
            Looks++;
            Problem("height");
            return new(Height);
        }

        public ValueTask<string?> KeepReservedAsync(FundingPlan plan, BlockHeight height, CancellationToken stopping)
        {
            Kept.Add(plan.Channel);
            return new(Problem("keep"));
        }

        public ValueTask<string?> ReleaseAgainAsync(SessionOnRecord ended, CancellationToken stopping)
        {
            Released.Add(ended.State.Plan!.Channel);
            return new(Problem("release"));
        }

        public List<ChannelId> Honoured { get; } = [];

        public ValueTask<string?> HonourZeroFeeAsync(Offer offer, ChannelId channel, CancellationToken stopping)
        {
            Honoured.Add(channel);
            return new(Problem("honour"));
        }

        public ValueTask<IReadOnlyList<ChannelId>?> WithheldChannelsAsync(CancellationToken stopping) => new(Withheld);

        /// <summary>The heights by which promises were taken for kept.</summary>
        public List<BlockHeight> Promises { get; } = [];

        public ValueTask<string?> ForgetKeptPromisesAsync(BlockHeight height, CancellationToken stopping)
        {
            Promises.Add(height);
            return new(Problem("promises"));
        }
    }
}

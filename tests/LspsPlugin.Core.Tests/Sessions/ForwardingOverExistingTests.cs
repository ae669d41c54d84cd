using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;
using Outcome = LspsPlugin.Core.Sessions.Outcome;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>A payment over a channel that the client has already.</summary>
public class ForwardingOverExistingTests
{
    private static readonly AwaitingChannel Asking = new(Sample.Parts(2), Sample.Fee, new Negotiating());

    [Fact]
    [Covers("B25")]
    public void The_parts_go_over_the_channel_that_is_there_and_pay_its_fee()
    {
        Transition t = Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts));
        var over = Assert.IsType<ForwardingOverExisting>(t.Next);
        Assert.Equal(new ForwardParts(Sample.Existing.Channel, over.Forwards), Assert.Single(t.Actions.OfType<ForwardParts>()));

        // 50,000,000 msat less 1000 and 10 ppm of what is left.
        Assert.All(over.Forwards, forward => Assert.Equal((49_998_500UL, 1_500UL), (forward.Amount.Value, forward.OpeningFee.Value)));
        Assert.Equal(over, SavedState.Of(over)!.Restore());
    }

    [Fact]
    public void What_goes_out_always_leaves_the_node_its_fee_and_not_a_millisatoshi_more_than_needed() => Prop.ForAll(
        Gen.Choose(1, 2_000_000_000).Select(amount => (ulong)amount).ToArbitrary(),
        Gen.Choose(0, 50_000).Zip(Gen.Choose(0, 20_000)).ToArbitrary(),
        (amount, fees) =>
        {
            var channel = new ExistingChannel(Sample.Existing.Channel, null, new Msat((ulong)fees.Item1), new Ppm((uint)fees.Item2));
            if (channel.Carry(Sample.Part(1, amount)) is not { } forward) return amount <= (ulong)fees.Item1 + 1;
            ulong NodesFee(ulong sent) => (ulong)fees.Item1 + (sent * (ulong)fees.Item2 / 1_000_000);
            return forward.Amount.Value + forward.OpeningFee.Value == amount
                && forward.Amount.Value + NodesFee(forward.Amount.Value) <= amount
                && forward.Amount.Value + 2 + NodesFee(forward.Amount.Value + 2) > amount;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(99_000_000, 0)] // all of it does not fit
    [InlineData(140_000_000, 600_000)] // dearer than the opening fee that was promised
    public void A_channel_that_cannot_carry_the_payment_at_the_price_is_left_alone(ulong spendable, ulong feeBase)
    {
        var found = new ChannelFound(Sample.Existing with { FeeBase = new Msat(feeBase) }, Sample.Facts with { Spendable = new Msat(spendable) });
        Transition t = Apply(Asking, found);
        Assert.Equal(Asking, t.Next);
        Assert.True(Assert.IsType<StartOpening>(Assert.Single(t.Actions)).Anew);
    }

    /// <summary>All that ever went over the channel is listed; what came in over a channel that got its real scid meanwhile is listed anew.</summary>
    [Fact]
    [Covers("A03", "C06")]
    public void A_row_with_the_id_of_a_part_is_the_parts_only_after_the_parts_own()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        ForwardSeen[] own = [.. over.Forwards.Select(forward => new ForwardSeen(forward.Htlc, ForwardStatus.Offered))];
        ForwardSeen[] others = [.. over.Forwards.Select(forward => new ForwardSeen(new HtlcKey(Scid.Of(777, 7, 7), forward.Htlc.Id), ForwardStatus.Settled))];
        Assert.Equal(over, Apply(over, new ForwardsSeen([.. others])).Next);
        Assert.Equal(over with { Forwards = over.Forwards.FromRecord().Mark(new ForwardsSeen([.. own])) }, Apply(over, new ForwardsSeen([.. others, .. own])).Next);
        Assert.Equal(Outcome.Succeeded, Assert.IsType<Ended>(Apply(over, new ForwardsSeen([.. own, .. others])).Next).Outcome);
    }

    [Fact]
    [Covers("C02")]
    public void A_part_that_the_node_offers_again_goes_the_same_way()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        Part again = Sample.Parts(2)[1];
        Transition t = Apply(SavedState.Of(over)!.Restore(), new PartArrived(again, Sample.Height));
        Assert.Contains(ExistingLook, t.Actions);
        Assert.DoesNotContain(t.Actions, action => action is ForwardParts);

        // Not before the client is back.
        Transition away = Apply(t.Next, new ForwardsSeen([]));
        Assert.Equal(SessionTimer.Retry, Assert.IsType<StartTimer>(Assert.Single(away.Actions)).Timer);
        foreach (SessionInput stirs in new SessionInput[] { new TimerFired(SessionTimer.Retry), new ClientConnected() }) Assert.Contains(ExistingLook, Apply(away.Next, stirs).Actions);
        Transition back = Apply(away.Next, new ForwardsSeen([], Usable: true));
        Assert.Equal(new ForwardParts(Sample.Existing.Channel, [over.Forwards[1]]), Assert.Single(back.Actions.OfType<ForwardParts>()));
        Assert.Empty(((ForwardingOverExisting)back.Next).Replayed);
    }

    [Theory]
    [InlineData(InputKind.TimerFired)] // it had its time
    [InlineData(InputKind.BlockAdded)] // it would expire here
    [InlineData(InputKind.ForwardsSeen)] // its channel is gone
    [Covers("C02", "A10")]
    public void A_part_that_the_node_offers_again_is_given_back_where_its_client_stays_away(InputKind end)
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        Part again = Sample.Parts(2)[1];
        SessionState waiting = Apply(over, new PartArrived(again, Sample.Height)).Next;
        var list = new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Offered)]);
        Transition t = end switch
        {
            InputKind.TimerFired => Apply(Apply(waiting, new TimerFired(SessionTimer.Listing)).Next, list),
            InputKind.BlockAdded => Apply(waiting, new BlockAdded(new BlockHeight(again.CltvExpiry.Value - 1))),
            _ => Apply(waiting, list with { ChannelExists = false }),
        };
        FailParts failed = Assert.Single(t.Actions.OfType<FailParts>());
        Assert.Equal([again], failed.Parts);
        Assert.Equal([false, true], ((ForwardingOverExisting)t.Next).Forwards.Select(static forward => forward.Status == ForwardStatus.Failed));
    }

    [Fact]
    public void It_is_over_with_its_last_part_and_the_offer_stays()
    {
        SessionState over = Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        SessionState one = Apply(over, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next;
        Assert.Equal(Phase.ForwardingOverExisting, one.Phase);
        Transition paid = Apply(one, new PartSettled(Sample.Part(1).Htlc, Sample.Preimage));
        Assert.Equal((Outcome.Succeeded, null), paid.Next is Ended e ? (e.Outcome, e.Reason) : default);
        Assert.Contains(paid.Events, happened => happened is PaymentPassed { Forwarded.Value: 99_997_000 });

        SessionState failed = Apply(Apply(over, new PartFailed(Sample.Part(0).Htlc)).Next, new PartFailed(Sample.Part(1).Htlc)).Next;
        Assert.Equal((Outcome.Failed, FailureReason.PaymentRejected), failed is Ended f ? (f.Outcome, f.Reason) : default);
        Assert.False(FailureReason.PaymentRejected.EndsOffer());
    }

    [Fact]
    public void A_part_that_a_restart_does_not_find_again_is_given_up()
    {
        SessionState over = Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        SessionState overdue = Apply(over, new TimerFired(SessionTimer.Listing)).Next;
        Transition t = Apply(overdue, new ForwardsSeen([new ForwardSeen(Sample.Part(0).Htlc, ForwardStatus.Settled)]));
        Assert.Equal(Outcome.Succeeded, Assert.IsType<Ended>(t.Next).Outcome);
    }

    /// <summary>What waits for the client is not lost, and is looked at again each second until its time is over.</summary>
    [Fact]
    public void What_waits_for_the_client_is_looked_at_again_and_not_given_up()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        ForwardingOverExisting waiting = over with { Replayed = [Sample.Parts(2)[1]], Forwards = over.Forwards.FromRecord() };
        StartTimer soon = new(SessionTimer.Retry, TimeSpan.FromSeconds(1));
        Assert.Equal([soon], Apply(waiting, new OpeningFailed(OpeningFailure.Unknown, "no answer")).Actions.AsEnumerable());
        Transition away = Apply(waiting, new ForwardsSeen([]));
        Assert.Equal(waiting, away.Next);
        Assert.Equal([soon], away.Actions.AsEnumerable());

        // The part that waits here is not listed; the other one is gone.
        Transition gone = Apply(waiting, new ForwardsSeen([]) { Gone = over.Forwards.Keys() });
        Assert.Equal([ForwardStatus.Failed, ForwardStatus.Handed], Assert.IsType<ForwardingOverExisting>(gone.Next).Forwards.Select(static forward => forward.Status));
        Assert.Equal([soon], gone.Actions.AsEnumerable());

        ForwardingOverExisting sent = waiting with { Replayed = [] };
        foreach (SessionInput news in (SessionInput[])[new OpeningFailed(OpeningFailure.Unknown, "no answer"), new ClientConnected(), new TimerFired(SessionTimer.Retry)])
        {
            Transition ignored = Apply(sent, news);
            Assert.Equal(sent, ignored.Next);
            Assert.Empty(ignored.Actions);
        }
    }

    [Fact]
    public void What_waits_is_given_back_at_once_where_the_channel_is_dead_or_its_time_is_over()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        ForwardingOverExisting waiting = over with { Replayed = [Sample.Parts(2)[1]], Forwards = over.Forwards.FromRecord() };
        foreach ((ForwardingOverExisting state, ForwardsSeen seen) in new[] { (waiting, new ForwardsSeen([], Dead: true)), (waiting with { Overdue = true }, new ForwardsSeen([])) })
        {
            Transition t = Apply(state, seen with { Waiting = [Sample.Part(0).Htlc] });
            Assert.Equal([new FailParts(waiting.Replayed, FailureReason.ChannelNotReady)], t.Actions.AsEnumerable());
            Assert.Equal(waiting with { Forwards = [waiting.Forwards[0], waiting.Forwards[1] with { Status = ForwardStatus.Failed }], Replayed = [] }, t.Next);
        }
    }

    /// <summary>Another plugin holds it, or its incoming channel cannot be read.</summary>
    [Fact]
    public void A_part_that_is_neither_listed_nor_gone_when_its_time_is_over_is_asked_about_again()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        ForwardingOverExisting handed = over with { Forwards = over.Forwards.FromRecord() };
        Transition late = Apply(handed, new TimerFired(SessionTimer.Listing));
        Assert.Equal(handed with { Overdue = true }, late.Next);
        Assert.Equal([ExistingLook], late.Actions.AsEnumerable());
        Transition held = Apply(late.Next, new ForwardsSeen([]) { Waiting = over.Forwards.Keys() });
        Assert.Equal(handed, held.Next);
        Assert.Equal([new StartTimer(SessionTimer.Listing, TimeSpan.FromSeconds(45))], held.Actions.AsEnumerable());
        Assert.Empty(Apply(handed, new ForwardsSeen([])).Actions);

        ForwardingOverExisting listed = handed with { Forwards = over.Forwards.FromRecord().MarkOffered(Sample.Part(0).Htlc).MarkOffered(Sample.Part(1).Htlc) };
        Assert.Empty(Apply(listed, new TimerFired(SessionTimer.Listing)).Actions);
    }

    [Fact]
    public void A_block_looks_at_all_parts_and_gives_back_what_waits_too_long()
    {
        var over = (ForwardingOverExisting)Apply(Asking, new ChannelFound(Sample.Existing, Sample.Facts)).Next;
        Part again = Sample.Parts(2)[1];
        ForwardingOverExisting waiting = over with { Replayed = [again] };
        Assert.Equal([ExistingLook], Apply(waiting, new BlockAdded(Sample.Height)).Actions.AsEnumerable());
        Transition t = Apply(waiting, new BlockAdded(new BlockHeight(again.CltvExpiry.Value - 1)));
        Assert.Equal([new FailParts([again], FailureReason.CltvTooClose), ExistingLook], t.Actions.AsEnumerable());
    }

    private static CheckForwards ExistingLook => new(Sample.Existing.Channel, Sample.Existing.Alias, Plan: null, [.. Sample.Parts(2).Select(static part => part.Htlc)]);

    private static Transition Apply(SessionState state, SessionInput input) => SessionMachine.Apply(Sample.Fixed, state, input);
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>Every combination of what another program's record and the node can say, and the state that it leads to.</summary>
public class AdoptionTests
{
    private static readonly ForwardStatus[][] Lists =
    [
        [],
        [ForwardStatus.Offered],
        [ForwardStatus.Failed],
        [ForwardStatus.Settled],
        [ForwardStatus.Failed, ForwardStatus.Offered],
        [ForwardStatus.Failed, ForwardStatus.Failed],
        [ForwardStatus.Settled, ForwardStatus.Offered],
        [ForwardStatus.Settled, ForwardStatus.Failed],
    ];

    private static readonly bool[] Both = [false, true];

    [Theory]
    [InlineData("on record as sent", "gone", "any", Phase.Ended, Outcome.Succeeded, null)]
    [InlineData("claimed", "gone", "any", Phase.Ended, Outcome.Abandoned, FailureReason.ChannelForfeited)]
    [InlineData("open", "gone", "settled", Phase.Ended, Outcome.Abandoned, FailureReason.ChannelForfeited)]
    [InlineData("open", "gone", "none", Phase.Ended, Outcome.Abandoned, FailureReason.ChannelClosed)]
    [InlineData("open", "gone", "offered", Phase.Ended, Outcome.Abandoned, FailureReason.ChannelClosed)]
    [InlineData("on record as sent", "withheld", "any", Phase.Broadcasting, null, null)]
    [InlineData("claimed", "withheld", "any", Phase.Broadcasting, null, null)]
    [InlineData("open", "funded", "any", Phase.Broadcasting, null, null)]
    [InlineData("open", "paid", "none", Phase.Broadcasting, null, null)]
    [InlineData("open", "paid", "settled", Phase.Broadcasting, null, null)]
    [InlineData("open", "paid", "offered", Phase.AwaitingSettlement, null, null)]
    [InlineData("open", "paid", "failed", Phase.Underpaid, null, null)]
    [InlineData("open", "withheld", "settled", Phase.Broadcasting, null, null)]
    [InlineData("open", "withheld", "none", Phase.Reserving, null, null)]
    [InlineData("open", "busy", "none", Phase.Unwinding, null, FailureReason.PaymentRejected)]
    [InlineData("open", "withheld", "offered", Phase.AwaitingSettlement, null, null)]
    [InlineData("open", "busy", "offered", Phase.AwaitingSettlement, null, null)]
    [InlineData("open", "withheld", "failed", Phase.Unwinding, null, FailureReason.PaymentRejected)]
    [Covers("S05")]
    public void What_the_record_and_the_node_say_decides(string record, string channel, string list, Phase phase, Outcome? outcome, FailureReason? reason)
    {
        int met = 0;
        foreach (ForwardStatus[] statuses in Lists.Where(statuses => list == "any" || Kind(statuses) == list))
        {
            SavedState state = Adoption.Of(Sample.Fixed.Offer, Opening(record), Channel(channel), Sample.Forwards(statuses));
            Assert.Equal((phase, outcome, reason), (state.Phase, state.Outcome, state.Reason));
            met++;
        }

        Assert.NotEqual(0, met);
    }

    /// <summary>Nothing that the client was paid through is released, and nothing is sent for a channel that is gone.</summary>
    [Fact]
    [Covers("S05")]
    public void No_combination_costs_anybody_anything()
    {
        ForeignChannel?[] channels = [null, .. from w in Both from p in Both from h in Both select new ForeignChannel(w, p, h, null)];
        foreach ((bool sent, bool preimage, ForeignChannel? channel, ForwardStatus[] statuses) in
            from sent in Both from preimage in Both from channel in channels from statuses in Lists select (sent, preimage, channel, statuses))
        {
            var opening = new ForeignOpening(Sample.Plan, sent, preimage ? Sample.Preimage : null);
            SavedState state = Adoption.Of(Sample.Fixed.Offer, opening, channel, Sample.Forwards(statuses));
            bool settled = statuses.Contains(ForwardStatus.Settled), claimed = preimage || settled || channel?.Paid == true;
            bool earned = preimage || statuses.Length == 0 || statuses[0] == ForwardStatus.Settled; // the first part bears the fee
            bool owed = channel is not null && (sent || !channel.Withheld || (claimed && earned));
            Assert.Equal(owed, state.Phase == Phase.Broadcasting);
            Assert.Equal(channel is not null && !owed && claimed && !statuses.Contains(ForwardStatus.Offered), state.Phase == Phase.Underpaid);
            Assert.Equal(channel is null, state.Phase == Phase.Ended);
            bool live = channel is not null && !owed && statuses.Contains(ForwardStatus.Offered);
            Assert.Equal(live, state.Phase == Phase.AwaitingSettlement);
            Assert.Equal(Sample.Plan, state.Plan);
            Assert.Equal(state, SavedState.Of(state.Restore())); // what is on record is what goes on
        }
    }

    [Fact]
    [Covers("S05")]
    public void A_part_that_was_not_forwarded_yet_owes_what_the_others_did_not_pay()
    {
        Part first = Sample.Part(0, 500_000), second = Sample.Part(1, 99_500_000);
        Forward listed = Adoption.Listed(first.Htlc, first.Received, new Msat(1), ForwardStatus.Offered);
        SavedState state = Adoption.Of(Sample.Fixed.Offer, Opening("open"), Channel("withheld"), [listed]);
        Assert.Equal(new Msat(1_000_000 - 499_999), FeeAllocation.Owed(state.Forwards, state.Fee));
        Assert.Equal(Sample.Fee, state.Fee);

        Assert.Equal(new Msat(499_999), Adoption.Of(Sample.Variable.Offer, Opening("open"), Channel("withheld"), [listed]).Fee);
        Assert.Equal(Msat.Zero, Adoption.Listed(second.Htlc, second.Received, second.Received, ForwardStatus.Offered).OpeningFee);
    }

    [Fact]
    [Covers("S05")]
    public void A_variable_payment_over_the_channel_that_is_there_pays_for_what_it_is()
    {
        SavedState state = Adoption.Of(Sample.Variable.Offer, Opening("open"), Channel("withheld"), []);
        SessionState ready = new AwaitingChannelReady([], state.Fee, Sample.Plan, Facts: Sample.Facts);
        var sent = Assert.IsType<AwaitingSettlement>(SessionMachine.Apply(Sample.Variable, ready, Sample.Arrives(0, 100_000_000)).Next);
        Assert.Equal((Sample.Fee, Sample.Fee), (sent.Fee, Assert.Single(sent.Forwards).OpeningFee));
        Assert.IsType<Unwinding>(SessionMachine.Apply(Sample.Variable, ready, Sample.Arrives(0, 1_000_000)).Next); // less than the offer's least payment
    }

    private static string Kind(ForwardStatus[] statuses) => statuses switch
    {
        [] => "none",
        _ when statuses.Contains(ForwardStatus.Settled) => "settled",
        _ when statuses.Contains(ForwardStatus.Offered) => "offered",
        _ => "failed",
    };

    private static ForeignOpening Opening(string record) => new(Sample.Plan, record == "on record as sent", record == "claimed" ? Sample.Preimage : null);

    private static ForeignChannel? Channel(string channel) =>
        channel == "gone" ? null : new(Withheld: channel != "funded", Paid: channel == "paid", CarriesHtlcs: channel == "busy", Sample.Facts.Alias);

    [Fact]
    public void A_forward_that_lists_more_than_came_in_bore_no_fee()
    {
        HtlcKey htlc = Sample.Part(0).Htlc;
        Assert.Equal(new Msat(5), Adoption.Listed(htlc, new Msat(15), new Msat(10), ForwardStatus.Settled).OpeningFee);
        Assert.Equal(Msat.Zero, Adoption.Listed(htlc, new Msat(10), new Msat(10), ForwardStatus.Settled).OpeningFee);
        Assert.Equal(Msat.Zero, Adoption.Listed(htlc, new Msat(10), new Msat(15), ForwardStatus.Settled).OpeningFee);
    }
}

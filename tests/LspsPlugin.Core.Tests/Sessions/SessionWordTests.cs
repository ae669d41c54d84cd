using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>
/// Every word that is on disk or that other programs read, as released. A renamed member of an enumeration is renamed on the left side here; the right
/// side never changes.
/// </summary>
public class SessionWordTests
{
    private static readonly Dictionary<Phase, string> Phases = new()
    {
        [Phase.Collecting] = "Collecting",
        [Phase.Negotiating] = "Negotiating",
        [Phase.AwaitingClient] = "Negotiating",
        [Phase.Planning] = "Planning",
        [Phase.Reserving] = "Reserving",
        [Phase.Recovering] = "Reserving",
        [Phase.Completing] = "Funding",
        [Phase.LocatingChannel] = "Funding",
        [Phase.AwaitingChannelReady] = "AwaitingChannelReady",
        [Phase.AwaitingSettlement] = "AwaitingSettlement",
        [Phase.Reconnecting] = "AwaitingSettlement",
        [Phase.Underpaid] = "Underpaid",
        [Phase.ForwardingOverExisting] = "Passing",
        [Phase.Broadcasting] = "Broadcasting",
        [Phase.Confirming] = "Confirming",
        [Phase.Unwinding] = "Unwinding",
        [Phase.AwaitingOutcome] = "Unwinding",
        [Phase.Ended] = "Ended",
    };

    private static readonly Dictionary<Outcome, string> Outcomes = new()
    {
        [Outcome.Succeeded] = "Succeeded",
        [Outcome.Failed] = "Failed",
        [Outcome.Abandoned] = "Abandoned",
        [Outcome.Timeout] = "Timeout",
    };

    private static readonly Dictionary<Outcome, string> OutcomeCounts = new()
    {
        [Outcome.Succeeded] = "succeeded",
        [Outcome.Failed] = "failed",
        [Outcome.Abandoned] = "abandoned",
        [Outcome.Timeout] = "timeout",
    };

    private static readonly Dictionary<ForwardStatus, string> ForwardStatuses = new()
    {
        [ForwardStatus.Handed] = "Handed",
        [ForwardStatus.Offered] = "Offered",
        [ForwardStatus.Settled] = "Settled",
        [ForwardStatus.Failed] = "Failed",
    };

    private static readonly Dictionary<FailureReason, string> FailureReasons = new()
    {
        [FailureReason.CollectTimeout] = "CollectTimeout",
        [FailureReason.OfferExpired] = "OfferExpired",
        [FailureReason.TooManyParts] = "TooManyParts",
        [FailureReason.Overpaid] = "Overpaid",
        [FailureReason.PaymentSizeOutOfRange] = "PaymentSizeOutOfRange",
        [FailureReason.OneHtlcOnly] = "OneHtlcOnly",
        [FailureReason.FeeOverflow] = "FeeOverflow",
        [FailureReason.FeeNotCovered] = "FeeNotCovered",
        [FailureReason.FeeOutstanding] = "FeeOutstanding",
        [FailureReason.PartUnderpaid] = "PartUnderpaid",
        [FailureReason.CltvDeltaTooSmall] = "CltvDeltaTooSmall",
        [FailureReason.CltvTooClose] = "CltvTooClose",
        [FailureReason.OfferTaken] = "OfferTaken",
        [FailureReason.ClientOffline] = "ClientOffline",
        [FailureReason.ClientDisconnected] = "ClientDisconnected",
        [FailureReason.ClientRejected] = "ClientRejected",
        [FailureReason.ClientBusy] = "ClientBusy",
        [FailureReason.ClientLimits] = "ClientLimits",
        [FailureReason.ClientDelayTooLong] = "ClientDelayTooLong",
        [FailureReason.NoFunds] = "NoFunds",
        [FailureReason.NodeRefused] = "NodeRefused",
        [FailureReason.ChainTooDear] = "ChainTooDear",
        [FailureReason.TrustSpent] = "TrustSpent",
        [FailureReason.NeverPaid] = "NeverPaid",
        [FailureReason.ChannelNotReady] = "ChannelNotReady",
        [FailureReason.ChannelTooSmall] = "ChannelTooSmall",
        [FailureReason.InFlightLimit] = "InFlightLimit",
        [FailureReason.ReserveLimit] = "ReserveLimit",
        [FailureReason.PartsLimit] = "PartsLimit",
        [FailureReason.HtlcMinimum] = "HtlcMinimum",
        [FailureReason.ChannelClosed] = "ChannelClosed",
        [FailureReason.ChannelForfeited] = "ChannelForfeited",
        [FailureReason.PaymentRejected] = "PaymentRejected",
        [FailureReason.NotRecorded] = "NotRecorded",
        [FailureReason.Restarted] = "Restarted",
        [FailureReason.CltvTooFar] = "CltvTooFar",
        [FailureReason.HeldTooLong] = "HeldTooLong",
        [FailureReason.ChannelTooLarge] = "ChannelTooLarge",
        [FailureReason.Displaced] = "Displaced",
        [FailureReason.Cancelled] = "Cancelled",
    };

    private static readonly Dictionary<RejectReason, string> RejectReasons = new()
    {
        [RejectReason.HeldParts] = "HeldParts",
        [RejectReason.HeldValue] = "HeldValue",
        [RejectReason.ClientParts] = "ClientParts",
        [RejectReason.ClientValue] = "ClientValue",
        [RejectReason.ChannelParts] = "ChannelParts",
        [RejectReason.ChannelValue] = "ChannelValue",
        [RejectReason.Payments] = "Payments",
        [RejectReason.ClientPayments] = "ClientPayments",
        [RejectReason.OfferPayments] = "OfferPayments",
        [RejectReason.ClientSlowed] = "ClientSlowed",
        [RejectReason.ClientRefused] = "ClientRefused",
        [RejectReason.ClientDenied] = "ClientDenied",
        [RejectReason.UnpaidChannel] = "UnpaidChannel",
        [RejectReason.OfferPaused] = "OfferPaused",
        [RejectReason.BlindedHop] = "BlindedHop",
    };

    [Fact]
    public void Phases_have_their_words() => AssertWords(Phases, SessionWords.Phases);

    [Fact]
    public void Outcomes_have_their_words()
    {
        AssertWords(Outcomes, SessionWords.Outcomes);
        AssertWords(OutcomeCounts, SessionWords.OutcomeCounts);
    }

    [Fact]
    public void Statuses_of_forwards_have_their_words() => AssertWords(ForwardStatuses, SessionWords.ForwardStatuses);

    [Fact]
    public void Reasons_of_failures_have_their_words() => AssertWords(FailureReasons, SessionWords.FailureReasons);

    [Fact]
    public void Limits_have_their_words() => AssertWords(RejectReasons, SessionWords.RejectReasons);

    [Theory]
    [InlineData("Waiting")]
    [InlineData("collecting")]
    [InlineData("0")]
    [InlineData("")]
    public void An_unknown_word_is_named_with_its_member(string word)
    {
        var refused = Assert.Throws<FormatException>(() => SessionWords.Phases.Read("phase", word));
        Assert.Equal($"phase is '{word}', which this version does not know", refused.Message);
    }

    [Fact]
    public void One_word_for_two_values_is_refused() => Assert.Throws<ArgumentException>(() => new WordTable<Outcome>(static _ => "same"));

    private static void AssertWords<T>(Dictionary<T, string> words, WordTable<T> table)
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>(), words.Keys.Order());
        Assert.Equal(words.OrderBy(static entry => entry.Key).Select(static entry => entry.Value).Distinct(), table.Words);
        foreach ((T value, string word) in words) Assert.Equal(word, table[value]);

        // Only phases share words; the first of them is read.
        if (typeof(T) != typeof(Phase)) Assert.Equal(words.Values, words.Values.Distinct());
        foreach (var same in words.GroupBy(static entry => entry.Value)) Assert.Equal(same.Min(static entry => entry.Key), table.Read("member", same.Key));
    }

    [Fact]
    public void Two_values_have_one_word_only_where_that_is_meant()
    {
        Assert.Throws<ArgumentException>(() => new WordTable<Outcome>(static _ => "same"));
        var shared = new WordTable<Outcome>(static _ => "same", mayShare: true);
        Assert.Equal(["same"], shared.Words);
        Assert.Equal(Enum.GetValues<Outcome>()[0], shared.Read("outcome", "same"));
        Assert.Equal(Enum.GetValues<Outcome>().Length, new WordTable<Outcome>(static value => value.ToString()).Words.Count);
    }

    /// <summary>What a restart must know: whether there is a channel to look for, and which parts went out.</summary>
    [Fact]
    public void A_record_says_whether_its_channel_existed_and_which_parts_are_open()
    {
        foreach (SessionState state in Sample.States.Where(static state => state is Forwarded or Underpaid or ForwardingOverExisting or Broadcasting or Confirming or AwaitingChannelReady { Sent: not null }))
        {
            Assert.True(SavedState.Of(state)!.ChannelExisted, state.Phase.ToString());
        }

        var mixed = new AwaitingSettlement(Sample.Forwards(ForwardStatus.Handed, ForwardStatus.Settled), Sample.Fee, Sample.Plan);
        Assert.Equal(Sample.Forwards(ForwardStatus.Offered, ForwardStatus.Settled), SavedState.Of(mixed)!.Forwards);
        Assert.Equal(mixed.Forwards, Assert.IsType<Reconnecting>(SavedState.Of(mixed)!.Restore()).Forwards);
        Assert.Null(SavedState.Of(new Unwinding(FailureReason.ClientOffline, new Core.Funding.AwaitingOutcome(null), Sample.Fee, [], [], ChannelExisted: false)));
    }

    [Fact]
    public void Lists_are_the_same_when_their_elements_are()
    {
        ValueList<int> one = [1, 2, 3], same = [.. one], other = [1, 2, 4], shorter = [1, 2];
        Assert.True(one == same && !(one != same) && one.GetHashCode() == same.GetHashCode());
        Assert.True(one != other && one != shorter && !(one == other));
        Assert.Single(new HashSet<ValueList<int>> { one, same });
        Assert.Equal(4, new HashSet<int> { one.GetHashCode(), other.GetHashCode(), shorter.GetHashCode(), new ValueList<int>([]).GetHashCode() }.Count);
    }

    /// <summary>What was read may be older than the question that came meanwhile.</summary>
    [Fact]
    public void Only_looks_are_repeated_when_they_are_asked_for_again()
    {
        NodeAction[] looks = [new CheckForwards(Sample.Plan.Channel, null, Sample.Plan, []), new BroadcastFunding(Sample.Plan, Sample.Signed)];
        NodeAction[] others = [new SignFunding(Sample.Plan), new Core.Funding.Release(Sample.Plan), new Core.Funding.FindFunding(Sample.Plan), new RestoreFees(Sample.Plan.Channel), new PrepareChannel(Sample.Plan.Channel)];
        Assert.All(looks, static action => Assert.True(action.IsLook));
        Assert.All(others, static action => Assert.False(action.IsLook));
    }
}

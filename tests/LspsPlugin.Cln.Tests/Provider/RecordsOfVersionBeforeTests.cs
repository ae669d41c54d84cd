using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The provider's records as the version before wrote them: each is read, requires what it required, and is written in the same bytes.</summary>
[Covers("S20")]
public class RecordsOfVersionBeforeTests
{
    public static TheoryData<string> Names => [.. RecordedRecord.Names("provider")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_record_is_read_and_written_in_the_same_bytes(string name)
    {
        RecordedRecord recorded = RecordedRecord.Of(name);
        switch (recorded.Key[2])
        {
            case "losses":
                Assert.Equal(recorded.Text, LossJson.Write(LossJson.Read(Scid.Parse(recorded.Key[^1]), recorded.Text, out _)!));
                break;
            case "lifetimes":
                LifetimeRecordJson? lifetime = RecordText.Read(recorded.Text, RecordsJson.Default.LifetimeRecordJson, static read => read, out _);
                Assert.Equal(recorded.Text, RecordText.Write(lifetime!, RecordsJson.Default.LifetimeRecordJson));
                break;
            case "history":
                Assert.Equal("ended", recorded.Text);
                break;
            case "taken-over":
                Assert.Equal("1", recorded.Text);
                break;
            default:
                SessionRecord? record = RecordJson.Read(recorded.Key[2] == "released" ? null : Scid.Parse(recorded.Key[^1]), recorded.Text, out string? problem);
                Assert.Null(problem);
                Assert.Equal(recorded.Text, RecordJson.Write(record!, RecordJson.FinalizedAt(recorded.Text)));
                break;
        }
    }

    [Fact]
    public void An_offer_waits_for_its_payment()
    {
        foreach (string name in (string[])["offer", "purchase", "offer-variable"])
        {
            SessionRecord record = Read(name);
            Assert.Equal((null, null, null, null), (record.State, record.PaymentHash, record.Alias, record.BuiltIn));
            Assert.Equal(name == "offer-variable", record.Offer.PaymentSize is null);
        }
    }

    [Fact]
    public void A_paid_offer_names_its_channel() => Assert.Equal((null, true), (Read("offer-paid").State, Read("offer-paid").Alias is not null));

    [Fact]
    public void Reserving_looks_for_its_funding() => AssertGoesOn<AwaitingChannel>("reserving", typeof(StartTimer), typeof(FindFunding));

    [Fact]
    public void AwaitingChannelReady_with_a_sent_funding_sends_it_again_and_waits_for_the_payment() =>
        AssertGoesOn<AwaitingChannelReady>("awaiting-channel-ready", typeof(StartDeadline), typeof(BroadcastFunding), typeof(PrepareChannel));

    [Fact]
    public void AwaitingSettlement_looks_at_its_forwards() =>
        AssertGoesOn<Reconnecting>("awaiting-settlement", typeof(StartTimer), typeof(CheckForwards), typeof(PrepareChannel));

    [Fact]
    public void AwaitingSettlement_with_a_sent_funding_sends_it_again() =>
        AssertGoesOn<Reconnecting>("awaiting-settlement-trusted", typeof(StartTimer), typeof(CheckForwards), typeof(PrepareChannel), typeof(BroadcastFunding));

    [Fact]
    public void Underpaid_waits_for_the_rest_of_the_fee() => AssertGoesOn<Underpaid>("underpaid", typeof(StartDeadline), typeof(CheckForwards));

    [Fact]
    public void Passing_looks_at_its_forwards() => AssertGoesOn<ForwardingOverExisting>("passing", typeof(StartTimer), typeof(CheckForwards));

    [Fact]
    public void Broadcasting_is_signed() => AssertGoesOn<Broadcasting>("broadcasting-unsigned", typeof(SignFunding));

    [Fact]
    public void Broadcasting_that_is_signed_is_sent() => AssertGoesOn<Broadcasting>("broadcasting-signed", typeof(BroadcastFunding));

    [Fact]
    public void Confirming_is_sent_again_and_gets_its_fees_back() => AssertGoesOn<Confirming>("confirming", typeof(BroadcastFunding), typeof(RestoreFees));

    [Fact]
    public void Confirming_that_nobody_paid_for_stays_unpaid()
    {
        AssertGoesOn<Confirming>("confirming-unpaid", typeof(BroadcastFunding), typeof(RestoreFees));
        Assert.True(((Confirming)Read("confirming-unpaid").State!.Restore()).Unpaid);
        Assert.False(Read("confirming-unpaid").State!.IsPaidFor);
    }

    [Fact]
    public void Unwinding_releases_its_channel_and_coins() => AssertGoesOn<Unwinding>("unwinding-ChannelNotReady", typeof(Release));

    [Theory]
    [InlineData("ended-succeeded", Outcome.Succeeded)]
    [InlineData("ended-failed", Outcome.Failed)]
    [InlineData("ended-abandoned", Outcome.Abandoned)]
    [InlineData("ended-timeout", Outcome.Timeout)]
    [InlineData("released", Outcome.Failed)]
    public void Ended_has_its_outcome(string name, Outcome outcome)
    {
        Assert.Equal(outcome, Read(name).State!.Outcome);
        if (Read(name).State!.Phase == Phase.Ended) AssertGoesOn<Ended>(name);
    }

    private static void AssertGoesOn<TState>(string name, params Type[] actions)
        where TState : SessionState
    {
        SessionRecord record = Read(name);
        SessionState state = Assert.IsType<TState>(record.State!.Restore());

        // An expired offer has no payment any more, and its record no hash.
        var terms = new SessionTerms(record.Offer, record.PaymentHash ?? Sample.Hash, Sample.Limits);
        Assert.Equal(actions, RestartActions.By(terms, state).Select(static action => action.GetType()));
    }

    private static SessionRecord Read(string name)
    {
        RecordedRecord recorded = RecordedRecord.Of($"provider/{name}");
        SessionRecord? record = RecordJson.Read(recorded.Key[2] == "released" ? null : Scid.Parse(recorded.Key[^1]), recorded.Text, out string? problem);
        Assert.Null(problem);
        return record!;
    }
}

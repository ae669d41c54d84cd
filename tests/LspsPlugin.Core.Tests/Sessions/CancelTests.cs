using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>The operator cancels an offer. Until a part is with the client or the funding is sent, the payment is failed for good; after that nothing changes.</summary>
public class CancelTests
{
    public static TheoryData<string, SessionState> NothingOwed => new()
    {
        { "collecting", new Collecting([Sample.Part(0)]) },
        { "asking the client", Awaiting(new Negotiating()) },
        { "waiting for the client", Awaiting(new AwaitingClient()) },
        { "planning", Awaiting(new Planning(Sample.Opening)) },
        { "reserving", Awaiting(new Reserving(Sample.Plan, Sample.Opening)) },
        { "recovering", Awaiting(new Recovering(Sample.Plan)) },
        { "completing", Awaiting(new Completing(Sample.Plan)) },
        { "locating", Awaiting(new LocatingChannel(Sample.Plan)) },
        { "waiting for the channel", new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan) },
    };

    [Theory]
    [MemberData(nameof(NothingOwed))]
    public void While_nothing_is_owed_the_parts_are_failed_and_the_offer_is_over(string name, SessionState state)
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, state, new Cancelled());
        FailParts failed = Assert.Single(t.Actions.OfType<FailParts>());
        Assert.True(failed.Reason == FailureReason.Cancelled, name);
        Assert.Equal("400a", failed.Reason.ToOnion(failed.Parts[0]).Message);
        Assert.True(failed.Reason.EndsOffer());
        Assert.False(failed.Reason.IsClients());
        Assert.Contains(t.Next.Phase, new[] { Phase.Ended, Phase.AwaitingOutcome, Phase.Unwinding });
    }

    [Fact]
    public void A_planned_channel_is_released()
    {
        Transition t = SessionMachine.Apply(Sample.Fixed, new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan), new Cancelled());
        Assert.Contains(new Release(Sample.Plan), t.Actions);
        Assert.Equal(FailureReason.Cancelled, Assert.IsType<Ended>(SessionMachine.Apply(Sample.Fixed, t.Next, new Released()).Next).Reason);
    }

    [Fact]
    public void What_a_crash_interrupted_does_not_start_over()
    {
        Transition absent = SessionMachine.Apply(Sample.Fixed, Awaiting(new Recovering(Sample.Plan)), new FundingAbsent());
        Assert.Equal(FailureReason.Restarted, Assert.IsType<Unwinding>(absent.Next).Reason);
        Transition t = SessionMachine.Apply(Sample.Fixed, absent.Next, new Cancelled());
        Assert.Equal(2, Assert.Single(t.Actions.OfType<FailParts>()).Parts.Count);
        Assert.Equal(FailureReason.Cancelled, Assert.IsType<Ended>(SessionMachine.Apply(Sample.Fixed, t.Next, new Released()).Next).Reason);
    }

    public static TheoryData<string, SessionState> Owed => new()
    {
        { "with the client", new AwaitingSettlement(Sample.Forwards(ForwardStatus.Offered), Sample.Fee, Sample.Plan) },
        { "over an existing channel", new ForwardingOverExisting(Sample.Forwards(ForwardStatus.Offered), Sample.Fee, Sample.Existing) },
        { "funded first", new AwaitingChannelReady(Sample.Parts(2), Sample.Fee, Sample.Plan) { Sent = Sample.Sent } },
        { "paid", new Broadcasting(Sample.Forwards(ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage) },
    };

    [Theory]
    [MemberData(nameof(Owed))]
    public void Once_something_is_owed_nothing_changes(string name, SessionState state)
    {
        Transition t = SessionMachine.Apply(Sample.Trusted, state, new Cancelled());
        Assert.True(t.Next == state, name);
        Assert.Empty(t.Actions);
    }

    private static AwaitingChannel Awaiting(FundingState funding) => new(Sample.Parts(2), Sample.Fee, funding);
}

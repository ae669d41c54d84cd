using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Sessions;

public class MachineTests
{
    [Fact]
    public void Every_state_has_an_answer_to_every_input()
    {
        foreach (SessionTerms terms in new[] { Sample.Fixed, Sample.Variable })
        {
            foreach (SessionState state in Sample.States)
            {
                foreach (SessionInput input in Sample.Inputs)
                {
                    Transition t = SessionMachine.Apply(terms, state, input);
                    Assert.NotNull(t.Next);
                    Assert.False(t.Actions.IsDefault);
                }
            }
        }
    }

    [Fact]
    public void Every_kind_of_input_and_every_phase_is_sampled()
    {
        Assert.Equal(Enum.GetValues<InputKind>(), Sample.Inputs.Select(input => input.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<Phase>(), Sample.States.Select(state => state.Phase).Distinct().Order());
    }

    [Fact]
    public void A_part_is_always_held_answered_or_known()
    {
        var arrived = Sample.Arrives(42, 1_000_000);
        foreach (SessionState state in Sample.States)
        {
            Transition t = SessionMachine.Apply(Sample.Fixed, state, arrived);
            bool failed = t.Actions.OfType<FailParts>().Any(fail => fail.Parts.Holds(arrived.Part.Htlc));
            bool forwarded = t.Actions.OfType<ForwardParts>().Any(forward => forward.Forwards.Any(f => f.Htlc == arrived.Part.Htlc));
            Assert.True(failed || forwarded || Held(t.Next).Holds(arrived.Part.Htlc), $"a part that meets {state.Phase} is lost");
        }
    }

    [Fact]
    public void Parts_that_are_failed_or_forwarded_are_not_held_any_more()
    {
        foreach (SessionState state in Sample.States)
        {
            foreach (SessionInput input in Sample.Inputs)
            {
                Transition t = SessionMachine.Apply(Sample.Fixed, state, input);
                ValueList<Part> held = Held(t.Next);
                foreach (Part part in t.Actions.OfType<FailParts>().SelectMany(fail => fail.Parts)) Assert.False(held.Holds(part.Htlc));
                foreach (Part part in Held(state))
                {
                    bool answered = t.Actions.OfType<FailParts>().Any(fail => fail.Parts.Holds(part.Htlc))
                        || t.Actions.OfType<ForwardParts>().Any(forward => forward.Forwards.Any(f => f.Htlc == part.Htlc));
                    Assert.True(answered || held.Holds(part.Htlc), $"{state.Phase} on {input.Kind} forgets a held part");
                }
            }
        }
    }

    [Fact]
    [Covers("B12")]
    public void Nothing_ends_while_an_effect_is_in_flight()
    {
        var inFlight = new Unwinding(FailureReason.CltvTooClose, new AwaitingOutcome(Sample.Plan), Sample.Fee, [], [], ChannelExisted: false);
        foreach (SessionInput input in Sample.Inputs.Where(input => input.Kind != InputKind.Released))
        {
            Assert.NotEqual(Phase.Ended, SessionMachine.Apply(Sample.Fixed, inFlight, input).Next.Phase);
        }
    }

    [Fact]
    [Covers("X31")]
    [Trait("Requirement", "R52-71")]
    public void A_funding_is_broadcast_only_once_its_fee_was_earned_or_its_loss_allowed()
    {
        foreach (SessionState state in Sample.StatesOf(Sample.Fixed).Where(state => state.Phase is not (Phase.Broadcasting or Phase.Confirming)))
        {
            foreach (SessionInput input in Sample.InputsOf(Sample.Fixed).Where(input => input is not (PartSettled or ForwardsSeen or LossBorne)))
            {
                Assert.DoesNotContain(SessionMachine.Apply(Sample.Fixed, state, input).Actions, action => action is SignFunding or BroadcastFunding);
            }
        }
    }

    [Fact]
    public void A_channel_that_the_client_destroyed_after_the_preimage_is_not_funded_any_more()
    {
        var state = new Broadcasting(Sample.Forwards(ForwardStatus.Settled), Sample.Fee, Sample.Plan, Sample.Preimage, Sample.Signed);
        Transition t = SessionMachine.Apply(Sample.Fixed, state, new FundingAbsent());
        Assert.Equal(new Release(Sample.Plan), Assert.Single(t.Actions));
        SessionState echo = SessionMachine.Apply(Sample.Fixed, t.Next, new PartSettled(Sample.Part(0).Htlc, Sample.Preimage)).Next;
        Assert.Equal((Outcome.Abandoned, FailureReason.ChannelForfeited), SessionMachine.Apply(Sample.Fixed, echo, new Released()).Next is Ended e ? (e.Outcome, e.Reason) : default);
    }

    [Fact]
    [Covers("C20")]
    public void A_paid_session_never_releases_its_channel()
    {
        foreach (SessionState state in Sample.StatesOf(Sample.Fixed).Where(state => state.Phase is Phase.Broadcasting or Phase.Confirming or Phase.Ended))
        {
            foreach (SessionInput input in Sample.Inputs.Where(input => input is not FundingAbsent))
            {
                Transition t = SessionMachine.Apply(Sample.Fixed, state, input);
                Assert.DoesNotContain(t.Actions, action => action is Release);
                Assert.True(t.Next.Phase is Phase.Broadcasting or Phase.Confirming or Phase.Ended);
            }
        }
    }

    [Fact]
    [Covers("S08")]
    public void Every_saved_state_comes_back_as_itself()
    {
        foreach (SessionState state in Sample.States)
        {
            if (SavedState.Of(state) is { } saved) Assert.Equal(saved, SavedState.Of(saved.Restore()));
        }
    }

    [Fact]
    [Covers("S08")]
    public void Every_restored_state_owes_its_next_step()
    {
        foreach (SessionState state in Sample.States)
        {
            if (SavedState.Of(state) is not { } saved || saved.Phase == Phase.Ended) continue;
            Assert.Contains(RestartActions.By(Sample.Fixed, saved.Restore()), action => action is NodeAction);
        }
    }

    private static ValueList<Part> Held(SessionState state) => state switch
    {
        Collecting s => s.Parts,
        AwaitingChannel s => s.Parts,
        AwaitingChannelReady s => s.Parts,
        Forwarded s => s.Held,
        Unwinding s => s.Held,
        _ => [],
    };
}

using LspsPlugin.Core.Payments;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

public class PaymentGraphTests
{
    [Fact]
    public void The_drawn_edges_are_exactly_the_edges_taken()
    {
        var taken = new HashSet<PaymentEdge>();
        foreach ((PaymentTerms terms, PaymentState state) in Cases)
        {
            foreach (PaymentInput input in Inputs)
            {
                PaymentState next = PaymentMachine.Apply(terms, state, input).Next;
                if (next.Phase != state.Phase) taken.Add(new PaymentEdge(state.Phase, input.Kind, next.Phase));
            }
        }

        Assert.True(taken.SetEquals(PaymentGraph.Edges), string.Join('\n', [
            .. taken.Except(PaymentGraph.Edges).Order(Comparer<PaymentEdge>.Create(static (a, b) => (a.From, a.To, a.On).CompareTo((b.From, b.To, b.On))))
                .Select(static edge => $"        new(PaymentPhase.{edge.From}, PaymentInputKind.{edge.On}, PaymentPhase.{edge.To}),"),
            .. PaymentGraph.Edges.Except(taken).Select(static edge => $"not taken: {edge}")]));
    }

    [Fact]
    public void The_folders_page_shows_the_drawn_machine() => Golden.Equal("src/LspsPlugin.Core/Payments/README.md", PaymentGraph.ToMarkdown());

    [Fact]
    public void Every_kind_of_input_every_phase_and_every_status_is_sampled()
    {
        Assert.Equal(Enum.GetValues<PaymentInputKind>(), Inputs.Select(static input => input.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<PaymentPhase>(), States.Select(static state => state.Phase).Distinct().Order());
        Assert.Equal(Enum.GetValues<AttemptStatus>(), States.SelectMany(static state => state.Attempts).Select(static attempt => attempt.Status).Distinct().Order());
    }

    [Fact]
    public void Every_state_has_an_answer_to_every_input()
    {
        foreach ((PaymentTerms terms, PaymentState state) in Cases)
        {
            foreach (PaymentInput input in Inputs)
            {
                PaymentStep step = PaymentMachine.Apply(terms, state, input);
                Assert.NotNull(step.Next);
                Assert.False(step.Actions.IsDefault);
                Assert.False(step.Events.IsDefault);
            }
        }
    }

    [Fact]
    public void A_final_payment_takes_no_input()
    {
        foreach ((PaymentTerms terms, PaymentState state) in Cases.Where(static payment => payment.State.IsOver))
        {
            foreach (PaymentInput input in Inputs)
            {
                PaymentStep step = PaymentMachine.Apply(terms, state, input);
                Assert.Same(state, step.Next);
                Assert.Empty(step.Actions);
            }
        }
    }

    [Fact]
    public void A_payment_fails_only_when_every_part_has_failed() => ForAll(static (state, input, step) =>
    {
        if (step.Next is Failed && state is not Failed) Assert.All(step.Next.Attempts, static attempt => Assert.Equal(AttemptStatus.Failed, attempt.Status));
    });

    [Fact]
    public void Only_the_right_preimage_makes_it_succeed() => ForAll(static (state, input, step) =>
    {
        if (step.Next is Settling settling) Assert.Equal(Terms.Hash, settling.Preimage.Hash());
        if (step.Next is Succeeded succeeded) Assert.Equal(Terms.Hash, succeeded.Preimage.Hash());
    });

    [Fact]
    public void A_decided_part_stays_as_it_is() => ForAll(static (state, input, step) =>
    {
        foreach ((Attempt before, Attempt after) in state.Attempts.Zip(step.Next.Attempts))
        {
            if (!before.IsOut) Assert.Equal(before, after);
            Assert.Equal((before.Key, before.Route), (after.Key, after.Route));
        }
    });

    [Fact]
    public void A_part_fails_only_when_the_node_says_so_or_has_nothing_of_it_twice() => ForAll(static (state, input, step) =>
    {
        foreach ((Attempt before, Attempt after) in state.Attempts.Zip(step.Next.Attempts).Where(static pair => pair.First.IsOut && pair.Second.Status == AttemptStatus.Failed))
        {
            bool said = input switch
            {
                AttemptFailed failed => failed.Key == before.Key,
                AttemptNotSent notSent => notSent.Key == before.Key && before.Status == AttemptStatus.Planned,

                // No call was made for these.
                _ when state is Initiated => true,
                RowsListed listed when listed.Rows.FirstOrDefault(row => row.Key == before.Key) is { Status: not RowStatus.Gone } row =>
                    row.Status == RowStatus.Failed || row is { Status: RowStatus.Pending, Htlc: HtlcEvidence.NeverCommitted },
                RowsListed listed => (before.Status == AttemptStatus.Missing && listed.Confirms.Contains(before.Key)) || (before.Status == AttemptStatus.Unknown && listed.Height >= before.DecidedBy),
                _ => false,
            };
            Assert.True(said, $"{before.Status} fails on {input}");
        }
    });

    [Fact]
    public void What_is_sent_is_in_the_state_that_is_saved_first() => ForAll(static (state, input, step) =>
    {
        foreach (SendAttempt send in step.Actions.OfType<SendAttempt>()) Assert.Contains(send.Attempt, step.Next.Attempts);
    });

    [Fact]
    public void No_part_is_sent_once_it_is_given_up_or_has_succeeded() => ForAll(static (state, input, step) =>
    {
        if (step.Next.Phase is PaymentPhase.GivingUp or PaymentPhase.Settling or PaymentPhase.Succeeded or PaymentPhase.Failed)
        {
            Assert.DoesNotContain(step.Actions, static action => action is SendAttempt or FindRoutes);
        }
    });

    [Fact]
    public void Every_saved_state_comes_back_as_itself()
    {
        foreach ((_, PaymentState state) in Cases)
        {
            SavedPayment saved = SavedPayment.Of(state);
            Assert.Equal(saved, SavedPayment.Of(saved.Restore()));
        }
    }

    [Fact]
    public void Every_restored_payment_looks_before_it_does_anything()
    {
        foreach ((PaymentTerms terms, PaymentState state) in Cases.Select(static payment => (payment.Terms, SavedPayment.Of(payment.State).Restore())).Where(static payment => !payment.Item2.IsOver))
        {
            Assert.Equal(new LookAtRows(), Assert.Single(PaymentMachine.OnRestart(terms, state), static action => action is PaymentEffect));
        }
    }

    [Fact]
    public void A_record_without_what_its_status_needs_is_refused()
    {
        Assert.Throws<InvalidOperationException>(static () => new SavedPayment(PaymentStatus.Succeeded, []).Restore());
        Assert.Throws<InvalidOperationException>(static () => new SavedPayment(PaymentStatus.Failed, []).Restore());
    }

    [Fact]
    public void Parts_of_the_caller_go_out_and_no_others()
    {
        foreach ((PaymentTerms terms, PaymentState state) in Cases)
        {
            foreach (PaymentInput input in Inputs)
            {
                PaymentStep step = PaymentMachine.Apply(terms, state, input);
                bool isAdded = step.Next.Attempts.Count > state.Attempts.Count;
                if (terms.RoutedBy == RoutedBy.Payer) Assert.False(isAdded && input is PartGiven, $"{input} in {state}");
                else Assert.True(isAdded ? input is PartGiven : !step.Actions.Any(static action => action is FindRoutes), $"{input} in {state}");
                if (isAdded) Assert.True(step.Next.Attempts.Committed() <= terms.Amount && step.Next.Attempts.CommittedFee() <= terms.MaxFee, $"{input} in {state}");
            }
        }
    }

    private static void ForAll(Action<PaymentState, PaymentInput, PaymentStep> check)
    {
        foreach ((PaymentTerms terms, PaymentState state) in Cases)
        {
            foreach (PaymentInput input in Inputs) check(state, input, PaymentMachine.Apply(terms, state, input));
        }
    }
}

using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Tests.Sessions;
using Xunit;

namespace LspsPlugin.Core.Tests.Funding;

public class FundingGraphTests
{
    private static readonly FundingTerms Terms = new(new StartOpening(new Msat(99_000_000), 2, Sample.Fee), Sample.Fee, Sample.Limits.MaxShortfall);

    private static readonly FundingState[] States =
    [
        new Negotiating(), new AwaitingClient(), new Planning(Sample.Opening), new Reserving(Sample.Plan, Sample.Opening), new Recovering(Sample.Plan),
        new Completing(Sample.Plan), new LocatingChannel(Sample.Plan), new Secured(Sample.Plan, Normal: false), new AwaitingOutcome(Sample.Plan),
        new Releasing(Sample.Plan), new Over(),
    ];

    private static readonly FundingInput[] Inputs =
        [.. Sample.Inputs.OfType<FundingInput>(), new FundingPlanned(Sample.Plan with { Cost = new Sat(Sample.Limits.MaxShortfall.Value * 2) })];

    [Fact]
    public void The_drawn_edges_are_exactly_the_edges_taken()
    {
        HashSet<FundingEdge> taken = Walk();
        Assert.Empty(taken.Except(FundingGraph.Edges));
        Assert.Empty(FundingGraph.Edges.Except(taken));
    }

    [Fact]
    public void The_folders_page_shows_the_drawn_machine() => Golden.Equal("src/LspsPlugin.Core/Funding/README.md", FundingGraph.ToMarkdown());

    [Fact]
    public void Every_kind_of_input_and_every_phase_is_sampled()
    {
        Assert.Equal(Enum.GetValues<FundingInputKind>(), Inputs.Select(input => input.FundingKind).Distinct().Order());
        Assert.Equal(Enum.GetValues<FundingPhase>(), States.Select(state => state.Phase).Distinct().Order());
    }

    /// <summary>What an owner gives up is released, at once or after the outcome of the call that is pending.</summary>
    [Fact]
    public void A_funding_that_is_given_up_ends_with_nothing_left_on_the_node()
    {
        foreach (FundingState state in States)
        {
            FundingStep given = FundingMachine.GiveUp(state);
            FundingState left = given.Next is AwaitingOutcome ? FundingMachine.Apply(Terms, given.Next, new FundingAbsent()).Next : given.Next;
            if (left is Releasing) left = FundingMachine.Apply(Terms, left, new Released()).Next;
            Assert.Equal(new Over(), left);
        }
    }

    private static HashSet<FundingEdge> Walk()
    {
        var edges = new HashSet<FundingEdge>();
        var seen = new HashSet<FundingState>(States);
        var open = new Queue<FundingState>(States);
        while (open.TryDequeue(out FundingState? state))
        {
            foreach (FundingInput input in Inputs) Take(state, input.FundingKind.ToString(), FundingMachine.Apply(Terms, state, input));
            Take(state, nameof(FundingMachine.Retry), FundingMachine.Retry(Terms, state));
            Take(state, nameof(FundingMachine.GiveUp), FundingMachine.GiveUp(state));
            Take(state, nameof(FundingMachine.NotSaved), FundingMachine.NotSaved(state));
        }

        return edges;

        void Take(FundingState from, string on, FundingStep step)
        {
            if (step.Next.Phase != from.Phase) edges.Add(new FundingEdge(from.Phase, on, step.Next.Phase));

            // Attempts grow without end; only how many plans were made decides something.
            FundingState next = step.Next switch
            {
                Negotiating => new Negotiating(),
                AwaitingClient => new AwaitingClient(),
                Releasing releasing => releasing with { Attempt = 0 },
                var other => other,
            };
            if (seen.Add(next)) open.Enqueue(next);
        }
    }
}

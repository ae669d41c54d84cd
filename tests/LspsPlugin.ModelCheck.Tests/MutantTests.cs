using System.Collections.Immutable;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using Xunit;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>A check that cannot fail checks nothing: each of these machines has one fault, and the check names it.</summary>
public class MutantTests
{
    private const int MostWorlds = 2_000_000;

    [Fact]
    public void A_machine_that_does_not_look_after_a_lost_answer_is_caught() =>
        Caught(Configuration.OnePart, Exploration.Endless, Without<FindFunding>());

    [Fact]
    public void A_session_without_a_record_of_its_plan_is_caught() => Caught(
        Configuration.OnePart,
        "inputs are reserved without a record of their plan",
        Behaviour.Real with { Saves = static phase => phase is not Phase.Reserving });

    [Fact]
    public void A_session_that_acts_before_it_saves_is_caught() =>
        Caught(Configuration.OnePart, "inputs are reserved without a record of their plan", Behaviour.Real with { SavesFirst = false });

    [Fact]
    public void A_machine_that_gives_up_with_the_first_failed_part_is_caught() => Caught(
        Configuration.TwoParts with { Refusals = false },
        "a channel is released although a part was settled over it",
        Behaviour.Real with { Apply = GiveUpEarly, LooksBeforeRelease = false });

    [Fact]
    public void A_machine_that_broadcasts_for_a_failed_part_is_caught() => Caught(
        Configuration.OnePart,
        "the funding is broadcast although no part was settled",
        Behaviour.Real with { Apply = static (terms, state, input) => SessionMachine.Apply(terms, state, input is PartFailed failed ? new PartSettled(failed.Htlc, null) : input) });

    [Fact]
    public void A_machine_that_funds_for_a_part_without_fee_is_caught() => Caught(
        Configuration.TwoParts with { Refusals = false },
        "the funding is broadcast although its fee was not earned and no loss allowed",
        Behaviour.Real with { Apply = FundEarly });

    [Fact]
    public void A_machine_that_does_not_look_for_dropped_parts_is_caught() =>
        Caught(Configuration.OnePart with { Drops = true, Refusals = false }, Exploration.Endless, Without<CheckForwards>());

    [Fact]
    public void A_machine_that_is_content_with_half_of_the_payment_is_caught() => Caught(
        Configuration.TwoParts with { Refusals = false },
        "parts are to be forwarded although the payment is not complete",
        Behaviour.Real with { Apply = static (terms, state, input) => SessionMachine.Apply(Half(terms), state, input) });

    [Fact]
    public void A_restart_that_does_not_look_what_was_settled_meanwhile_is_caught() =>
        Caught(Configuration.OnePart with { NodeCrashes = 1, Refusals = false, Whims = false }, Exploration.Endless, Without<CheckForwards>());

    [Fact]
    public void A_machine_that_keeps_parts_until_they_expire_is_caught() => Caught(
        Configuration.OnePart,
        "part 0 is still held although it is about to expire",
        Behaviour.Real with { Apply = static (terms, state, input) => SessionMachine.Apply(terms, state, input is BlockAdded ? new BlockAdded(new BlockHeight(0)) : input) });

    [Fact]
    public void A_machine_that_ends_without_its_release_is_caught() => Caught(
        Configuration.OnePart,
        "an opening is left under way",
        Behaviour.Real with { Apply = static (terms, state, input) => SessionMachine.Apply(terms, state, state is Unwinding && input is ReleaseFailed ? new Released() : input) });

    private static void Caught(Configuration configuration, string rule, Behaviour mutant) =>
        Assert.Contains(rule, new Exploration(new Model(configuration, mutant), MostWorlds).Run(firstOnly: true));

    private static Behaviour Without<T>()
        where T : SessionAction => Mutated(static action => action is T ? null : action);

    private static Behaviour Mutated(Func<SessionAction, SessionAction?> mutate) => Behaviour.Real with
    {
        Apply = (terms, state, input) =>
        {
            Transition t = SessionMachine.Apply(terms, state, input);
            return t with { Actions = Mutate(t.Actions, mutate) };
        },
        OnRestart = (terms, state) => Mutate(RestartActions.By(terms, state), mutate),
    };

    private static ImmutableArray<SessionAction> Mutate(ImmutableArray<SessionAction> actions, Func<SessionAction, SessionAction?> mutate) =>
        [.. actions.Select(mutate).OfType<SessionAction>()];

    private static Transition GiveUpEarly(SessionTerms terms, SessionState state, SessionInput input)
    {
        if (input is not PartFailed || state is not Forwarded waiting) return SessionMachine.Apply(terms, state, input);
        ValueList<Forward> all = [.. waiting.Forwards.Select(f => f.IsOpen ? f with { Status = ForwardStatus.Failed } : f)];
        return SessionMachine.Apply(terms, waiting with { Forwards = all }, input);
    }

    private static Transition FundEarly(SessionTerms terms, SessionState state, SessionInput input)
    {
        Transition t = SessionMachine.Apply(terms, state, input);
        return input is PartSettled && t.Next is Forwarded s
            ? Transition.To(new Broadcasting(s.Forwards, s.Fee, s.Plan, s.Preimage), new SignFunding(s.Plan))
            : t;
    }

    private static SessionTerms Half(SessionTerms terms) =>
        terms with { Offer = terms.Offer with { PaymentSize = new Msat(terms.Offer.PaymentSize!.Value.Value / 2) } };
}

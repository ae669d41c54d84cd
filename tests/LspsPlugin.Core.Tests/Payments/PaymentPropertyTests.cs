using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using Xunit;
using static LspsPlugin.Core.Tests.Payments.PaymentSample;

namespace LspsPlugin.Core.Tests.Payments;

/// <summary>The promises, for any inputs in any order: also what no node would say.</summary>
public class PaymentPropertyTests
{
    /// <summary>A step of a history: an input, or a restart.</summary>
    private static readonly Gen<PaymentInput?> Steps = Gen.Frequency(
        (20, Gen.Elements(Inputs.ToArray()).Select(static input => (PaymentInput?)input)),
        (8, Gen.Elements(Found(30_000), Found(45_000), Found(30_000, 30_000, 30_000), Found(90_000)).Select(static input => (PaymentInput?)input)),
        (8, Gen.Elements(Given(30_000), Given(45_000, channel: 21), Given(90_000)).Select(static input => (PaymentInput?)input)),
        (2, Gen.Constant((PaymentInput?)null)));

    [Fact]
    public void Sums_and_fees_hold_in_every_state() => ForAllHistories(static (terms, before, after) =>
    {
        Assert.True(after.Attempts.Committed() <= terms.Amount);
        Assert.True(after.Attempts.CommittedFee() <= terms.MaxFee);
        Assert.True(after.Attempts.CountOut() <= terms.MaxParts);
        Assert.True(after.Attempts.Count <= PaymentTerms.MaxAttempts);
    });

    [Fact]
    public void Final_is_final() => ForAllHistories(static (terms, before, after) =>
    {
        PaymentStatus was = SavedPayment.Of(before).Status, now = SavedPayment.Of(after).Status;
        if (was == PaymentStatus.Succeeded || (was == PaymentStatus.Failed && !IsBegunAgain(terms, before, after))) Assert.Equal(was, now);
        if (was == PaymentStatus.InFlight) Assert.NotEqual(PaymentStatus.Initiated, now);
        if (now == PaymentStatus.Failed) Assert.DoesNotContain(after.Attempts, static attempt => attempt.Status != AttemptStatus.Failed);
        if (now == PaymentStatus.Succeeded) Assert.Equal(Proof, SavedPayment.Of(after).Preimage);
    });

    [Fact]
    public void A_new_group_begins_only_when_all_of_the_old_one_have_failed() => ForAllHistories(static (terms, before, after) =>
    {
        if (after.Attempts.Count == 0) return;
        ulong newest = after.Attempts.Max(static attempt => attempt.Key.Group);
        Assert.All(after.Attempts.Where(attempt => attempt.Key.Group < newest), static attempt => Assert.Equal(AttemptStatus.Failed, attempt.Status));
        Assert.Equal(after.Attempts.Count, after.Attempts.Select(static attempt => attempt.Key).Distinct().Count());
    });

    [Fact]
    public void No_part_is_added_once_it_is_given_up() => ForAllHistories(static (terms, before, after) =>
    {
        if (IsBegunAgain(terms, before, after)) return;
        if (SavedPayment.Of(before) is { Reason: not null } or { Status: PaymentStatus.Succeeded }) Assert.Equal(before.Attempts.Count, after.Attempts.Count);
    });

    /// <summary>A payment over the caller's routes begins again only by a new part of the caller, and only if no part of it was lost.</summary>
    private static bool IsBegunAgain(PaymentTerms terms, PaymentState before, PaymentState after) =>
        terms.RoutedBy == RoutedBy.Caller && before is Failed { Reason: not GiveUpReason.PartLost } && after is Initiated && after.Attempts.Count == before.Attempts.Count + 1;

    private static void ForAllHistories(Action<PaymentTerms, PaymentState, PaymentState> check)
    {
        ForAllHistories(Terms, PaymentMachine.Apply(Terms, new Initiated(), Rows()).Next, check);
        ForAllHistories(CallersTerms, GivenParts.Begin(CallersTerms, [], Given(30_000)), check);
    }

    private static void ForAllHistories(PaymentTerms terms, PaymentState first, Action<PaymentTerms, PaymentState, PaymentState> check) =>
        Prop.ForAll(Steps.ListOf().Resize(60).ToArbitrary(), history =>
        {
            PaymentState state = first;
            foreach (PaymentInput? step in history)
            {
                PaymentState next = step is null ? SavedPayment.Of(state).Restore()
                    : state is Failed && step is PartGiven given && GivenParts.ProblemOf(terms, SavedPayment.Of(state), given.Route) is null ? GivenParts.Begin(terms, state.Attempts, given)
                    : PaymentMachine.Apply(terms, state, step).Next;
                check(terms, state, next);
                state = next;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}

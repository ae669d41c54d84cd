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
        (2, Gen.Constant((PaymentInput?)null)));

    [Fact]
    public void Sums_and_fees_hold_in_every_state() => ForAllHistories(static (before, after) =>
    {
        Assert.True(after.Attempts.Committed() <= Terms.Amount);
        Assert.True(after.Attempts.CommittedFee() <= Terms.MaxFee);
        Assert.True(after.Attempts.CountOut() <= Terms.MaxParts);
        Assert.True(after.Attempts.Count <= PaymentTerms.MaxAttempts);
    });

    [Fact]
    public void Final_is_final() => ForAllHistories(static (before, after) =>
    {
        PaymentStatus was = SavedPayment.Of(before).Status, now = SavedPayment.Of(after).Status;
        if (was is PaymentStatus.Succeeded or PaymentStatus.Failed) Assert.Equal(was, now);
        if (was == PaymentStatus.InFlight) Assert.NotEqual(PaymentStatus.Initiated, now);
        if (now == PaymentStatus.Failed) Assert.DoesNotContain(after.Attempts, static attempt => attempt.Status != AttemptStatus.Failed);
        if (now == PaymentStatus.Succeeded) Assert.Equal(Proof, SavedPayment.Of(after).Preimage);
    });

    [Fact]
    public void A_new_group_begins_only_when_all_of_the_old_one_have_failed() => ForAllHistories(static (before, after) =>
    {
        if (after.Attempts.Count == 0) return;
        ulong newest = after.Attempts.Max(static attempt => attempt.Key.Group);
        Assert.All(after.Attempts.Where(attempt => attempt.Key.Group < newest), static attempt => Assert.Equal(AttemptStatus.Failed, attempt.Status));
        Assert.Equal(after.Attempts.Count, after.Attempts.Select(static attempt => attempt.Key).Distinct().Count());
    });

    [Fact]
    public void No_part_is_added_once_it_is_given_up() => ForAllHistories(static (before, after) =>
    {
        if (SavedPayment.Of(before) is { Reason: not null } or { Status: PaymentStatus.Succeeded }) Assert.Equal(before.Attempts.Count, after.Attempts.Count);
    });

    private static void ForAllHistories(Action<PaymentState, PaymentState> check) =>
        Prop.ForAll(Steps.ListOf().Resize(60).ToArbitrary(), history =>
        {
            PaymentState state = PaymentMachine.Apply(Terms, new Initiated(), Rows()).Next;
            foreach (PaymentInput? step in history)
            {
                PaymentState next = step is null ? SavedPayment.Of(state).Restore() : PaymentMachine.Apply(Terms, state, step).Next;
                check(state, next);
                state = next;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}

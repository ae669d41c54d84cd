using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>Payments that this version and earlier ones have on record: every later version reads them, and continues them.</summary>
public class RecordedPaymentTests
{
    public static TheoryData<string> Names => [.. RecordedPayments.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_payment_is_read_as_it_was_and_written_in_the_same_bytes(string name)
    {
        (PaymentTerms terms, PaymentState state) = RecordedPayments.All[name];
        Assert.Equal(RecordedPayments.Kept(name), RecordedPayments.Written(name));
        Assert.Equal((terms, SavedPayment.Of(state)), RecordedPayments.Read(name) is var read ? (read.Terms, read.State) : default);
    }

    [Fact]
    public void Every_phase_is_recorded() =>
        Assert.Equal(Enum.GetNames<PaymentPhase>().Order(), RecordedPayments.All.Keys.Select(static name => name.Split('-')[0]).Distinct().Order());

    [Fact]
    public void One_that_had_only_begun_searches_routes() => Assert.Equal(new Msat(90_000), Assert.Single(Next("Initiated", PaymentPhase.Routing).OfType<FindRoutes>()).Amount);

    [Fact]
    public void One_that_was_looking_awaits_the_part_that_is_out_and_sends_the_other_again() => Assert.Equal(
        [PaySample.Key(2)], Next("Recovering", PaymentPhase.Routing, Row(1, RowStatus.Pending)).OfType<SendAttempt>().Select(static send => send.Attempt.Key));

    [Fact]
    public void One_that_searched_routes_searches_them_for_what_is_missing() =>
        Assert.Equal(new Msat(60_000), Assert.Single(Next("Routing", PaymentPhase.Routing, Row(1, RowStatus.Pending)).OfType<FindRoutes>()).Amount);

    /// <summary>What its failed part taught is known after the restart.</summary>
    [Fact]
    public void One_that_paused_searches_routes_with_what_it_learned() => Assert.Equal(
        [new ChannelConstrained(PaySample.Jit, 0, new Msat(30_000))], Assert.Single(Next("Pausing", PaymentPhase.Routing).OfType<FindRoutes>()).Lessons);

    [Fact]
    public void One_that_waited_for_its_parts_waits_and_sends_what_the_node_never_got() => Assert.Equal(
        [PaySample.Key(3)],
        Next("AwaitingParts", PaymentPhase.AwaitingParts, Row(1, RowStatus.Gone), Row(2, RowStatus.Pending)).OfType<SendAttempt>().Select(static send => send.Attempt.Key));

    [Fact]
    public void One_that_was_given_up_fails_when_its_last_part_has() => Assert.Empty(Next("GivingUp", PaymentPhase.Failed, Row(1, RowStatus.Failed)));

    [Fact]
    public void One_that_had_succeeded_ends_with_its_last_part() => Assert.Empty(Next("Settling", PaymentPhase.Succeeded, Row(2, RowStatus.Complete)));

    [Fact]
    public void One_for_an_offer_searches_routes_for_what_is_missing_over_its_blinded_paths()
    {
        Assert.Equal(new Msat(60_000), Assert.Single(Next("AwaitingParts-offer", PaymentPhase.Routing, Row(1, RowStatus.Pending)).OfType<FindRoutes>()).Amount);
        Assert.Equal(BlindedSample.Terms.Paths, RecordedPayments.Read("AwaitingParts-offer").Terms.Paths);
    }

    [Fact]
    public void One_over_the_callers_routes_waits_and_searches_none() =>
        Assert.Equal([LookInAMinute], Next("AwaitingParts-caller", PaymentPhase.AwaitingParts, Row(1, RowStatus.Pending)));

    [Fact]
    public void A_failed_one_over_the_callers_routes_takes_a_new_part()
    {
        var failed = RecordedPayments.Read("Failed-caller");
        Assert.Null(GivenParts.ProblemOf(failed.Terms, failed.State, PaySample.Route()));
        PaymentState again = GivenParts.Begin(failed.Terms, failed.Attempts, new PartGiven(PaySample.Route(), PaySample.Height));
        Assert.Equal(PaySample.Key(1, group: 1), again.Attempts[^1].Key);
    }

    [Theory]
    [InlineData("Succeeded", PaymentPhase.Succeeded)]
    [InlineData("Failed", PaymentPhase.Failed)]
    public void One_that_is_final_stays_as_it_is(string name, PaymentPhase phase)
    {
        var read = RecordedPayments.Read(name);
        Assert.Equal(phase, read.State.Restore().Phase);
        Assert.Empty(PaymentMachine.OnRestart(read.Terms, read.State.Restore()));
    }

    /// <summary>A part of which the times are not known gets those of what happens to it now.</summary>
    [Fact]
    public void A_part_without_times_is_continued()
    {
        var read = RecordedPayments.Read("Recovering-before-times");
        Assert.All(read.Attempts, static part => Assert.Equal(default, part.Times));
        Assert.Single(Next("Recovering-before-times", PaymentPhase.Routing, Row(1, RowStatus.Pending)).OfType<FindRoutes>());
    }

    private static ArmTimer LookInAMinute => new(PaymentTimer.Look, TimeSpan.FromSeconds(60));

    private static NodeRow Row(ulong part, RowStatus status) => new(
        PaySample.Key(part), status, HtlcEvidence.Live, status == RowStatus.Complete ? PaySample.Proof : null, status == RowStatus.Failed ? PaySample.Failure : null);

    /// <summary>Continues a recorded payment as a restart does, with a look that finds these rows.</summary>
    /// <returns>What it does then.</returns>
    private static IReadOnlyList<PaymentAction> Next(string name, PaymentPhase phase, params NodeRow[] rows)
    {
        var read = RecordedPayments.Read(name);
        PaymentState state = read.State.Restore();
        Assert.Contains(new LookAtRows(), PaymentMachine.OnRestart(read.Terms, state));
        PaymentStep step = PaymentMachine.Apply(read.Terms, state, new RowsListed([.. rows], PaySample.Height));
        Assert.Equal(phase, step.Next.Phase);
        return step.Actions;
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using Xunit;

namespace LspsPlugin.Durable.Tests.Payments;

/// <summary>Payments over routes that their caller chooses.</summary>
public class GivenPartStories
{
    private static readonly PartFailure Refusal = new(PartFailureKind.Onion, (ushort)FailureCode.IncorrectOrUnknownPaymentDetails, 1);

    [Fact]
    public void A_part_is_on_record_before_it_is_sent_and_one_that_settles_wakes_all() => PaymentBench.Play(async bench =>
    {
        Assert.Equal(1UL, Assert.IsType<PartAccepted>(await bench.GiveAsync(30_000)).Key.Part);
        Task<PaymentRecord> waiting = bench.WaitAsync();
        Assert.Equal(2UL, Assert.IsType<PartAccepted>(await bench.GiveAsync(60_000)).Key.Part);
        Assert.Equal((PaymentStatus.Succeeded, bench.Node.Proof), (await waiting).State is var state ? (state.Status, state.Preimage) : default);
        bench.AssertBefore("save in_flight planned", "send 1");
        bench.AssertBefore("send 1", "send 2");
        await bench.PauseAsync();
        Assert.Equal((90_000UL, 0, 0), (bench.Node.Received, bench.Node.Searches.Count, bench.Tower.LiveCount));
    });

    [Fact]
    public void Of_a_paid_one_nothing_is_sent_and_the_answer_is_a_success() => PaymentBench.Play(async bench =>
    {
        await bench.GiveAsync(90_000);
        await bench.WaitAsync();
        await bench.PauseAsync();
        PaymentRecord paid = Assert.IsType<PartNotNeeded>(await bench.GiveAsync(90_000)).Payment;
        Assert.Equal(bench.Node.Proof, paid.State.Preimage);
        Assert.Single(bench.Node.Rows);
    });

    [Fact]
    public void Another_amount_or_too_much_does_nothing() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.GiveAsync(60_000);
        Assert.Equal(new Msat(90_000), Assert.IsType<PaymentIdTaken>(await bench.GiveAsync(1_000, intended: 80_000)).OnRecord.Terms.Amount);
        Assert.Equal(PartProblem.TooMuch, Assert.IsType<PartRefused>(await bench.GiveAsync(30_001)).Problem);
        Assert.IsType<PaymentHashTaken>(await bench.GiveAsync(30_000, "order 2"));
        await bench.PauseAsync();
        Assert.Single(bench.Node.Rows);
        Assert.Equal(new PaymentId("order 1"), bench.Tower.IdOf(bench.Node.Proof.Hash()));
    });

    [Fact]
    public void The_payer_and_a_caller_do_not_route_the_same_payment() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        Assert.IsType<PaymentIdTaken>(await bench.GiveAsync(30_000));
        Assert.IsType<PaymentHashTaken>(await bench.GiveAsync(30_000, "order 2"));
    });

    [Fact]
    public void What_the_payer_paid_is_a_success_for_a_caller() => PaymentBench.Play(async bench =>
    {
        await bench.PayAsync(bench.Terms());
        Assert.IsType<PartNotNeeded>(await bench.GiveAsync(90_000));
    });

    [Fact]
    public void A_failed_one_is_pending_again_with_a_new_part_and_not_before() => PaymentBench.Play(async bench =>
    {
        bench.Node.Fails = static (_, number) => number == 0 ? Refusal : null;
        await bench.GiveAsync(90_000);
        Assert.Equal((PaymentStatus.Failed, GiveUpReason.PartsFailed), (await bench.WaitAsync()).State is var failed ? (failed.Status, failed.Reason) : default);
        await bench.PauseAsync(600);
        Assert.Equal(PaymentStatus.Failed, bench.Record().State.Status);
        Assert.Single(bench.Node.Rows);

        PaymentRecord again = Assert.IsType<PartAccepted>(await bench.GiveAsync(90_000)).Payment;
        Assert.Equal((PaymentStatus.InFlight, 1UL), (again.State.Status, again.CreatedIndex));
        Assert.Equal(PaymentStatus.Succeeded, (await bench.WaitAsync()).State.Status);
        Assert.Equal(2, bench.Node.Rows.Select(static row => row.Key.Group).Distinct().Count());
        Assert.Equal(90_000UL, bench.Node.Received);
    });

    /// <summary>A part that comes in the step in which the last one fails begins the payment again.</summary>
    [Fact]
    public void Parts_may_come_at_any_moment_of_a_failure() => PaymentBench.Play(async bench =>
    {
        bench.Node.Fails = static (_, number) => number < 60 ? Refusal : null;
        await bench.GiveAsync(90_000);
        while (bench.Record().State.Status != PaymentStatus.Succeeded)
        {
            PaymentAnswer answer = await bench.GiveAsync(90_000);
            Assert.True(answer is PartAccepted or PartNotNeeded or PartRefused { Problem: PartProblem.TooMuch }, answer.ToString());
            await bench.PauseAsync(0.003);
        }

        Assert.Equal((61, 90_000UL), (bench.Node.Rows.Count, bench.Node.Received));
    });

    [Fact]
    public void A_cancelled_one_takes_no_part_until_it_has_failed() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.GiveAsync(60_000);
        await bench.PauseAsync();
        bench.Tower.Cancel(new PaymentId("order 1"));
        await bench.PauseAsync();
        Assert.Equal(PartProblem.GivenUp, Assert.IsType<PartRefused>(await bench.GiveAsync(30_000)).Problem);
    });

    [Fact]
    public void What_another_program_pays_or_has_paid_is_not_paid_again() => PaymentBench.Play(async bench =>
    {
        bench.Node.AddForeign(bench.Node.Proof.Hash(), RowStatus.Pending);
        Assert.IsType<PaymentForeign>(await bench.GiveAsync(30_000));
        Assert.Empty(bench.Records);
        bench.Node.Delete(new AttemptKey(1, 0));
        bench.Node.AddForeign(bench.Node.Proof.Hash(), RowStatus.Complete);
        Assert.Equal(bench.Node.Proof, Assert.IsType<PartNotNeeded>(await bench.GiveAsync(30_000)).Payment.State.Preimage);
        Assert.True(bench.Record().IsFinal);
        Assert.Single(bench.Node.Rows);
    });

    /// <summary>The process dies at a commit or a send, one after the other. The caller sends what is missing, and nothing twice.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    public void It_is_paid_once_wherever_the_process_dies(int commit, int send) => PaymentBench.Play(async bench =>
    {
        int sends = 0;
        bench.Committed = number => Die(number == commit);
        bench.Node.Accepted = _ => Die(++sends == send);
        for (int round = 0; round < 50; round++)
        {
            if (bench.IsDown)
            {
                await bench.PauseAsync();
                (bench.Committed, bench.Node.Accepted) = (static _ => { }, static _ => { });
                await bench.StartAsync();
            }

            PaymentRecord? payment = await bench.Tower.FindAsync(new PaymentId("order 1"));
            if (payment?.State.Status == PaymentStatus.Succeeded) break;
            ulong missing = 90_000 - (payment?.Attempts.Committed().Value ?? 0);
            if (missing > 0) await GiveAsync(bench, Math.Min(missing, 45_000));
            await bench.PauseAsync(0.2);
        }

        Assert.Equal((PaymentStatus.Succeeded, 90_000UL), (bench.Record().State.Status, bench.Node.Received));

        void Die(bool now)
        {
            if (now) bench.Kill();
        }
    });

    [Fact]
    public void A_part_whose_save_was_not_answered_goes_out_once_the_caller_asks_again() => PaymentBench.Play(async bench =>
    {
        bench.Answering = static number => number > 1;
        Assert.Null(Assert.IsType<PaymentNotBegun>(await bench.GiveAsync(90_000)).IsOnRecord);
        await bench.PauseAsync(5);
        Assert.Empty(bench.Node.Rows);
        Assert.Equal(PartProblem.TooMuch, Assert.IsType<PartRefused>(await bench.GiveAsync(90_000)).Problem);
        Assert.Equal(PaymentStatus.Succeeded, (await bench.WaitAsync()).State.Status);
        Assert.Single(bench.Node.Rows);
    });

    [Fact]
    public void A_payment_whose_save_was_not_answered_goes_on_once_the_caller_asks_again() => PaymentBench.Play(async bench =>
    {
        bench.Answering = static number => number > 1;
        Assert.Null(Assert.IsType<PaymentNotBegun>(await bench.Tower.PayAsync(bench.Terms())).IsOnRecord);
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms() with { CreatedAt = bench.Record().Terms.CreatedAt })).State.Status);
        Assert.Equal(90_000UL, bench.Node.Received);
    });

    /// <summary>A call that dies with its process is not answered.</summary>
    private static async Task GiveAsync(PaymentBench bench, ulong amount)
    {
        try
        {
            await bench.GiveAsync(amount);
        }
        catch (OperationCanceledException) when (bench.IsDown)
        {
            // The next round looks at what is on record.
        }
    }

    [Fact]
    public void A_part_needs_no_secret_or_the_same_as_the_first() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.GiveAsync(30_000);
        PaymentTerms terms = bench.Record().Terms;
        var given = new PartGiven(bench.Node.Route(30_000), bench.Node.Height);
        Assert.IsType<PaymentIdTaken>(await bench.Tower.GivePartAsync(terms with { Secret = PaymentSecret.Parse(new string('5', 64)) }, given));
        Assert.IsType<PartAccepted>(await bench.Tower.GivePartAsync(terms with { Secret = null }, given));
        Assert.IsType<PartAccepted>(await bench.Tower.GivePartAsync(terms, given));
    });

    /// <summary>The node lists all HTLCs that a channel ever had: that is dear, and for parts that were never sent it is in vain.</summary>
    [Fact]
    public void No_htlc_is_looked_for_before_a_part_is_sent() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.GiveAsync(30_000);
        await bench.PauseAsync();
        Assert.Equal([0, 0], bench.Node.Looks);
        bench.Kill();
        await bench.StartAsync();
        await bench.PauseAsync();
        Assert.Equal([0, 0, 1], bench.Node.Looks);
    });
}

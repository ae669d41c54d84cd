using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using Xunit;

namespace LspsPlugin.Durable.Tests.Payments;

/// <summary>The process or the node dies, and rows are not what they were. The fake node fails the test if more than the amount is out.</summary>
public class PaymentRestartStories
{
    private static readonly PartFailure Temporary = new(PartFailureKind.Onion, (ushort)FailureCode.TemporaryChannelFailure, 0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_at_any_save_it_is_paid_once(bool written)
    {
        int saves = 0;
        for (int at = 1; at == 1 || at <= saves; at++)
        {
            int kill = at;
            PaymentBench.Play(async bench =>
            {
                if (written) bench.Committed = number => KillAt(bench, number == kill);
                else bench.Committing = number => !KillAt(bench, number == kill);
                await PayOverRestartAsync(bench);
                saves = Math.Max(saves, bench.Commits);
            });
        }

        Assert.True(saves > 4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_at_any_send_it_is_paid_once(bool arrived)
    {
        for (int at = 1; at <= 3; at++)
        {
            int kill = at, sends = 0;
            PaymentBench.Play(async bench =>
            {
                if (arrived) bench.Node.Accepted = _ => KillAt(bench, ++sends == kill);
                else bench.Node.Arrives = _ => !KillAt(bench, ++sends == kill);
                await PayOverRestartAsync(bench);
                Assert.True(sends >= 3);
            });
        }
    }

    [Fact]
    public void A_held_payment_survives_a_restart_and_300_blocks() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Kill();
        await bench.PauseAsync();
        await bench.StartAsync();
        await bench.BlockAsync(300);
        Assert.True(bench.Record() is { IsGivingUp: true, State.Status: PaymentStatus.InFlight });
        bench.Node.Release();
        bench.Tower.OnRowsChanged(bench.Node.Proof.Hash());
        Assert.Equal(PaymentStatus.Succeeded, (await bench.PayAsync(bench.Terms())).State.Status);
        Assert.Equal(3, bench.Node.Rows.Count);
    });

    [Fact]
    public void Without_any_news_of_the_node_a_restarted_payment_looks_itself() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Kill();
        await bench.StartAsync();
        await bench.PauseAsync();
        bench.Node.Release();
        await bench.PauseAsync(61);
        Assert.Equal(PaymentStatus.Succeeded, bench.Record().State.Status);
    });

    [Fact]
    public void A_ghost_row_is_replaced_in_the_same_group_within_the_receivers_time() => PaymentBench.Play(async bench =>
    {
        bench.Node.Accepted = attempt => bench.Node.IsStuck = attempt.Key.Part == 3;
        bench.Node.Fails = static (_, _) => null;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync(0.012);
        bench.Node.IsStuck = true;
        await bench.PauseAsync(0.2);
        bench.Kill();
        bench.Node.Accepted = static _ => { };
        bench.Node.Crash();
        await bench.PauseAsync(2);
        await bench.StartAsync();
        await bench.PauseAsync(5);
        Assert.Equal(PaymentStatus.Succeeded, bench.Record().State.Status);
        Assert.Contains(bench.Record().Attempts, static attempt => attempt.Failure?.Kind == PartFailureKind.Ghost);
    });

    [Fact]
    public void A_deleted_row_leaves_it_in_flight_until_the_part_has_expired() => PaymentBench.Play(async bench =>
    {
        bench.Node.Holds = true;
        bench.Node.Split = [90_000];
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        AttemptKey key = Assert.Single(bench.Node.Rows).Key;
        bench.Tower.OnPartSent(bench.Node.Proof.Hash(), key);
        await bench.PauseAsync();
        bench.Kill();
        bench.Node.Reject(Temporary);
        bench.Node.Delete(key);
        await bench.StartAsync();
        await bench.PauseAsync(70);
        Assert.Equal("unknown", Assert.Single(bench.Record().Attempts).Status.ToWord());
        await bench.BlockAsync(77);
        Assert.Equal(PaymentStatus.InFlight, bench.Record().State.Status);
        await bench.BlockAsync(2);
        Assert.Equal((PaymentStatus.Failed, GiveUpReason.PartLost), (bench.Record().State.Status, bench.Record().State.Reason));
        Assert.Empty(bench.Node.Rows);
    });

    [Fact]
    public void A_call_that_never_arrived_is_confirmed_when_it_was_given_up() => PaymentBench.Play(async bench =>
    {
        bench.Node.Arrives = static _ => false;
        await bench.Tower.PayAsync(bench.Terms());
        await bench.PauseAsync();
        bench.Tower.Cancel(new PaymentId("order 1"));
        await bench.PauseAsync();
        bench.Kill();
        await bench.StartAsync();
        await bench.PauseAsync(9);
        Assert.Equal(PaymentStatus.InFlight, bench.Record().State.Status);
        await bench.PauseAsync(2);
        Assert.Equal((PaymentStatus.Failed, GiveUpReason.Cancelled), (bench.Record().State.Status, bench.Record().State.Reason));
    });

    private static bool KillAt(PaymentBench bench, bool now)
    {
        if (now) bench.Kill();
        return now;
    }

    /// <summary>A caller that asks again, with the same id, until it gets an answer.</summary>
    private static async Task PayOverRestartAsync(PaymentBench bench)
    {
        bench.Node.Fails = static (_, number) => number == 1 ? Temporary : null;
        PaymentTerms terms = bench.Terms();
        Task<PaymentRecord> first = bench.PayAsync(terms);
        while (!first.IsCompleted && !bench.IsDown) await bench.PauseAsync(0.01);
        if (!bench.IsDown) await bench.PauseAsync();
        await bench.PauseAsync(2);
        if (bench.IsDown) await bench.StartAsync();
        DateTimeOffset restarted = bench.Time.GetUtcNow();
        PaymentRecord paid = await bench.PayAsync(terms with { CreatedAt = restarted });
        Assert.Equal(PaymentStatus.Succeeded, paid.State.Status);
        Assert.True(bench.Time.GetUtcNow() - restarted < TimeSpan.FromSeconds(60), "the receiver's time was over");
        await bench.PauseAsync(70);
        Assert.Equal(90_000UL, bench.Node.Received);
        Assert.True(bench.Record().IsFinal);
    }
}

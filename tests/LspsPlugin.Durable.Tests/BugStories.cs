using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>A session whose own code fails costs its attempt and nothing else.</summary>
public class BugStories
{
    [Fact]
    [Covers("S13")]
    public void An_executor_with_a_bug_costs_the_attempt_and_nothing_else() => Bench.Play(async bench =>
    {
        bench.Outcome = action => action is PlanFunding ? throw new InvalidOperationException("a bug") : null;
        Offer offer = await bench.SoldAsync();
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync();
        Assert.Equal("10070000", hook.Failure);
        bench.Outcome = _ => null;
        Hook retry = bench.Hold(offer.JitScid, 2);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

    [Fact]
    [Covers("S13")]
    public void A_session_whose_code_keeps_failing_gives_its_parts_back_and_is_tried_again_later() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Saving = _ => throw new InvalidOperationException("a bug");
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(10);
        Assert.Equal("10070000", hook.Failure);
        bench.Saving = _ => JournalResult.Saved;
        await bench.PauseAsync(60);
        Hook retry = bench.Hold(offer.JitScid, 2);
        await bench.PauseAsync();
        Assert.IsType<ForwardHtlc>(retry.Answer);
    });

    [Fact]
    [Covers("S13")]
    public void A_session_that_cannot_even_be_brought_back_gives_its_parts_back_and_its_record_stays() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bench.Published = happened => throw new InvalidOperationException($"a sink that breaks its promise at {happened}");
        Hook hook = bench.Hold(offer.JitScid, 1);
        await bench.PauseAsync(5);
        Assert.Equal("10070000", hook.Failure);
        Assert.Equal("10070000", bench.Hold(offer.JitScid, 2, hash: 'b').Failure);
        await bench.PauseAsync(3700);
        bench.Registry.OnBlock(new BlockHeight(101));
        await bench.PauseAsync();
        Assert.DoesNotContain("end", bench.Done);
        Assert.Equal(0, bench.Registry.Admission.Exposure.Parts);
    });

    [Fact]
    public void A_session_restarted_by_a_bug_waits_for_what_is_still_out_before_it_releases_anything() => Bench.Play(async bench =>
    {
        Offer offer = await bench.SoldAsync();
        bool broken = false;
        bench.Slow = action => action is CompleteFunding ? 30 : 0;
        bench.Outcome = action => action is FindFunding ? new FundingAbsent() : null;
        bench.Saving = _ => broken ? throw new InvalidOperationException("a bug") : JournalResult.Saved;
        Hook hook = bench.Hold(offer.JitScid, 1);
        while (!bench.Done.Contains("CompleteFunding 1")) await bench.PauseAsync(0.001);
        broken = true;
        bench.Registry.OnBlock(new BlockHeight(995)); // gives up, and its save meets the bug
        await bench.PauseAsync(1);
        broken = false;
        Assert.Equal("10070000", hook.Failure);
        await bench.PauseAsync(60);
        bench.AssertBefore("CompleteFunding 1 done", "Release 1");
        Assert.False(bench.Registry.Sessions.Any);
    });
}

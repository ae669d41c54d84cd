using LspsPlugin.Desk.Answers;
using LspsPlugin.Desk.Asking;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Desk.Tests;

public class QuestionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(60)]
    [InlineData(1023)]
    [InlineData(100_000)]
    public async Task The_newest_sales_are_found_without_reading_all(int sales)
    {
        ScriptedNode node = new Provider { Sales = sales }.Node();
        (IReadOnlyList<Sale> newest, NodeProblem? problem) = await new LatestSales(node).ReadAsync(20, default);
        Assert.Null(problem);
        Assert.Equal(Enumerable.Range(Math.Max(1, sales - 19), Math.Min(20, sales)).Select(static number => (ulong)number), newest.Select(static sale => sale.Number));
        Assert.InRange(node.Calls.Count, 1, 45);
    }

    [Fact]
    public async Task New_sales_are_followed_from_there()
    {
        int sales = 5000;
        var node = new ScriptedNode((method, given) => new Provider { Sales = sales }.Answer(method, given));
        var latest = new LatestSales(node);
        await latest.ReadAsync(20, default);
        node.Calls.Clear();
        sales = 5700;
        (IReadOnlyList<Sale> newest, _) = await latest.ReadAsync(20, default);
        Assert.Equal((5681UL, 5700UL), (newest[0].Number, newest[^1].Number));
        Assert.Equal(3, node.Calls.Count);
        node.Calls.Clear();
        await latest.ReadAsync(20, default);
        Assert.Single(node.Calls);
    }

    [Fact]
    public async Task All_pages_of_the_income_are_read()
    {
        var provider = new Provider { Days = [.. Enumerable.Range(0, 2500).Select(static day => Provider.Day(new DateOnly(2020, 1, 1).AddDays(day).ToString("yyyy-MM-dd"), 1))] };
        ScriptedNode node = provider.Node();
        (IReadOnlyList<Income> days, _, NodeProblem? problem) = await IncomeQuestions.DaysAsync(node, new DateOnly(2020, 1, 1), new DateOnly(2026, 11, 28), default);
        Assert.Null(problem);
        Assert.Equal(2500, days.Count);
        Assert.Equal(3, node.Calls.Count);
        Assert.Equal(2500, days.Select(static day => day.Day).Distinct().Count());
    }

    [Fact]
    public void A_delay_is_from_the_last_part_to_the_first_forward_of_the_same_payment()
    {
        const string story = """
            {"events":[{"at":"2026-11-28T05:00:00.000Z","event":"part","payment_hash":"a"},{"at":"2026-11-28T05:00:03.000Z","event":"parts_failed","payment_hash":"a"},
            {"at":"2026-11-28T05:00:10.000Z","event":"part","payment_hash":"b"},{"at":"2026-11-28T05:00:12.500Z","event":"part","payment_hash":"b"},
            {"at":"2026-11-28T05:00:12.545Z","event":"forwarded","payment_hash":"b"},{"at":"2026-11-28T05:00:13.000Z","event":"forwarded","payment_hash":"b"}]}
            """;
        Assert.Equal(TimeSpan.FromMilliseconds(45), ForwardDelays.Of(ScriptedNode.Parse(story)));
        Assert.Null(ForwardDelays.Of(ScriptedNode.Parse("""{"events":[{"at":"2026-11-28T05:00:12.545Z","event":"forwarded","payment_hash":"b"},{"at":"x","event":"part","payment_hash":"b"}]}""")));
        Assert.Null(ForwardDelays.Of(ScriptedNode.Parse("""{"events":7}""")));
    }

    [Fact]
    public async Task Stories_are_read_of_so_many_sales_and_for_so_long_only()
    {
        var provider = new Provider { Sales = 1000 };
        var time = new FakeTimeProvider();
        ScriptedNode node = provider.Node();
        (IReadOnlyList<Sale> sales, _) = await new LatestSales(node).ReadAsync(1000, default);
        (IReadOnlyList<TimeSpan> delays, _) = await ForwardDelays.ReadAsync(node, sales, time, default);
        Assert.Equal(ForwardDelays.Most, delays.Count);

        var slow = new ScriptedNode((method, given) =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return provider.Answer(method, given);
        });
        (delays, _) = await ForwardDelays.ReadAsync(slow, sales, time, default);
        Assert.Equal(21, delays.Count);
    }

    [Fact]
    public void Members_that_are_missing_or_of_another_kind_are_not_there()
    {
        Income empty = Income.Read(ScriptedNode.Parse("[]")), odd = Income.Read(ScriptedNode.Parse("""{"group":7,"sales_paid":"3","net_msat":1e40,"losses":[7,{"count":1}]}"""));
        Assert.Equal((0L, 0m), (empty.Paid, empty.Net.Msat));
        Assert.Equal((0L, 0m, 2), (odd.Paid, odd.Net.Msat, odd.Causes.Count));
        Assert.Null(ProviderNow.Read(ScriptedNode.Parse("""{"version":"1"}""")));
        Assert.False(ProviderNow.Read(ScriptedNode.Parse("""{"provider":{}}"""))!.IsReady);
    }
}

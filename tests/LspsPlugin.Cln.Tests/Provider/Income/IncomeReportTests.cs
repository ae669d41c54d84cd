using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Cln.Tests.Provider.Income;

/// <summary>The sums over the ledger.</summary>
public class IncomeReportTests
{
    private static readonly IncomeKey First = IncomeKey.Of(1, IncomeSample.Channel(1));

    [Fact]
    public void A_paid_sale_earns_its_fee_less_the_cost_of_its_funding()
    {
        IncomeSums total = IncomeSample.Report(IncomeSample.Book((1, IncomeSample.Paid()))).Groups["total"];
        Assert.Equal((1, 0, 0), (total.Paid, total.Failed, total.Expired));
        Assert.Equal((new Msat(20_000), new Msat(1000), new Msat(400)), (total.Forwarded, total.OpeningFees, total.FundingCost));
        Assert.Equal((600L, new Msat(50_000), new Msat(50_000), 12_000L), (total.Net, total.Capital, total.Bound!.Value, total.Yield!.Value));
    }

    [Fact]
    public void A_funding_that_nobody_paid_for_is_a_loss_and_no_cost_of_fundings()
    {
        IncomeEntry unpaid = IncomeSample.Paid() with { Result = SaleResult.Failed, Reason = FailureReason.NeverPaid, OpeningFee = Msat.Zero, Forwarded = Msat.Zero };
        IncomeSums total = IncomeSample.Report(IncomeSample.Book((1, unpaid))).Totals;
        Assert.Equal((1, new Msat(400)), total.Losses[FailureReason.NeverPaid]);
        Assert.Equal((Msat.Zero, -400L, 1), (total.FundingCost, total.Net, total.Failed));
        Assert.Equal(new Msat(50_000), total.Capital);
    }

    [Fact]
    public void A_funding_sent_before_midnight_and_paid_after_it_costs_on_the_first_day()
    {
        IncomeReport report = IncomeSample.Report(IncomeSample.Book((1, IncomeSample.Paid() with { FundedAt = Sample.Now.AddMilliseconds(-1) })), Grouping.Day);
        Assert.Equal([Days.Write(IncomeSample.Today - 1), Days.Write(IncomeSample.Today)], report.Groups.Keys);
        Assert.Equal([-400L, 1000L], report.Groups.Values.Select(static sums => sums.Net));
        Assert.Equal([0, 1], report.Groups.Values.Select(static sums => sums.Paid));
    }

    [Fact]
    public void A_sale_that_was_paid_after_all_has_not_failed()
    {
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Failed(daysAgo: 2)), (1, IncomeSample.Paid()), (2, IncomeSample.Failed()));
        IncomeSums total = IncomeSample.Report(book).Totals;
        Assert.Equal((1, 1), (total.Paid, total.Failed));
        Assert.Equal(1, Assert.Single(total.Losses).Value.Count);
    }

    [Fact]
    public void A_failed_attempt_of_an_offer_that_can_still_be_paid_is_not_its_end()
    {
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Failed()), (2, IncomeSample.Failed()));
        Assert.Equal(1, IncomeReport.Of(book, [], new HashSet<ulong> { 2 }, null, IncomeSample.Today, Grouping.Day).Totals.Failed);
    }

    /// <summary>An earlier version drops the number of a sale, which then gets another one.</summary>
    [Fact]
    public void A_channel_that_was_entered_under_two_numbers_counts_once()
    {
        IncomeSums total = IncomeSample.Report(IncomeSample.Book((1, IncomeSample.Paid()), (1001, IncomeSample.Paid()))).Totals;
        Assert.Equal((1, 600L, new Msat(50_000)), (total.Paid, total.Net, total.Capital));
    }

    [Fact]
    public void Sales_that_the_ledger_does_not_have_are_counted_with_the_others()
    {
        IncomeBook book = IncomeSample.Book((2, IncomeSample.Paid(2)));
        IncomeRow[] live = [.. new ulong[] { 1, 3 }.Select(sale => book.RowOf(IncomeKey.Of(sale, IncomeSample.Channel(sale)), IncomeSample.Paid(sale)))];
        IncomeReport report = IncomeReport.Of(book, live, new HashSet<ulong>(), null, IncomeSample.Today, Grouping.Total);
        Assert.Equal((3, new Msat(3000)), (report.Totals.Paid, report.Totals.OpeningFees));
    }

    [Fact]
    public void Capital_is_bound_from_the_funding_to_the_close_also_of_sales_before_the_period()
    {
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Paid(1, daysAgo: 60)), (2, IncomeSample.Paid(2, daysAgo: 3)), (3, IncomeSample.Failed()));
        book.Close(First, new ClosedChannel(IncomeSample.Today - 1, new Msat(77)));
        IncomeReport days = IncomeSample.Report(book, Grouping.Day, from: IncomeSample.Today - 5);
        Assert.Equal([100_000UL, 50_000UL, 50_000UL], days.Groups.Values.Select(static sums => sums.Bound!.Value.Value));
        Assert.Equal([600L, -77L, 0L], days.Groups.Values.Select(static sums => sums.Net));
        IncomeReport months = IncomeSample.Report(book, Grouping.Month);
        Assert.Equal(["2026-09", "2026-11"], months.Groups.Keys);
        Assert.Equal([50_000UL, 50_000UL], months.Groups.Values.Select(static sums => sums.Bound!.Value.Value));
        Assert.Equal(new Msat(77), months.Totals.ClosingCost);
        Assert.Equal(IncomeSample.Today - 60, months.From);
        Assert.Null(IncomeSample.Report(book, Grouping.Client).Groups.Values.Single().Bound);
    }

    [Fact]
    public void A_close_of_unknown_cost_is_counted_as_such()
    {
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Paid()));
        book.Close(First, new ClosedChannel(IncomeSample.Today, null));
        IncomeReport report = IncomeSample.Report(book);
        Assert.Equal((1, 600L, Msat.Zero), (report.UnknownCloses, report.Totals.Net, report.Totals.Bound!.Value));
    }

    [Fact]
    public void Groups_are_clients_tokens_and_menu_entries()
    {
        IncomeEntry token = IncomeSample.Paid(2) with { Token = "spring", Menu = (0, 100), Client = Sample.Provider };
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Paid()), (2, token), (3, IncomeSample.Failed()));
        Assert.Equal(["none", "spring"], IncomeSample.Report(book, Grouping.Token).Groups.Keys);
        Assert.Equal(["0ppm/100", "4000ppm/4320", "unknown"], IncomeSample.Report(book, Grouping.Menu).Groups.Keys);
        Assert.Equal([Sample.Provider.ToString(), Sample.Client.ToString()], IncomeSample.Report(book, Grouping.Client).Groups.Keys);
    }

    /// <summary>The node's fee of a part is what it kept of it: the opening fee.</summary>
    [Fact]
    public void The_nodes_fees_contain_the_opening_fee_which_is_no_routing_fee()
    {
        IncomeBook book = IncomeSample.Book((1, IncomeSample.Paid(daysAgo: 3)));
        book.Route(new RoutedFee(First, IncomeSample.Today - 3, new Msat(900)));
        book.Route(new RoutedFee(First, IncomeSample.Today - 2, new Msat(150))); // the last part, and 50 of later payments
        book.Route(new RoutedFee(First, IncomeSample.Today, new Msat(7)));
        IncomeReport report = IncomeSample.Report(book, Grouping.Day);
        Assert.Equal([0UL, 50UL, 7UL], report.Groups.Values.Select(static sums => sums.RoutingFees.Value));
        Assert.Equal((new Msat(1000), 657L), (report.Totals.OpeningFees, report.Totals.Net));
    }

    [Fact]
    public void Rows_of_the_payment_that_the_node_deleted_before_they_were_read_take_nothing_from_later_ones() =>
        Assert.Equal([(12, new Msat(7))], IncomeReport.WithoutOpeningFee([KeyValuePair.Create(12, new Msat(7))], new Msat(1000), earned: 10));

    /// <summary>Whatever the sales are: the groups of a period add up to its total, and periods to the whole.</summary>
    [Fact]
    public void Groups_and_periods_add_up() => Prop.ForAll(
        Gen.Choose(0, 1 << 20).ArrayOf().ToArbitrary(),
        static seeds =>
        {
            IncomeBook book = Random(seeds);
            long whole = IncomeSample.Report(book).Totals.Net;
            foreach (Grouping by in Enum.GetValues<Grouping>())
            {
                IncomeReport report = IncomeSample.Report(book, by);
                Assert.Equal(whole, report.Groups.Values.Sum(static sums => sums.Net));
                Assert.Equal(report.Totals.Paid, report.Groups.Values.Sum(static sums => sums.Paid));
                Assert.Equal(report.Totals.Lost.Value, (ulong)report.Groups.Values.Sum(static sums => (long)sums.Lost.Value));
            }

            int cut = IncomeSample.Today - 5;
            Assert.Equal(whole, IncomeSample.Report(book, to: cut).Totals.Net + IncomeSample.Report(book, from: cut + 1).Totals.Net);
        }).QuickCheckThrowOnFailure();

    private static IncomeBook Random(int[] seeds)
    {
        var book = new IncomeBook();
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], age = seed % 20;
            IncomeEntry entry = (seed % 7) switch
            {
                0 => IncomeSample.Failed(daysAgo: age),
                1 => IncomeSample.Paid((ulong)i + 1, age) with { Result = SaleResult.Failed, Reason = FailureReason.NeverPaid, OpeningFee = Msat.Zero },
                2 => IncomeSample.Paid((ulong)i + 1, age) with { Token = "t", FundedAt = Sample.Now.AddDays(-age - 1) },
                _ => IncomeSample.Paid((ulong)i + 1, age) with { Menu = (1, (uint)(seed % 3)) },
            };
            var key = entry.HasMoney ? IncomeKey.Of((ulong)i, entry.Channel!.Value) : new IncomeKey((ulong)i, 0);
            book.Put(key, entry);
            if (seed % 3 == 0 && entry.HasMoney) book.Close(key, new ClosedChannel(IncomeSample.Today - (age / 2), new Msat((ulong)(seed % 100))));
            if (seed % 5 == 0 && entry.HasMoney) book.Route(new RoutedFee(key, IncomeSample.Today - (age / 3), new Msat((ulong)(seed % 3000))));
        }

        return book;
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>What may be lost on one client and on all, and for how long a loss counts.</summary>
public class LossLedgerTests
{
    private static readonly NodeId Client = Node('1'), Other = Node('2'), Stranger = Node('3');

    private readonly FakeTimeProvider _clock = new();
    private readonly List<(NodeId Client, Sat Amount)> _atRisk = [];
    private readonly LossLedger _ledger;

    public LossLedgerTests() =>
        _ledger = new LossLedger(static () => new LossLimits(new Sat(10_000), new Sat(25_000), TimeSpan.FromDays(30)), () => _atRisk, _clock);

    [Fact]
    public void What_is_at_risk_and_what_is_lost_count_together_against_the_client_and_against_all()
    {
        _atRisk.Add((Client, new Sat(4000)));
        Lose(1, Client, 3000);
        Assert.Equal((new Sat(4000), new Sat(3000)), (_ledger.AtRisk, _ledger.Lost));
        Assert.True(_ledger.Allows(Client, new Sat(3000)));
        Assert.False(_ledger.Allows(Client, new Sat(3001)));
        Assert.True(_ledger.Allows(Other, new Sat(10_000)));
        Assert.False(_ledger.Allows(Other, new Sat(10_001)));

        _atRisk.Add((Other, new Sat(5000)));
        Lose(2, Other, 3001);
        Assert.Equal((new Sat(9000), new Sat(6001)), (_ledger.AtRisk, _ledger.Lost));
        Assert.True(_ledger.Allows(Stranger, new Sat(9999)));
        Assert.False(_ledger.Allows(Stranger, new Sat(10_000))); // 25,001 of all
    }

    [Theory]
    [InlineData(10_000, 25_000, true)]
    [InlineData(10_001, 25_000, false)]
    [InlineData(10_000, 25_001, false)]
    public void What_an_offer_may_cost_is_one_amount_and_what_all_may_cost_another(ulong onClient, ulong onAll, bool allowed) =>
        Assert.Equal(allowed, _ledger.Allows(Client, new Sat(onClient), new Sat(onAll)));

    [Fact]
    public void A_later_loss_on_the_same_offer_takes_the_place_of_the_earlier_one()
    {
        Lose(1, Client, 3000);
        Lose(1, Client, 500);
        Assert.Equal(new Sat(500), _ledger.Lost);
        Assert.Single(_ledger.Losses);
    }

    [Theory]
    [InlineData(ulong.MaxValue - 1, 1)]
    [InlineData(ulong.MaxValue, 1)]
    public void A_sum_beyond_all_numbers_is_the_largest_number_and_allows_nothing(ulong first, ulong second)
    {
        _atRisk.AddRange([(Client, new Sat(first)), (Other, new Sat(second))]);
        Assert.Equal(new Sat(ulong.MaxValue), _ledger.AtRisk);
        Assert.False(_ledger.Allows(Stranger, new Sat(0)));
    }

    [Fact]
    public void A_loss_counts_for_its_time_to_the_end()
    {
        Lose(1, Client, 3000);
        _clock.Advance(TimeSpan.FromDays(1));
        Lose(2, Client, 400);
        _clock.Advance(TimeSpan.FromDays(29));
        Assert.Empty(_ledger.TakeForgiven());
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new Sat(3000), Assert.Single(_ledger.TakeForgiven()).Amount);
        Assert.Empty(_ledger.TakeForgiven());
        Assert.Equal(new Sat(400), _ledger.Lost);
    }

    private void Lose(uint offer, NodeId client, ulong amount) => _ledger.Add(new Loss(Scid.Of(900_000, offer, 1), client, new Sat(amount), _clock.GetUtcNow()));

    private static NodeId Node(char digit) => NodeId.Parse("02" + new string(digit, 64));
}

using System.Globalization;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Tests;

/// <summary>The operator's page explains every option once, and its example is what the code charges.</summary>
public class OperatingPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Recorded.Root, "docs", "operating.md"));

    private static readonly string[] Lines = Page.Split('\n');

    [Fact]
    public void Every_option_is_explained_once() =>
        Assert.Equal(Manifest.Embedded.Options.Keys.Order(), Lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]).Order());

    [Theory]
    [InlineData(500_000)]
    [InlineData(2_000_000)]
    public void The_worked_price_is_what_a_wallet_pays(long payment)
    {
        (PriceList list, ChainFees chain) = (Configured(), At(satPerVbyte: 10));
        OpeningFeeParams entry = Assert.Single(list.Menu(token: null, DateTimeOffset.UnixEpoch, chain)!);
        Msat size = new Sat((ulong)payment).ToMsat();
        Assert.True(OpeningFee.TryCompute(size, entry, out Msat fee));
        long paid = (long)fee.Value / 1000, cost = (long)chain.CostOfChannel().Value, channel = (long)list.Size.For(size).Value;
        string row = string.Join(" | ", new[] { payment, payment * 6 / 1000, paid, payment - paid, channel, cost, paid - cost }.Select(Sats));
        Assert.Contains($"| {row} |", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_happens_when_the_chain_becomes_dear_is_what_the_page_says()
    {
        ulong promised = Least(10), dear = At(50).CostOfChannel().Value, tooDear = At(160).CostOfChannel().Value;
        Assert.Contains($"the minimum opening fee is {Sats((long)promised)}", Page, StringComparison.Ordinal);
        Assert.Contains($"the on-chain cost is {Sats((long)dear)} and the minimum opening fee is {Sats((long)Least(50))}", Page, StringComparison.Ordinal);
        Assert.Contains($"you pay the missing {Sats((long)(dear - promised))}", Page, StringComparison.Ordinal);
        Assert.Contains($"would cost {Sats((long)tooDear)}, {Sats((long)(tooDear - promised))} more than promised", Page, StringComparison.Ordinal);
        Assert.True(tooDear - promised > (ulong)Manifest.Embedded.Options["lsps2-max-shortfall-sat"].DefaultNumber!);
    }

    private static ulong Least(uint satPerVbyte) => Assert.Single(Configured().Menu(token: null, DateTimeOffset.UnixEpoch, At(satPerVbyte))!).MinFee.Value / 1000;

    /// <summary>The page's configuration.</summary>
    private static PriceList Configured()
    {
        var set = new Dictionary<string, System.Text.Json.JsonElement>();
        foreach (string[] line in Lines.Where(line => line.StartsWith("lsps2-", StringComparison.Ordinal)).Select(line => line.Split('='))) set[line[0]] = PluginOptions.FromText(Manifest.Embedded.Options[line[0]], line[1]);
        set[PluginOptions.ServiceFlag] = System.Text.Json.JsonDocument.Parse("true").RootElement;
        (PluginOptions? options, string? problem) = PluginOptions.Bind(set);
        Assert.Null(problem);
        Assert.Equal(4, set.Count);
        return options!.Provider!.Prices;
    }

    private static ChainFees At(uint satPerVbyte) => new(new FeeratePerKw(satPerVbyte * 250), new FeeratePerKw(satPerVbyte * 250));

    private static string Sats(long amount) => string.Create(CultureInfo.InvariantCulture, $"{amount:N0} sat");
}

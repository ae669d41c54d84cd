using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The operator's file of prices, as it comes, changes, breaks and is mended while the plugin runs.</summary>
public sealed class PriceBookTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("lsps-prices-").FullName, "prices.json");
    private readonly Pipe _log = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly PriceBook _book;
    private ProviderOptions _options;

    public PriceBookTests()
    {
        _options = Bind(("lsps2-price-file", $"\"{_file}\""));
        _book = new PriceBook(() => _options, new HostLog(new JsonRpcWriter(_log.Writer)));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Without_a_file_the_options_are_the_prices()
    {
        _options = Bind();
        Assert.Same(_options.Prices, _book.Current());
    }

    [Fact]
    public void A_changed_file_counts_at_once_and_one_that_breaks_changes_nothing()
    {
        Write("""{"menu":[{"min_fee_msat":1}]}""");
        Assert.Equal(new Msat(1), Assert.Single(_book.Current().Entries).MinFee);
        Write("""{"menu":[{"min_fee_msat":22}]}""");
        Assert.Equal(new Msat(22), Assert.Single(_book.Current().Entries).MinFee);
        Assert.Equal(2, Logged().Count(line => line.Contains("prices.json are read: 1 in the menu, and 0 token(s)", StringComparison.Ordinal)));
        Write("""{"menu":[{"min_fee_msat":333}""");
        Assert.Equal(new Msat(22), Assert.Single(_book.Current().Entries).MinFee);
        Assert.Equal(new Msat(22), Assert.Single(_book.Current().Entries).MinFee);
        string line = Assert.Single(Logged());
        Assert.Contains("prices.json cannot be read: not JSON", line, StringComparison.Ordinal);
        Assert.Contains("those read before stay in force", line, StringComparison.Ordinal);
        Write("""{"menu":[{"min_fee_msat":4444}]}""");
        Assert.Equal(new Msat(4444), Assert.Single(_book.Current().Entries).MinFee);
        Assert.Contains("are read", Assert.Single(Logged()), StringComparison.Ordinal);
        File.Delete(_file);
        Assert.Equal(new Msat(4444), Assert.Single(_book.Current().Entries).MinFee);
        Assert.Contains("there is no such file", Assert.Single(Logged()), StringComparison.Ordinal);
    }

    [Fact]
    public void Until_a_file_was_read_nothing_is_sold()
    {
        Assert.Empty(_book.Current().Entries);
        Assert.Contains("nothing is sold until they can", Assert.Single(Logged()), StringComparison.Ordinal);
        Write("""{"menu":[{}]}""");
        Assert.Single(_book.Current().Entries);
    }

    [Fact]
    public void A_changed_option_shines_through_the_file()
    {
        Write("""{"menu":[{"min_fee_msat":1}],"tokens":{"t":[{}]}}""");
        Assert.Equal(4000u, _book.Current().Tokens["t"][0].Proportional.Value);
        _options = Bind(("lsps2-price-file", $"\"{_file}\""), ("lsps2-fee-ppm", "7"));
        Assert.Single(Logged());
        PriceList list = _book.Current();
        Assert.Empty(Logged());
        Assert.Equal((7u, 7u), (list.Tokens["t"][0].Proportional.Value, list.Entries[0].Proportional.Value));
    }

    private static ProviderOptions Bind(params (string Name, string Json)[] given)
    {
        Dictionary<string, JsonElement> all = new() { ["experimental-lsps2-service"] = Element("true") };
        foreach ((string name, string json) in given) all[name] = Element(json);
        return PluginOptions.Bind(all).Options!.Provider!;
    }

    private static JsonElement Element(string json) => JsonDocument.Parse(json).RootElement;

    /// <summary>Every version has another length: two writes can fall into one tick of the file system's clock.</summary>
    private void Write(string text) => File.WriteAllText(_file, text);

    private string[] Logged()
    {
        if (!_log.Reader.TryRead(out ReadResult read)) return [];
        string[] lines = Encoding.UTF8.GetString(read.Buffer).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        _log.Reader.AdvanceTo(read.Buffer.End);
        return lines;
    }
}

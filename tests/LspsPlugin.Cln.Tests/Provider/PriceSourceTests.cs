using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>The operator's file of prices, as it comes, changes, breaks and is mended while the plugin runs.</summary>
public sealed class PriceSourceTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("lsps-prices-").FullName, "prices.json");
    private readonly Pipe _log = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly PriceSource _book;
    private ProviderOptions _options;

    public PriceSourceTests()
    {
        _options = Bind(("lsps2-price-file", $"\"{_file}\""));
        _book = new PriceSource(() => _options, FileReader.AtOnce, new FakeTimeProvider(), new HostLog(new JsonRpcWriter(_log.Writer)));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Without_a_file_the_options_are_the_prices()
    {
        _options = Bind();
        Assert.Same(_options.Prices, Looked());
    }

    [Fact]
    public void A_changed_file_counts_at_once_and_one_that_breaks_changes_nothing()
    {
        Write("""{"menu":[{"min_fee_msat":1}]}""");
        Assert.Equal(new Msat(1), Assert.Single(Looked().Entries).MinFee);
        Write("""{"menu":[{"min_fee_msat":22}]}""");
        Assert.Equal(new Msat(22), Assert.Single(Looked().Entries).MinFee);
        Assert.Equal(2, Logged().Count(line => line.Contains("prices.json are read: 1 in the menu, and 0 token(s)", StringComparison.Ordinal)));
        Write("""{"menu":[{"min_fee_msat":333}""");
        Assert.Equal(new Msat(22), Assert.Single(Looked().Entries).MinFee);
        Assert.Equal(new Msat(22), Assert.Single(Looked().Entries).MinFee);
        string line = Assert.Single(Logged());
        Assert.Contains("prices.json cannot be read: invalid JSON", line, StringComparison.Ordinal);
        Assert.Contains("the previous prices stay in force", line, StringComparison.Ordinal);
        Write("""{"menu":[{"min_fee_msat":4444}]}""");
        Assert.Equal(new Msat(4444), Assert.Single(Looked().Entries).MinFee);
        Assert.Contains("are read", Assert.Single(Logged()), StringComparison.Ordinal);
        File.Delete(_file);
        Assert.Equal(new Msat(4444), Assert.Single(Looked().Entries).MinFee);
        Assert.Contains("there is no such file", Assert.Single(Logged()), StringComparison.Ordinal);
    }

    [Fact]
    public void Until_a_file_was_read_nothing_is_sold()
    {
        Assert.Empty(Looked().Entries);
        Assert.Contains("nothing is sold until they can", Assert.Single(Logged()), StringComparison.Ordinal);
        Write("""{"menu":[{}]}""");
        Assert.Single(Looked().Entries);
    }

    [Fact]
    public void A_changed_option_shines_through_the_file()
    {
        Write("""{"menu":[{"min_fee_msat":1}],"tokens":{"t":[{}]}}""");
        Assert.Equal(4000u, Looked().Tokens["t"][0].Proportional.Value);
        _options = Bind(("lsps2-price-file", $"\"{_file}\""), ("lsps2-fee-ppm", "7"));
        Assert.Single(Logged());
        PriceList list = Looked();
        Assert.Empty(Logged());
        Assert.Equal((7u, 7u), (list.Tokens["t"][0].Proportional.Value, list.Entries[0].Proportional.Value));
    }

    /// <summary>A mount that is gone keeps the loop for no time, and a client for a moment, once.</summary>
    [Fact]
    [Covers("S26")]
    public void A_file_system_that_does_not_answer_changes_nothing_and_is_told() => EventLoop.Run(async loop =>
    {
        var clock = new FakeTimeProvider();
        var files = new Silent();
        var book = new PriceSource(() => _options, files, clock, new HostLog(new JsonRpcWriter(_log.Writer)));
        book.Look();
        files.Answer(new FileRead(new FileStamp(_file, default, 30), """{"menu":[{"min_fee_msat":22}]}"""u8.ToArray()));
        Assert.Contains("are read", Assert.Single(await LoggedAsync()), StringComparison.Ordinal);

        Task asked = book.RefreshAsync();
        Assert.False(asked.IsCompleted);
        clock.Advance(PriceSource.Patience);
        await asked;
        Assert.Equal(new Msat(22), Assert.Single(book.Current().Entries).MinFee);
        string line = Assert.Single(await LoggedAsync());
        Assert.Contains("the file system has not answered for 2 s; the previous prices stay in force", line, StringComparison.Ordinal);

        // From now on nobody waits, no second thread is held, and nothing is told twice.
        Assert.True(book.RefreshAsync().IsCompleted);
        Assert.Equal(1, files.Waiting);
        Assert.Empty(await LoggedAsync());
        files.Answer(new FileRead(new FileStamp(_file, default, 30)));
        Assert.Contains("responds again", Assert.Single(await LoggedAsync()), StringComparison.Ordinal);
        return 0;
    });

    [Fact]
    public void Off_the_loop_a_file_is_read_and_told_on_the_loop()
    {
        Write("""{"menu":[{"min_fee_msat":22}]}""");
        EventLoop.Run(async loop =>
        {
            int thread = Environment.CurrentManagedThreadId;
            var read = new TaskCompletionSource<FileRead>();
            FileReader.OffTheLoop.Read(_file, default, 100, found =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                read.SetResult(found);
            });
            Assert.Equal(30, (await read.Task).Content!.Length);
            return 0;
        });
        FileReader.AtOnce.Read(_file, default, 29, found => Assert.Equal("it has more than 29 bytes", found.Problem));
        FileReader.AtOnce.Read("/dev/zero", default, 29, found => Assert.Equal("it has more than 29 bytes", found.Problem));
        FileReader.AtOnce.Read(Path.GetDirectoryName(_file)!, default, 29, found => Assert.NotNull(found.Problem));
    }

    private PriceList Looked()
    {
        _book.Look();
        return _book.Current();
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

    /// <summary>On the loop what was written goes out with the next turn.</summary>
    private async Task<string[]> LoggedAsync()
    {
        for (int turn = 0; turn < 3; turn++) await Task.Yield();
        return Logged();
    }

    private string[] Logged()
    {
        if (!_log.Reader.TryRead(out ReadResult read)) return [];
        string[] lines = Encoding.UTF8.GetString(read.Buffer).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        _log.Reader.AdvanceTo(read.Buffer.End);
        return lines;
    }

    /// <summary>Answers when a test says so.</summary>
    private sealed class Silent : IFileReader
    {
        private readonly Queue<Action<FileRead>> _asked = new();

        public int Waiting => _asked.Count;

        public void Read(string path, FileStamp known, int mostBytes, Action<FileRead> done) => _asked.Enqueue(done);

        public void Answer(FileRead read) => _asked.Dequeue()(read);
    }
}

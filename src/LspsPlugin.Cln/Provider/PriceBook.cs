using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// The price list in force: the options, and over them the file. The file is looked at when we start, with each block and whenever a
/// client asks, and read when it has changed. A version that cannot be read changes nothing, and neither does a file system that does not
/// answer; until a first one was read nothing is sold, because no price is known.
/// </summary>
internal sealed class PriceBook(Func<ProviderOptions> options, IFileReader files, TimeProvider time, HostLog log)
{
    /// <summary>For so long a client waits for the file to be looked at.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly List<TaskCompletionSource> _waiting = [];
    private byte[]? _content;
    private FileStamp _seen;
    private PriceList? _read;
    private PriceList? _readOver;
    private string? _told;
    private bool _looking;
    private bool _hung;
    private long _lookedAt;

    /// <summary>From memory.</summary>
    public PriceList Current()
    {
        ProviderOptions now = options();
        if (now.PriceFile is not { } path) return now.Prices;
        if (_content is { } content && !ReferenceEquals(_readOver, now.Prices)) Read(path, content, now.Prices, isNew: false);
        return _read ?? now.Prices with { Entries = [], Tokens = PriceList.NoTokens };
    }

    /// <summary>Looks whether the file has changed. One look at a time: one that is never answered holds one thread, and is told.</summary>
    public void Look()
    {
        if (options().PriceFile is not { } path) return;
        if (_looking)
        {
            _hung = time.GetElapsedTime(_lookedAt) >= Patience;
            if (_hung) Tell(path, $"the file system has not answered for {Patience.TotalSeconds} s");
            return;
        }

        (_looking, _lookedAt) = (true, time.GetTimestamp());
        files.Read(path, _seen, PriceFile.MaxBytes, Take);
    }

    /// <summary>Looks at the file, and waits for what it says no longer than a moment.</summary>
    public async Task RefreshAsync()
    {
        Look();
        if (_looking && !_hung)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(turn);
            using ITimer timer = LoopTimer.Start(time, Patience, () => turn.TrySetResult());
            await turn.Task;
            _waiting.Remove(turn);
            if (_looking) Look();
        }
    }

    private void Take(FileRead read)
    {
        if (_hung && read.Problem is null)
        {
            log.Info($"provider: the file system responds again for the prices of {read.Stamp.Path}");
            _told = null;
        }

        // What could not be read is tried again with the next look; what is no price list only when it has changed.
        (_looking, _hung, _seen) = (false, false, read.Problem is null ? read.Stamp : default);
        if (read.Problem is { } problem) Tell(read.Stamp.Path, problem);
        else if (read.Content is { } content) Read(read.Stamp.Path, content, options().Prices, isNew: true);
        foreach (TaskCompletionSource turn in _waiting) turn.TrySetResult();
    }

    private void Read(string path, byte[] content, PriceList over, bool isNew)
    {
        PriceList? read = PriceFile.Read(content, over, out string? problem);
        _readOver = over;
        if (read is null)
        {
            Tell(path, problem!);
            return;
        }

        (_content, _read, _told) = (content, read, null);
        if (isNew) log.Info($"provider: the prices of {path} are read: {read.Entries.Length} in the menu, and {read.Tokens.Count} token(s) with prices of their own");
    }

    private void Tell(string path, string problem)
    {
        string line = $"provider: the prices of {path} cannot be read: {problem}; {(_read is null ? "nothing is sold until they can be read" : "the previous prices stay in force")}";
        if (line != _told) log.Error(line);
        _told = line;
    }
}

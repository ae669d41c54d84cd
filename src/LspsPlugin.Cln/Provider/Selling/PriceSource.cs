using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>
/// The current price list: the options, overridden by the price file. The file is checked at start, with each block and on each client
/// request, and read if it has changed. An invalid version or a file system that hangs changes nothing; until a first version has been read
/// nothing is sold, because no price is known.
/// </summary>
internal sealed class PriceSource(Func<ProviderOptions> options, IFileReader files, TimeProvider time, HostLog log)
{
    /// <summary>How long a client waits for the file check.</summary>
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

    /// <summary>Why the last version of the price file cannot be read; null if it can, or there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Returns the price list from memory.</summary>
    public PriceList Current()
    {
        ProviderOptions now = options();
        if (now.PriceFile is not { } path) return now.Prices;
        if (_content is { } content && !ReferenceEquals(_readOver, now.Prices)) Read(path, content, now.Prices, isNew: false);
        return _read ?? now.Prices with { Entries = [], Tokens = PriceList.NoTokens };
    }

    /// <summary>
    /// Starts a check whether the file has changed. Only one check runs at a time; one that hangs occupies one thread and is logged.
    /// </summary>
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

    /// <summary>Checks the file, and waits for the result for a limited time.</summary>
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
            _told = Problem = null;
        }

        // A read error is retried at the next check; an invalid price list only after the file has changed.
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

        (_content, _read, _told, Problem) = (content, read, null, null);
        if (isNew) log.Info($"provider: the prices of {path} are read: {read.Entries.Length} in the menu, and {read.Tokens.Count} token(s) with prices of their own");
    }

    private void Tell(string path, string problem)
    {
        Problem = $"{path}: {problem}";
        string line = $"provider: the prices of {path} cannot be read: {problem}; {(_read is null ? "nothing is sold until they can be read" : "the previous prices stay in force")}; correct the file, which is read again when it changes";
        if (line != _told) log.Error(line);
        _told = line;
    }
}

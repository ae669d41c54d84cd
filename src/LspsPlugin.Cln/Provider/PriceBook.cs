using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Provider;

/// <summary>
/// The price list in force: the options, and over them the file. The file is looked at when we start, with each block and whenever a
/// client asks, and read when it has changed. A version that cannot be read changes nothing; until a first one was read nothing is sold, because no price is known.
/// </summary>
internal sealed class PriceBook(Func<ProviderOptions> options, HostLog log)
{
    private readonly record struct Seen(string Path, DateTime Written, long Length);

    private PriceList? _read;
    private PriceList? _readOver;
    private Seen _seen;
    private string? _told;

    public PriceList Current()
    {
        ProviderOptions now = options();
        if (now.PriceFile is not { } path) return now.Prices;
        var file = new FileInfo(path);
        var found = new Seen(path, file.Exists ? file.LastWriteTimeUtc : default, file.Exists ? file.Length : -1);
        if (found != _seen || !ReferenceEquals(_readOver, now.Prices))
        {
            Read(file, now.Prices, isNew: found != _seen);
            (_seen, _readOver) = (found, now.Prices);
        }

        return _read ?? now.Prices with { Entries = [], Tokens = PriceList.NoTokens };
    }

    private void Read(FileInfo file, PriceList over, bool isNew)
    {
        try
        {
            string? problem = file.Exists ? file.Length > PriceFile.MaxBytes ? $"it has more than {PriceFile.MaxBytes} bytes" : null : "there is no such file";
            PriceList? read = problem is null ? PriceFile.Read(File.ReadAllBytes(file.FullName), over, out problem) : null;
            if (read is null)
            {
                Tell(file, problem!);
                return;
            }

            (_read, _told) = (read, null);
            if (isNew) log.Info($"provider: the prices of {file.FullName} are read: {read.Entries.Length} in the menu, and {read.Tokens.Count} token(s) with prices of their own");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell(file, e.Message);
        }
    }

    private void Tell(FileInfo file, string problem)
    {
        string line = $"provider: the prices of {file.FullName} cannot be read: {problem}; {(_read is null ? "nothing is sold until they can" : "those read before stay in force")}";
        if (line != _told) log.Error(line);
        _told = line;
    }
}

using System.Text.RegularExpressions;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A node's log over all its starts, read as it grows.</summary>
internal sealed partial class NodeLog(string path)
{
    /// <summary>An error of the node's own bookkeeping, after a restart with forwarded parts in progress; not caused by a plugin.</summary>
    private const string KnownDefect = "Unable to calculate fees collected";

    /// <summary>The plugin's log line for an invalid option: the operator's error, not the plugin's.</summary>
    private const string WrongOption = "plugin-lsps-plugin: does not run: ";

    private readonly List<string> _plugin = [];
    private readonly List<string> _broken = [];
    private long _read;
    private int _starts;

    /// <summary>The lines of our plugin, as "LEVEL text" with the plugin's names of the levels.</summary>
    public IReadOnlyList<string> Plugin
    {
        get
        {
            Read();
            return _plugin;
        }
    }

    /// <summary>All lines of the highest level.</summary>
    public IReadOnlyList<string> Broken
    {
        get
        {
            Read();
            return _broken;
        }
    }

    /// <summary>How often the node started: its plugins were initialized, and it served peers.</summary>
    public int Starts
    {
        get
        {
            Read();
            return _starts;
        }
    }

    private void Read()
    {
        if (!File.Exists(path)) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(_read, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        string added = reader.ReadToEnd();
        int whole = added.LastIndexOf('\n') + 1;
        _read += System.Text.Encoding.UTF8.GetByteCount(added.AsSpan(0, whole));
        foreach (ReadOnlySpan<char> line in added.AsSpan(0, whole).EnumerateLines()) Take(line);
    }

    private void Take(ReadOnlySpan<char> line)
    {
        if (line.Contains("Server started with public key", StringComparison.Ordinal)) _starts++;
        bool broken = line.Contains("**BROKEN**", StringComparison.Ordinal);
        if (broken && !line.Contains(KnownDefect, StringComparison.Ordinal) && !line.Contains(WrongOption, StringComparison.Ordinal)) _broken.Add(line.ToString());
        if (!line.Contains("plugin-lsps-plugin:", StringComparison.Ordinal)) return;
        Match match = PluginLine().Match(line.ToString());
        if (match.Success) _plugin.Add($"{Level(match.Groups["level"].Value)} {match.Groups["text"].Value}");
    }

    private static string Level(string word) => word switch
    {
        "UNUSUAL" => "warn",
        "**BROKEN**" => "error",
        _ => word.ToLowerInvariant(),
    };

    /// <summary>Matches the time, the level and the source of a line.</summary>
    [GeneratedRegex(@"^\S+ (?<level>\S+)\s+plugin-lsps-plugin: (?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PluginLine();
}

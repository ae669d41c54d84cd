using System.Text.RegularExpressions;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>The log of a node over all its starts, read as it grows.</summary>
internal sealed partial class NodeLog(string path)
{
    /// <summary>The node's own bookkeeping, after any restart with forwarded parts under way; nothing that a plugin did.</summary>
    private const string KnownDefect = "Unable to calculate fees collected";

    /// <summary>What our plugin says of an option that is set wrong: the operator's fault, not its own.</summary>
    private const string WrongOption = "plugin-lsps-plugin: does not run: ";

    private readonly List<string> _plugin = [];
    private readonly List<string> _broken = [];
    private long _read;
    private int _starts;

    /// <summary>What our plugin wrote, as "LEVEL text" in the plugin's own words for levels.</summary>
    public IReadOnlyList<string> Plugin
    {
        get
        {
            Read();
            return _plugin;
        }
    }

    /// <summary>Lines of the highest level, by whomever.</summary>
    public IReadOnlyList<string> Broken
    {
        get
        {
            Read();
            return _broken;
        }
    }

    /// <summary>How often the node came up: its plugins are initialized, and it serves peers.</summary>
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

    /// <summary>A time, a level, and who says it.</summary>
    [GeneratedRegex(@"^\S+ (?<level>\S+)\s+plugin-lsps-plugin: (?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PluginLine();
}

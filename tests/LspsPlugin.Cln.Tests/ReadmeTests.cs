using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Host;

namespace LspsPlugin.Cln.Tests;

/// <summary>
/// The README's tables of options and commands are the manifest's own words. They stand between <c>&lt;!-- options --&gt;</c> and
/// <c>&lt;!-- /options --&gt;</c>, <c>&lt;!-- commands --&gt;</c> and <c>&lt;!-- /commands --&gt;</c>; with LSPS_ACCEPT=1 they are written anew.
/// </summary>
public class ReadmeTests
{
    private static readonly JsonElement Face = JsonDocument.Parse(Manifest.Embedded.Json).RootElement;

    [Fact]
    public void The_table_of_options_is_the_manifests() => Check("options", Options());

    [Fact]
    public void The_table_of_commands_is_the_manifests() => Check("commands", Commands());

    private static void Check(string name, string table)
    {
        string path = Path.Combine(Recorded.Root, "README.md"), begin = $"<!-- {name} -->\n", end = $"<!-- /{name} -->";
        string readme = File.Exists(path) ? File.ReadAllText(path) : "";
        int from = readme.IndexOf(begin, StringComparison.Ordinal), to = readme.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from) Assert.Skip($"README.md has no place for the table: {begin.TrimEnd()} and {end}");
        from += begin.Length;
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(path, readme[..from] + table + readme[to..]);
        else Assert.Equal(table, readme[from..to]);
    }

    private static string Options()
    {
        var text = new StringBuilder("| option | type | default | |\n|---|---|---|---|\n");
        foreach (JsonElement option in Face.GetProperty("options").EnumerateArray())
        {
            string type = Text(option, "type");
            string preset = option.TryGetProperty("default", out JsonElement value) ? value.ToString() : type == "flag" ? "off" : "none";
            string change = option.TryGetProperty("dynamic", out JsonElement dynamic) && dynamic.GetBoolean() ? " *" : "";
            text.Append($"| `{Text(option, "name")}`{change} | {type} | {preset} | {Text(option, "description")} |\n");
        }

        return text.Append("\n\\* may be changed while the plugin runs: `lightning-cli setconfig OPTION VALUE`.\n").ToString();
    }

    private static string Commands()
    {
        var text = new StringBuilder("| command | |\n|---|---|\n");
        foreach (JsonElement method in Face.GetProperty("rpcmethods").EnumerateArray())
        {
            text.Append($"| `{Text(method, "name")}` {Parameters(Text(method, "usage"))} | {Text(method, "description")} |\n");
        }

        return text.ToString();
    }

    private static string Parameters(string usage) => string.Join(' ', usage.Split(' ').Select(parameter => parameter[0] == '[' ? $"[*{parameter.Trim('[', ']')}*]" : $"*{parameter}*"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}

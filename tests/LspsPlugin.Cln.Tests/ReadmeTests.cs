using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Host;

namespace LspsPlugin.Cln.Tests;

/// <summary>
/// What the README and the manual say of options and commands is the manifest's own words. They stand between <c>&lt;!-- NAME --&gt;</c> and
/// <c>&lt;!-- /NAME --&gt;</c>; with LSPS_ACCEPT=1 they are written anew.
/// </summary>
public class ReadmeTests
{
    private static readonly JsonElement Face = JsonDocument.Parse(Manifest.Embedded.Json).RootElement;

    [Fact]
    public void The_table_of_options_is_the_manifests() => Check("README.md", "options", Options());

    [Fact]
    public void The_table_of_commands_is_the_manifests() => Check("README.md", "commands", Commands());

    [Fact]
    public void The_manuals_options_are_the_manifests() => Check(Path.Combine("docs", "lsps-plugin.md"), "man-options", ManualOptions());

    [Fact]
    public void The_manual_has_a_section_for_every_command()
    {
        string manual = File.ReadAllText(Path.Combine(Recorded.Root, "docs", "lsps-plugin.md"));
        foreach (JsonElement method in Face.GetProperty("rpcmethods").EnumerateArray())
        {
            Assert.Contains($"### {Text(method, "name")} {Parameters(Text(method, "usage"))}\n", manual, StringComparison.Ordinal);
        }
    }

    private static void Check(string page, string name, string table)
    {
        string path = Path.Combine(Recorded.Root, page), begin = $"<!-- {name} -->\n", end = $"<!-- /{name} -->";
        string readme = File.Exists(path) ? File.ReadAllText(path) : "";
        int from = readme.IndexOf(begin, StringComparison.Ordinal), to = readme.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from) Assert.Fail($"{page} has no place for the table: {begin.TrimEnd()} and {end}");
        from += begin.Length;
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(path, readme[..from] + table + readme[to..]);
        else Assert.Equal(table, readme[from..to]);
    }

    private static string Options()
    {
        var text = new StringBuilder("| option | type | default | |\n|---|---|---|---|\n");
        foreach (JsonElement option in Face.GetProperty("options").EnumerateArray())
        {
            text.Append($"| `{Text(option, "name")}`{(IsDynamic(option) ? " *" : "")} | {Text(option, "type")} | {Preset(option)} | {Text(option, "description")} |\n");
        }

        return text.Append("\n\\* may be changed while the plugin runs: `lightning-cli setconfig OPTION VALUE`.\n").ToString();
    }

    private static string ManualOptions()
    {
        var text = new StringBuilder();
        foreach (JsonElement option in Face.GetProperty("options").EnumerateArray())
        {
            string type = Text(option, "type");
            text.Append($"- **{Text(option, "name")}**{(type == "flag" ? "" : $"=*{type.Split('-')[0].ToUpperInvariant()}*")} (default {Preset(option)}{(IsDynamic(option) ? ", *dynamic*" : "")}): {Text(option, "description")}\n");
        }

        return text.ToString();
    }

    private static string Preset(JsonElement option) =>
        option.TryGetProperty("default", out JsonElement value) ? value.ToString() : Text(option, "type") == "flag" ? "off" : "none";

    private static bool IsDynamic(JsonElement option) => option.TryGetProperty("dynamic", out JsonElement dynamic) && dynamic.GetBoolean();

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

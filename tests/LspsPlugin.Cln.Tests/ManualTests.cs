using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Tests;

/// <summary>
/// Checks that the manual lists the options and commands of plugin-manifest.json in its words. Each list stands between
/// <c>&lt;!-- NAME --&gt;</c> and <c>&lt;!-- /NAME --&gt;</c>; LSPS_ACCEPT=1 rewrites it.
/// </summary>
public class ManualTests
{
    private static readonly JsonElement Face = JsonDocument.Parse(Manifest.Embedded.Json).RootElement;

    private static readonly string Manual = Path.Combine(Recorded.Root, "docs", "lsps-plugin.md");

    [Fact]
    public void The_table_of_commands_is_the_manifests() => Check("commands", Commands());

    [Fact]
    public void The_manuals_options_are_the_manifests() => Check("man-options", ManualOptions());

    [Fact]
    public void The_manual_has_a_section_for_every_command()
    {
        string manual = File.ReadAllText(Manual);
        foreach (JsonElement method in Face.GetProperty("rpcmethods").EnumerateArray())
        {
            Assert.Contains($"### {Text(method, "name")} {Parameters(Manifest.ParametersOf(Text(method, "usage")))}".TrimEnd() + "\n", manual, StringComparison.Ordinal);
        }
    }

    private static void Check(string name, string list)
    {
        string manual = File.ReadAllText(Manual), begin = $"<!-- {name} -->\n", end = $"<!-- /{name} -->";
        int from = manual.IndexOf(begin, StringComparison.Ordinal), to = manual.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from) Assert.Fail($"{Manual} has no place for the list: {begin.TrimEnd()} and {end}");
        from += begin.Length;
        if (Environment.GetEnvironmentVariable("LSPS_ACCEPT") == "1") File.WriteAllText(Manual, manual[..from] + list + manual[to..]);
        else Assert.Equal(list, manual[from..to]);
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
            text.Append($"| `{Text(method, "name")}` {Parameters(Manifest.ParametersOf(Text(method, "usage")))} | {Text(method, "description")} |\n");
        }

        return text.ToString();
    }

    private static string Parameters(string usage) => string.Join(' ', usage.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(parameter => parameter[0] == '[' ? $"[*{parameter.Trim('[', ']')}*]" : $"*{parameter}*"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}

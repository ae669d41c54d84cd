using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>Which node answers (getinfo).</summary>
internal sealed record NodeName(string Alias, string Id, string Network, long? Height)
{
    public static NodeName Read(JsonElement answer)
    {
        string id = Text(answer, "id");
        string alias = Text(answer, "alias");
        return new NodeName(alias.Length > 0 ? alias : PlainText.Cut(id, 16, ""), id, Text(answer, "network"), Json.Number(answer, "blockheight"));
    }

    private static string Text(JsonElement of, string name) => PlainText.Clean(Json.Text(of, name) ?? "");
}

using System.Text.Json;

namespace LspsPlugin.Desk.Asking;

/// <summary>A result, or why there is none.</summary>
internal readonly record struct NodeReply(JsonElement Result, NodeProblem? Problem)
{
    public static implicit operator NodeReply(NodeProblem problem) => new(default, problem);
}

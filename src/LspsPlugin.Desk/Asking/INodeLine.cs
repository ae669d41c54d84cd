using System.Text.Json;

namespace LspsPlugin.Desk.Asking;

/// <summary>Asks the node.</summary>
internal interface INodeLine
{
    /// <summary>Calls a command of the node; operating errors are values.</summary>
    /// <param name="method">The command.</param>
    /// <param name="parameters">Writes the members of params; null if it has none.</param>
    /// <param name="stop">Gives the call up.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    Task<NodeReply> CallAsync(string method, Action<Utf8JsonWriter>? parameters, CancellationToken stop);
}

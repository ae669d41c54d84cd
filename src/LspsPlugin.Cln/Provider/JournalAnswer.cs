using LspsPlugin.Rpc;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Provider;

/// <summary>Answers without which the records cannot be told.</summary>
internal static class JournalAnswer
{
    /// <exception cref="JournalUnavailableException">There is none.</exception>
    public static T Of<T>(string call, RpcAnswer<T> answer)
        where T : class => answer.IsOk ? answer.Value : throw Missing(call, answer.Error);

    public static JournalUnavailableException Missing(string call, RpcError error) => new($"{call}: {error}");
}

using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>Unwraps answers that are required for reading the records.</summary>
internal static class JournalAnswer
{
    /// <exception cref="JournalUnavailableException">The call has no usable answer.</exception>
    public static T Of<T>(string call, RpcAnswer<T> answer)
        where T : class => answer.IsOk ? answer.Value : throw Missing(call, answer.Error);

    public static JournalUnavailableException Missing(string call, RpcError error) => new($"{call}: {error}");
}

using System.Text.Json;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>A provider's answer as the result of a command: its error is a result too, as in the built-in plugin.</summary>
internal static class PassedAnswer
{
    /// <summary>Answers a command with a provider's answer.</summary>
    /// <param name="call">The command.</param>
    /// <param name="answer">The provider's answer.</param>
    /// <param name="explain">Explains an error in the words of its protocol.</param>
    public static void Write(MethodCall call, LspsAnswer answer, Func<LspsError, string> explain)
    {
        if (answer.Result is { ValueKind: JsonValueKind.Object } result)
        {
            call.Result(json =>
            {
                foreach (JsonProperty member in result.EnumerateObject()) member.WriteTo(json);
            });
        }
        else if (answer.Error is { } error)
        {
            call.Result(json =>
            {
                json.WriteNumber("code"u8, error.Code);
                json.WriteString("message"u8, error.Message.Length > 0 ? error.Message : explain(error));
                json.WriteString("explanation"u8, explain(error));
            });
        }
        else
        {
            call.Error(-1, answer.Problem ?? "the provider's answer is not an object");
        }
    }
}

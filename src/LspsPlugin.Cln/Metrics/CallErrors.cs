using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Metrics;

/// <summary>
/// The kinds of errors of calls to the node: few, because the node's codes are many and new ones come with its versions. They are its own hundreds
/// (lightningd, common/jsonrpc_errors.h).
/// </summary>
internal static class CallErrors
{
    public static string KindOf(RpcError error) => error.Failure switch
    {
        RpcFailure.NotSent => "not_sent",
        RpcFailure.Lost => "lost",
        RpcFailure.Unreadable => "unreadable",
        RpcFailure.Refused => KindOf(error.Code),
    };

    private static string KindOf(int code) => code switch
    {
        -32602 => "invalid_params",
        -32601 => "unknown_command",
        >= 200 and < 300 => "payment",
        >= 300 and < 400 => "funding",
        >= 400 and < 500 => "connect",
        >= 900 and < 1000 => "invoice",
        >= 1200 and < 1300 => "datastore",
        _ => "other",
    };
}

using System.Text;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

/// <summary>A call of the host as a handler gets it.</summary>
internal static class CarriedCall
{
    /// <param name="writer">Takes the answer.</param>
    /// <param name="id">The raw id.</param>
    public static HostCall Of(JsonRpcWriter writer, string id)
    {
        HostCall? carried = null;
        JsonRpcEnvelope.TryParse(Encoding.UTF8.GetBytes($$"""{"id":{{id}},"method":"htlc_accepted"}"""), out JsonRpcEnvelope envelope);
        RpcTransport.InThread.CarryHostCalls(writer, ["htlc_accepted"], call => carried = call).Carry(envelope);
        return carried!;
    }
}

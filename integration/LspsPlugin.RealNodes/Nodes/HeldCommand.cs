using System.Text.Json.Nodes;
using LspsPlugin.RealNodes.Helper;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A command that the helper in the node holds.</summary>
internal sealed class HeldCommand(LightningRpc rpc, int number) : IHeldCommand
{
    private static readonly TimeSpan NoDeadline = TimeSpan.FromDays(1);

    public Task Asked { get; } = rpc.CallAsync(HelperPlugin.AskedMethod, new JsonObject { ["number"] = number }, NoDeadline);

    public static async Task<IHeldCommand> HoldAsync(LightningRpc rpc, string command, string containing)
    {
        JsonObject armed = await rpc.CallAsync(HelperPlugin.HoldMethod, new JsonObject { ["command"] = command, ["containing"] = containing });
        return new HeldCommand(rpc, (int)armed["number"]!);
    }

    public Task GoOnAsync() => ReleaseAsync(refuse: false);

    public Task RefuseAsync() => ReleaseAsync(refuse: true);

    private Task ReleaseAsync(bool refuse) => rpc.CallAsync(HelperPlugin.ReleaseMethod, new JsonObject { ["number"] = number, ["refuse"] = refuse });
}

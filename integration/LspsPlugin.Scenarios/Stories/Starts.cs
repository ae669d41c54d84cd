using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Who asks while a node starts.</summary>
public static class Starts
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    [Scenario(Needs = Need.OurWallet)]
    public static async Task Approvals_are_never_an_empty_list_while_the_wallet_starts(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        await stage.InvoiceAsync(Stage.Price);
        for (int start = 1; start <= 3; start++)
        {
            await stage.Wallet.StopAsync();
            Task starting = stage.Wallet.StartAgainAsync();
            JsonObject listed = await OnceItIsKnownAsync(net, () => stage.Wallet.CallAsync("lsps-lsps2-listapprovals"), starting);
            await starting;
            Assert.True(listed["approvals"] is JsonArray { Count: 1 }, listed.ToJsonString());
        }
    }

    /// <summary>Calls again and again while the node that starts does not take the call yet.</summary>
    private static async Task<JsonObject> OnceItIsKnownAsync(IRegtest net, Func<Task<JsonObject>> call, Task starting)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (!starting.IsCompleted && e is IOException or CommandRefusedException or TimeoutException)
            {
                await Task.Delay(Moment, net.Time);
            }
        }
    }
}

using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>Requests that arrive while a node starts.</summary>
public static class Starts
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    [Scenario]
    public static async Task A_wallet_that_asks_while_the_provider_starts_is_answered(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        for (int start = 1; start <= 3; start++)
        {
            await stage.Provider.StopAsync();
            Task starting = stage.Provider.StartAgainAsync();
            JsonObject answer = await FirstAnswerAsync(net, stage, starting);
            await starting;
            Assert.True(answer["opening_fee_params_menu"] is JsonArray { Count: > 0 }, answer.ToJsonString());
        }
    }

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

    /// <summary>Returns the provider's first answer after its node accepts connections.</summary>
    private static Task<JsonObject> FirstAnswerAsync(IRegtest net, Stage stage, Task starting) => OnceItIsKnownAsync(
        net,
        async () =>
        {
            await net.ConnectAsync(stage.Wallet, stage.Provider);
            return await stage.Wallet.CallAsync("lsps-lsps2-getinfo", new JsonObject { ["lsp_id"] = stage.Provider.Id.ToString() });
        },
        starting);

    /// <summary>Repeats a call until the starting node accepts it.</summary>
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

using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A node that uses no zero-conf channel before its funding is in the mempool.</summary>
public class WithheldScenarios
{
    [Fact]
    [Covers("B25")]
    public void A_node_that_uses_no_withheld_channel_is_told_of_once_with_the_remedy_which_is_one() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            for (int sale = 0; sale < 4; sale++)
            {
                Scene.AssertFailed("1007", await scene.PayAsync(invoice));
                Assert.Equal(sale < 2 ? 0 : 1, Told(scene));
            }

            await scene.Provider.Rpc.ByHandAsync("setconfig", new() { ["config"] = "lsps2-trust-model", ["val"] = "lsp-trusts-client" });
            await scene.BlocksAsync(60, seconds: 60); // the wallet was blamed; that is forgiven
            Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync("on trust")));
        },
        before: scene => scene.Provider.State.AwaitsMempool = true);

    /// <summary>That a wallet is never ready says nothing of the node.</summary>
    [Fact]
    [Covers("B25")]
    public void Wallets_that_are_never_ready_are_no_reason_to_complain_of_the_node() => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            for (int sale = 0; sale < 4; sale++) Scene.AssertFailed("1007", await scene.PayAsync(invoice));
            Assert.Equal(0, Told(scene));
        },
        before: scene => scene.Wallet.Behaviour = WalletBehaviour.NeverReady);

    private static int Told(Scene scene) => scene.World.ProviderPlugin.Link.Log.Count(static line =>
        line.StartsWith("error", StringComparison.Ordinal) && line.Contains("sent no channel_ready", StringComparison.Ordinal));
}

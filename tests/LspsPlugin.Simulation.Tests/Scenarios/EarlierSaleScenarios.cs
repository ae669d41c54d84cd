using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Sales that the node's built-in plugin had finished before the operator switched.</summary>
public class EarlierSaleScenarios
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(3, false)]
    [Covers("S05", "B19")]
    public void A_funding_that_the_chain_daemon_lost_is_sent_again(int blocks, bool withoutPsbt) => Scene.Play(async scene =>
    {
        await FinishedAsync(scene, blocks, change: record =>
        {
            if (withoutPsbt) record.Remove("funding_psbt");
        }, gone: () =>
        {
            scene.Chain.TakeBack(blocks);
            foreach (SimTx tx in scene.Chain.Mempool.ToArray()) scene.Chain.Evict(tx.Id);
        });
        await scene.AssertFundedAsync(12);
        Assert.Empty(BuiltInForm.Records(scene.Provider, "confirming"));
        Assert.Empty(BuiltInForm.Records(scene.Provider, "sessions/active"));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [Covers("S05", "X28")]
    public void Its_channel_is_kept_and_its_scid_stays_a_name_of_it_as_for_a_sale_of_ours(int blocks) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await FinishedAsync(scene, blocks);
        await scene.BlocksAsync(2);
        Assert.Single(BuiltInForm.Records(scene.Provider, "lifetimes"));
        Assert.Equal(scene.World.JitChannel!.Id.ToString(), (string?)BuiltInForm.Records(scene.Provider, "offers").Single().Record["alias_of"]);

        // It goes over the channel, whatever becomes of it there: the scid is not unknown.
        SimOutcome later = Assert.Single(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], new Msat(1_000_000), hash: Scene.Stranger(5))));
        Assert.NotEqual("400a", later.Failure);
    });

    [Fact]
    [Covers("S06")]
    public void It_is_forgotten_as_one_of_ours() => Scene.Play(
        async scene =>
        {
            await FinishedAsync(scene, blocks: 10, change: record => record["finalized_at"] = "2020-01-01T00:00:00Z");
            await scene.WaitAsync(31 * 60_000);
            Assert.Empty(BuiltInForm.Records(scene.Provider, "sessions/finalized"));
        });

    /// <summary>A node stands still while it lists many finished sessions.</summary>
    [Fact]
    [Covers("S06")]
    public void Finished_sessions_are_listed_once_and_again_only_when_the_built_in_plugin_has_run() => Scene.Play(async scene =>
    {
        await FinishedAsync(scene, blocks: 10);
        int listed = 0;
        scene.World.Network.Observed += e =>
        {
            if (e.What == "rpc listdatastore" && e.Content["key"] is JsonArray { Count: 4 } key && (string?)key[3] == "finalized") listed++;
        };
        await scene.WaitAsync(20_000);
        await scene.RestartAsync(seed: 78);
        await scene.WaitAsync(20_000);
        Assert.Equal(0, listed);
        await scene.BuyAsync("unpaid");
        await BuiltInForm.SwitchAsync(scene, keepFinalized: true);
        await scene.WaitAsync(20_000);
        Assert.Equal(1, listed);
    });

    /// <summary>A sale, finished by the built-in plugin; its funding is that deep.</summary>
    private static async Task<Bolt11Invoice> FinishedAsync(Scene scene, int blocks, Action<JsonObject>? change = null, Action? gone = null)
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.World.UntilAsync(() => BuiltInForm.Records(scene.Provider, "confirming").Length == 1, "the funding is out");
        await scene.BlocksAsync(blocks);
        await BuiltInForm.FinishAsync(scene, change, gone);
        await scene.WaitAsync(20_000);
        return invoice;
    }
}

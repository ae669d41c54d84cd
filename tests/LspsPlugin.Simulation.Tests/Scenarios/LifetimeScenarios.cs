using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A paid channel is kept for its min_lifetime (R52-12).</summary>
public class LifetimeScenarios
{
    [Theory]
    [Covers("C20")]
    [Trait("Requirement", "R52-12")]
    [InlineData("channel")]
    [InlineData("alias")]
    [InlineData("scid")]
    [InlineData("scid with a direction")]
    [InlineData("peer")]
    public void A_close_of_a_paid_channel_is_refused_until_its_funding_is_as_deep_as_promised(string name) => Scene.Play(
        async scene =>
        {
            Task<PartResult>[] parts = scene.World.Payer.SendParts(await scene.BuyAsync(), 2, scene.World.Channels);
            await scene.World.UntilAsync(() => parts.All(part => part.IsCompleted), "the payment is through");
            await scene.WaitAsync(1000);
            SimChannel channel = scene.World.JitChannel!;
            if (!name.StartsWith("scid", StringComparison.Ordinal)) await AssertRefusedAsync(scene, Name(scene, name), "its funding is not confirmed yet");
            await scene.BlocksAsync(1);
            uint until = channel.RealScid!.Value.Block + 29;
            string refused = await AssertRefusedAsync(scene, Name(scene, name), $"until height {until} (now {scene.Chain.Height})");
            Assert.Contains(channel.Id.ToString(), refused, StringComparison.Ordinal);
            Assert.Contains(scene.Wallet.Id.ToString(), refused, StringComparison.Ordinal);
            Assert.Contains("force_lease_closed=true", refused, StringComparison.Ordinal);

            // The offer is over and the node was down: the promise stays.
            await scene.BlocksAsync(10, seconds: 600);
            await scene.RestartAsync();
            Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
            await AssertRefusedAsync(scene, Name(scene, name), "was sold to");
            while (scene.Chain.Height < until - 1) await scene.BlocksAsync(1);
            await AssertRefusedAsync(scene, Name(scene, name), $"(now {until - 1})");
            await scene.BlocksAsync(1);
            await CloseAsync(scene, Name(scene, name));
            Assert.Null(scene.World.JitChannel);
        },
        options: set => set["lsps2-min-lifetime"] = 30);

    [Theory]
    [Covers("C20")]
    [InlineData(true)]
    [InlineData("true")]
    public void A_forced_close_goes_through(object force) => Scene.Play(async scene =>
    {
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.BlocksAsync(1);
        string id = scene.World.JitChannel!.Id.ToString();
        await AssertRefusedAsync(scene, id, "was sold to");
        await scene.Provider.Rpc.ByHandAsync("close", new JsonObject { ["id"] = id, ["force_lease_closed"] = JsonValue.Create(force) });
        Assert.Null(scene.World.JitChannel);
        Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.StartsWith("unusual close: ", StringComparison.Ordinal) && line.Contains("is closed by force", StringComparison.Ordinal));
        await scene.BlocksAsync(60, seconds: 60);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "lifetimes"));
    });

    [Fact]
    [Covers("C20")]
    public void A_promise_is_forgotten_when_it_is_kept() => Scene.Play(
        async scene =>
        {
            Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
            await scene.BlocksAsync(5, seconds: 600);
            Assert.Single(scene.Provider.Datastore.Under("lsps", "lsps2", "lifetimes"));
            await scene.BlocksAsync(10, seconds: 600);
            Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "lifetimes"));
            Assert.NotNull(scene.World.JitChannel);
        },
        options: set => set["lsps2-min-lifetime"] = 10);

    [Fact]
    [Covers("C20")]
    public void Other_channels_are_closed_as_ever_and_a_node_that_does_not_answer_holds_nobody_up() => Scene.Play(async scene =>
    {
        await CloseAsync(scene, scene.World.Channels[0].Id.ToString());
        Assert.Empty(scene.Provider.ChannelsWith(scene.World.PayerNode));
        var never = new TaskCompletionSource();
        scene.Provider.Rpc.Gate = (method, _) => method == "listpeerchannels" ? never.Task : Task.CompletedTask;
        Task<JsonNode> closing = scene.Provider.Rpc.ByHandAsync("close", new JsonObject { ["id"] = new string('a', 64) });
        await scene.WaitAsync(11_000);
        Assert.StartsWith("id: Channel id not found", (await Assert.ThrowsAsync<SimRpcException>(() => closing)).Message, StringComparison.Ordinal);
        scene.Provider.Rpc.Gate = null;
        never.SetResult();
    });

    private static string Name(Scene scene, string kind) => kind switch
    {
        "channel" => scene.World.JitChannel!.Id.ToString(),
        "alias" => scene.World.JitChannel!.End(scene.Provider).Alias.ToString(),
        "scid" => scene.World.JitChannel!.RealScid!.Value.ToString(),
        "scid with a direction" => $"{scene.World.JitChannel!.RealScid}/1",
        _ => scene.Wallet.Id.ToString(),
    };

    private static Task<JsonNode> CloseAsync(Scene scene, string id) => scene.Provider.Rpc.ByHandAsync("close", new JsonObject { ["id"] = id });

    private static async Task<string> AssertRefusedAsync(Scene scene, string id, string because)
    {
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => CloseAsync(scene, id));
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(scene.World.JitChannel);
        return refused.Message;
    }
}

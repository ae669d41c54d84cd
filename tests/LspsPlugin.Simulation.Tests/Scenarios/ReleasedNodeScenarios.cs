using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>What a released node's own service sold, and the policy plugins that were written for it.</summary>
public class ReleasedNodeScenarios
{
    private const string Ask = "lsps2-policy-getchannelcapacity";

    private static readonly string[] Members = ["peer_id", "opening_fee_params", "expected_payment_size"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Covers("S05")]
    public void An_offer_that_it_sold_is_paid_after_the_switch(bool isFixed) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(isFixed ? Scene.Price : null);
        await SwitchAsync(scene);
        Assert.Contains(scene.World.ProviderPlugin.Link.Log, line => line.Contains($"the offer {invoice.RouteHint!.Scid} of the node's own service", StringComparison.Ordinal));
        Task<PartResult>[] parts = isFixed
            ? scene.World.Payer.SendParts(invoice, 2, scene.World.Channels)
            : [scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price)];
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
        Assert.Equal(["indexes", "numbered", "searched", "taken-over"], Old(scene));
    });

    [Fact]
    [Covers("S05")]
    public void A_policy_plugin_of_a_released_node_is_asked_when_the_payment_is_there() => Scene.Play(async scene =>
    {
        var asked = new List<JsonObject>();
        scene.Provider.Rpc.Intercept = (method, parameters) =>
        {
            if (method != Ask) return null;
            asked.Add((JsonObject)parameters.DeepClone());
            return new JsonObject { ["channel_capacity_msat"] = "234567sat" };
        };
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(null);
        Assert.Empty(asked);
        Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price)));
        JsonObject question = Assert.Single(asked);
        Assert.Equal((Scene.Price.Value.ToString(), invoice.RouteHint!.Scid.ToString()), ((string)question["init_payment_size"]!, (string)question["scid"]!));
        Assert.Equal(new Sat(234_567), scene.World.JitChannel!.Capacity);
    });

    [Fact]
    public void What_it_refuses_when_the_payment_is_there_is_given_back() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(null);
        scene.Provider.Rpc.Intercept = static (method, _) => method == Ask ? new JsonObject { ["channel_capacity_msat"] = null } : null;
        Scene.AssertFailed("1007", await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price)));
        Assert.Null(scene.World.JitChannel);

        // It may think again until valid_until.
        scene.Provider.Rpc.Intercept = null;
        Scene.AssertSettled(await scene.OutcomesAsync(scene.World.Payer.SendPartAsync(invoice, scene.World.Channels[0], Scene.Price)));
    });

    /// <summary>The provider's node goes down, and comes back with such records as the released service would have left.</summary>
    private static async Task SwitchAsync(Scene scene)
    {
        Task back = scene.RestartAsync(seed: 77);
        foreach ((string scid, JsonObject record) in BuiltInForm.Records(scene.Provider, "sessions/active"))
        {
            var theirs = new JsonObject();
            foreach (string member in Members.Where(record.ContainsKey)) theirs[member] = record[member]!.DeepClone();
            BuiltInForm.Delete(scene.Provider, "sessions/active", scid);
            BuiltInForm.Delete(scene.Provider, "offers", scid);
            scene.Provider.Datastore.Put(["lsps", "lsps2", scid], theirs.ToJsonString());
        }

        // What the operator does who comes back within a day, as docs/switching.md says.
        scene.Provider.Datastore.Delete(new JsonObject { ["key"] = new JsonArray("lsps", "lsps2", "searched") });
        await back;
        await scene.WaitAsync(3_000);
    }

    private static IEnumerable<string> Old(Scene scene) => scene.Provider.Datastore.Entries.Where(entry => entry.Key is ["lsps", "lsps2", _]).Select(entry => entry.Key[^1]);
}

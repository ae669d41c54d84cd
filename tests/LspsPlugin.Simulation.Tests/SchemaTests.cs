using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Runs;
using LspsPlugin.Simulation.Tests.Scenarios;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>All that the plugin says to its node in hundreds of storms, against the node's own schemas.</summary>
public class SchemaTests
{
    private const int Seeds = 150;

    /// <summary>
    /// Commands that the schemas at hand do not describe: the node's <c>listconfigs</c>, its chain backend's <c>getutxout</c>, those of a policy plugin, and a
    /// payer's. Of the last, the model refuses unknown parameters and values of a wrong form, in the node's words.
    /// </summary>
    private static readonly HashSet<string> Undescribed =
    [
        "listconfigs", "getutxout", "graceful", "lsps2-policy-getpolicy", "lsps2-policy-buy", "lsps2-policy-getchannelcapacity", "createonion", "injectpaymentonion",
        "askrene-create-layer", "askrene-remove-layer", "askrene-listlayers", "askrene-create-channel", "askrene-update-channel", "askrene-inform-channel", "askrene-disable-node", "fetchinvoice",
        "bkpr-listaccountevents",
    ];

    /// <summary>What only a sold channel that is closed makes us say.</summary>
    private static readonly string[] OfClosedChannels = ["listclosedchannels", "bkpr-listaccountevents"];

    /// <summary>What only a switch from the built-in plugins makes us say.</summary>
    private static readonly string[] OnASwitch = ["setpsbtversion", "listinvoices"];

    /// <summary>What only a wallet's user makes us say.</summary>
    private static readonly string[] ForAUser = ["invoice", "signinvoice", "delinvoice"];

    /// <summary>What only a payer says.</summary>
    private static readonly string[] ForAPayer =
    [
        "createonion", "injectpaymentonion", "listsendpays", "listhtlcs", "wait-sendpays", "getroutes", "askrene-create-layer", "askrene-remove-layer", "askrene-listlayers",
        "askrene-create-channel", "askrene-update-channel", "askrene-inform-channel", "askrene-disable-node", "decode", "fetchinvoice",
    ];

    /// <summary>What only an invoice makes us say whose path begins at a channel. Core Lightning and the model name a node.</summary>
    private static readonly string[] ForAChannel = ["listchannels"];

    [Fact]
    public void Every_request_and_every_answer_to_a_hook_is_as_the_nodes_schemas_demand()
    {
        Recorded.NeedSchemas();
        var heard = new Ear();
        for (int seed = 1; seed <= Seeds; seed++)
        {
            RunResult run = SimulationRuns.One(seed, tell: null, tamper: world => world.Network.Observed += heard.Listen);
            Assert.Null(run.Violation);
        }

        Assert.Empty(heard.Problems);
        Assert.Superset(new HashSet<string> { "htlc_accepted", "openchannel", "custommsg" }, heard.Answered);

        // What NodeClient can say and no storm made it say would go unchecked.
        string[] said = [.. heard.Sent.Concat(OnASwitch).Concat(ForAUser).Concat(ForAPayer).Concat(ForAChannel).Concat(OfClosedChannels).Select(NameOf)];
        string[] unsaid = [.. typeof(NodeClient).GetMethods().Where(method => method.DeclaringType == typeof(NodeClient)).Select(CommandOf).Where(command => command is not "raw" && !said.Contains(command)).Distinct()];
        Assert.Equal([], unsaid);
    }

    [Fact]
    public void What_a_switch_from_the_built_in_plugins_makes_us_say_is_as_the_nodes_schemas_demand() => Scene.Play(
        async scene =>
        {
            var heard = new Ear();
            scene.World.Network.Observed += heard.Listen;
            (_, Task<PartResult>[] parts) = await scene.WithClientAsync();
            await BuiltInForm.SwitchAsync(scene, record => record["funding_psbt"] = SimPsbt.InVersion((string)record["funding_psbt"]!, 2));
            Scene.AssertSettled(await scene.OutcomesAsync(parts));

            await scene.BuyAsync("second");
            foreach ((string[] key, _) in scene.Wallet.Datastore.Under("lsps", "purchases").ToArray())
            {
                scene.Wallet.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
            }

            await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 78);
            await scene.WaitAsync(500);
            Assert.Empty(heard.Problems);
            Assert.Superset(OnASwitch.ToHashSet(), heard.Sent);
        },
        before: scene =>
        {
            Recorded.NeedSchemas();
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        });

    [Fact]
    public void What_a_wallets_user_makes_us_say_is_as_the_nodes_schemas_demand() => Scene.Play(async scene =>
    {
        Recorded.NeedSchemas();
        var heard = new Ear();
        scene.World.Network.Observed += heard.Listen;
        Scene.AssertSettled(await scene.PayAsync(await scene.BoughtAsync(new JsonObject { ["deschashonly"] = true })));
        await scene.OrderAsync(new JsonObject { ["reuse"] = true, ["label"] = "again", ["amount_msat"] = 5_000_000, ["deschashonly"] = true });
        scene.ProviderPromisesToFundAtOnce();
        await scene.SetAsync("lsps-client-trust", "never");
        await scene.SetAsync("lsps-client-lsps", $"{scene.Provider.Id}@localhost:9735");
        JsonObject made = await scene.OrderAsync(new JsonObject { ["lsp_id"] = "any", ["label"] = "revoked" });
        await scene.AskAsync("lsps-lsps2-revoke", new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString(), ["jit_channel_scid"] = (string?)made["jit_channel_scid"] });
        Assert.Empty(heard.Problems);
        Assert.Superset(ForAUser.ToHashSet(), heard.Sent);
    });

    [Fact]
    public void What_a_sold_channel_that_is_closed_makes_us_say_is_as_the_nodes_schemas_demand() => Scene.Play(async scene =>
    {
        Recorded.NeedSchemas();
        var heard = new Ear();
        scene.World.Network.Observed += heard.Listen;
        await scene.WaitAsync(120_000);
        Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
        await scene.AssertFundedAsync();
        await scene.BlocksAsync(10);
        scene.World.Network.Delete(scene.World.JitChannel!);
        await scene.WaitAsync(1_800_000);
        Assert.Empty(heard.Problems);
        Assert.Superset(OfClosedChannels.ToHashSet(), heard.Sent);
    });

    /// <summary>A JIT invoice in two parts with a kill in between, one of a shop behind a hub that fails, a channel without liquidity, and a hub that is dearer, and an offer of the shop.</summary>
    [Fact]
    public void What_a_payer_makes_us_say_is_as_the_nodes_schemas_demand() => PayerScene.Play(
        async scene =>
        {
            Recorded.NeedSchemas();
            var heard = new Ear();
            scene.World.Network.Observed += heard.Listen;
            await scene.SendPaymentAsync(await scene.BuyTextAsync(), new JsonObject { ["payment_id"] = "channel", ["label"] = "a channel" });
            await scene.World.UntilAsync(() => scene.World.JitChannel is { Htlcs.Count: 2 }, "the wallet holds both parts");
            await scene.CrashPayerAsync(withNode: false);
            JsonObject payment = await scene.AskPayerAsync("waitpayment", new JsonObject { ["payment_id"] = "channel" });
            PayerScene.AssertSucceeded(payment);
            Assert.Equal(2, payment["parts"]!.AsArray().Count);

            SimNode shop = scene.World.Network.AddNode("shop");
            scene.Hub(shop, "broken", fee: 0).Opener.Plugin = new Scripted("none", null) { OnHtlc = static _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "fail", ["failure_message"] = "2002" }) };
            scene.Hub(shop, "dear", fee: 2000);
            scene.World.Network.OpenChannel(scene.Provider, shop, new Sat(1_000_000)).Empty();
            payment = await scene.SendPaymentAsync(await PayerScene.InvoiceOfAsync(shop, 1_000_000), new JsonObject { ["wait"] = 60 });
            PayerScene.AssertSucceeded(payment);
            Assert.Equal(3, payment["parts"]!.AsArray().Count);
            JsonNode offer = await shop.Rpc.ByHandAsync("offer", new JsonObject { ["amount"] = "1000sat", ["description"] = "a coffee" });
            PayerScene.AssertSucceeded(await scene.SendPaymentAsync((string)offer["bolt12"]!, new JsonObject { ["payment_id"] = "coffee", ["payer_note"] = "thanks", ["wait"] = 60 }));
            Assert.Empty(heard.Problems);
            Assert.Equal([], ForAPayer.Except(heard.Sent));
        },
        before: scene =>
        {
            scene.LeaveToPayer(60_000_000);
            scene.Wallet.Behaviour = WalletBehaviour.HoldsLong;
        },
        channels: 2);

    /// <summary>Holds all that is said to a node against its schemas.</summary>
    private sealed class Ear
    {
        public HashSet<string> Sent { get; } = [];

        public HashSet<string> Answered { get; } = [];

        public SortedSet<string> Problems { get; } = new(StringComparer.Ordinal);

        public void Listen(SimEvent e)
        {
            if (e.What.EndsWith(" answered", StringComparison.Ordinal))
            {
                string hook = e.What[..^9];
                Problems.UnionWith(NodeSchema.ProblemsOfAnswer(hook, Parse(e), out bool has));
                if (has) Answered.Add(hook);
            }
            else if (e.What.StartsWith("rpc ", StringComparison.Ordinal) && !e.What.EndsWith(" done", StringComparison.Ordinal))
            {
                string command = e.What[4..];
                Sent.Add(command == "wait" ? $"wait-{(string?)e.Content["subsystem"]}" : command);
                Problems.UnionWith(NodeSchema.Problems(command, Parse(e), out bool has));
                if (!has && !Undescribed.Contains(command)) Problems.Add($"{command} has no schema");
            }
        }
    }

    [Theory]
    [InlineData("datastore", """{"string":"x"}""", "datastore.key is missing")]
    [InlineData("datastore", """{"key":["a",1],"string":"x"}""", "datastore.key is none of the forms that it may have: [\"a\",1]")]
    [InlineData("datastore", """{"key":["a"],"mode":"replace"}""", "datastore.mode: no such word replace")]
    [InlineData("datastore", """{"key":["a"],"generation":-1}""", "datastore.generation is no u64: -1")]
    [InlineData("sendpsbt", """{"psbt":"x","tx":"y"}""", "sendpsbt.tx is unknown to the node")]
    [InlineData("connect", """{"id":7}""", "connect.id is no string: 7")]
    [InlineData("listforwards", """{"out_channel":"1:2:3"}""", "listforwards.out_channel is no short_channel_id: 1:2:3")]
    public void A_request_that_the_node_would_refuse_is_seen(string command, string parameters, string problem)
    {
        Recorded.NeedSchemas();
        Assert.Equal([problem], NodeSchema.Problems(command, JsonDocument.Parse(parameters).RootElement, out _));
    }

    private static JsonElement Parse(SimEvent e) => JsonDocument.Parse(e.Content.ToJsonString()).RootElement;

    /// <summary>The name that the method of a command has, without the words of the plugin that the command belongs to.</summary>
    private static string NameOf(string command) => command.Replace("askrene-", "", StringComparison.Ordinal).Replace("bkpr-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);

    /// <summary>A method is named after its command.</summary>
    private static string CommandOf(System.Reflection.MethodInfo method) => method.Name.Replace("Async", "", StringComparison.Ordinal).ToLowerInvariant();
}

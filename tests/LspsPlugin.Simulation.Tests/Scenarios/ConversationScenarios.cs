using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>LSPS0 between the wallet and providers that answer well, badly, late or never.</summary>
public class ConversationScenarios
{
    private const string Protocols = """{"protocols":[2]}""";

    [Fact]
    [Trait("Requirement", "R50-12")]
    [Trait("Requirement", "R50-14")]
    [Trait("Requirement", "R50-15")]
    [Trait("Requirement", "R50-31")]
    [Trait("Requirement", "R50-32")]
    public void Each_question_is_one_request_by_name_with_an_id_that_nobody_can_guess() => Play(async (scene, provider) =>
    {
        provider.Answer = request => [ScriptedProvider.Result(request, Protocols)];
        for (int i = 0; i < 20; i++) Assert.Equal(2, (int)(await AskAsync(scene, provider))["protocols"]![0]!);
        JsonObject[] sent = [.. provider.Received.Select(body => (JsonObject)JsonNode.Parse(body)!)];
        Assert.All(sent, request =>
        {
            Assert.Equal(["id", "jsonrpc", "method", "params"], request.Select(member => member.Key).Order(StringComparer.Ordinal));
            Assert.Equal("2.0", (string?)request["jsonrpc"]);
            Assert.IsType<JsonObject>(request["params"]);
            Assert.Matches("^lsps-plugin:[0-9a-f]{32}$", (string?)request["id"]);
        });
        Assert.Distinct(sent.Select(request => (string?)request["id"]));

        // A counter would share its first digits.
        Assert.True(sent.Select(request => ((string)request["id"]!)[12..16]).Distinct().Count() > 15, "the ids look counted");
    });

    [Fact]
    [Trait("Requirement", "R50-33")]
    [Trait("Requirement", "R50-34")]
    public void A_provider_that_does_not_answer_is_given_up_after_a_minute_and_its_late_answer_is_ignored() => Play(async (scene, provider) =>
    {
        JsonObject? question = null;
        provider.Answer = request =>
        {
            question ??= request;
            return [];
        };
        long start = scene.World.Network.Time.GetTimestamp();
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => AskAsync(scene, provider));
        Assert.Contains("did not answer within 60 s", refused.Message, StringComparison.Ordinal);
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61));

        await provider.SendAsync(scene.Wallet.Id.ToString(), ScriptedProvider.Result(question!, Protocols));
        await scene.WaitAsync(100);
        provider.Answer = request => [ScriptedProvider.Result(request, """{"protocols":[2,7]}""")];
        Assert.Equal(2, (await AskAsync(scene, provider))["protocols"]!.AsArray().Count);
    });

    [Theory]
    [Trait("Requirement", "R50-07")]
    [Trait("Requirement", "R50-08")]
    [Trait("Requirement", "R50-09")]
    [InlineData("no JSON")]
    [InlineData("""{"jsonrpc":"2.0","id":"x","result":{}}{}""")]
    [InlineData("""[{"jsonrpc":"2.0","id":"x","result":{}}]""")]
    public void A_provider_that_sends_what_is_no_message_is_left_alone_until_it_connects_again(string garbage) => Play(async (scene, provider) =>
    {
        provider.Answer = _ => [garbage];
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => AskAsync(scene, provider));
        Assert.Contains("not LSPS", refused.Message, StringComparison.Ordinal);
        Assert.Contains(scene.World.WalletPlugin.Link.Log, line => line.StartsWith("unusual wallet: bad LSPS message from " + provider.Id, StringComparison.Ordinal));

        int received = provider.Received.Count;
        provider.Answer = request => [ScriptedProvider.Result(request, Protocols)];
        await Assert.ThrowsAsync<SimRpcException>(() => AskAsync(scene, provider));
        Assert.Equal(received, provider.Received.Count);

        scene.World.Network.Disconnect(scene.Wallet, provider.Node);
        scene.World.Network.Connect(scene.Wallet, provider.Node);
        await scene.WaitAsync(100);
        Assert.NotNull((await AskAsync(scene, provider))["protocols"]);
    });

    [Fact]
    [Trait("Requirement", "R50-21")]
    [Trait("Requirement", "R50-33")]
    [Trait("Requirement", "R50-39")]
    [Trait("Requirement", "R50-41")]
    public void Answers_of_others_notifications_and_unknown_members_disturb_nothing() => Play(async (scene, provider) =>
    {
        ScriptedProvider stranger = ScriptedProvider.Join(scene);
        string stolen = "";
        provider.Answer = request =>
        {
            stolen = ScriptedProvider.Result(request, """{"protocols":[666]}""");
            return ["""{"jsonrpc":"2.0","method":"lsps9.news","params":{"x":1}}""", """{"jsonrpc":"2.0","id":"another","result":{"protocols":[1]}}"""];
        };
        Task<JsonObject> asking = AskAsync(scene, provider);
        await scene.WaitAsync(100);
        await stranger.SendAsync(scene.Wallet.Id.ToString(), stolen);
        await scene.WaitAsync(100);
        Assert.False(asking.IsCompleted, "an answer of another node was taken");
        await provider.SendAsync(scene.Wallet.Id.ToString(), stolen.Replace("[666]", """[2],"more":{"deep":[1,{"unknown":true}]}""", StringComparison.Ordinal));
        Assert.Equal(2, (int)(await asking)["protocols"]![0]!);
    });

    [Theory]
    [Trait("Requirement", "R50-24")]
    [Trait("Requirement", "R50-26")]
    [Trait("Requirement", "R50-30")]
    [Trait("Requirement", "R50-40")]
    [InlineData(1, "")]
    [InlineData(200, ""","data":{}""")]
    [InlineData(-32603, "")]
    [InlineData(-32050, "")]
    [InlineData(31337, ""","data":[1]""")]
    public void An_error_is_a_result_with_an_explanation_of_ours(int code, string more) => Play(async (scene, provider) =>
    {
        provider.Answer = request => [ScriptedProvider.Error(request, code, more)];
        JsonObject answer = await AskAsync(scene, provider);
        Assert.Equal(code, (int)answer["code"]!);
        string explanation = (string)answer["explanation"]!;
        Assert.NotEqual("no", explanation);
        if (code == -32050) Assert.Equal((string)(await Explained(scene, provider, -32603))["explanation"]!, explanation);
    });

    [Theory]
    [Trait("Requirement", "R50-29")]
    [Trait("Requirement", "R50-43")]
    [InlineData("lsps2.get_infos", -32601)]
    [InlineData("lsps7.anything", -32601)]
    [InlineData("", -32601)]
    public void A_method_that_nobody_knows_is_refused_as_such(string method, int code) => Play(async (scene, asker) =>
    {
        var answers = new List<JsonObject>();
        scene.World.Network.Connect(scene.Provider, asker.Node);
        asker.Answer = answer =>
        {
            answers.Add(answer);
            return [];
        };
        await asker.SendAsync(scene.Provider.Id.ToString(), $$"""{"jsonrpc":"2.0","id":"q","method":"{{method}}","params":{} }""");
        await scene.WaitAsync(200);
        Assert.Equal(code, (int)Assert.Single(answers)["error"]!["code"]!);
    });

    [Fact]
    [Trait("Requirement", "R50-13")]
    [Trait("Requirement", "R50-16")]
    [Trait("Requirement", "R50-19")]
    public void A_provider_speaks_only_to_who_has_asked_it_one_answer_each()
    {
        var asked = new Dictionary<string, int>();
        var answered = new Dictionary<string, int>();
        Play(
            async (scene, stranger) =>
            {
                scene.World.Network.Connect(scene.Provider, stranger.Node);
                Scene.AssertSettled(await scene.PayAsync(await scene.BuyAsync()));
                Assert.Empty(stranger.Received);
                Assert.Equal([scene.Wallet.Id.ToString()], answered.Keys);
                Assert.Equal(asked, answered);
            },
            before: scene => scene.World.Network.Observed += e =>
            {
                if (e.Node != scene.Provider) return;
                if (e.What == "custommsg asked") Count(asked, (string)e.Content["peer_id"]!);
                if (e.What == "rpc sendcustommsg") Count(answered, (string)e.Content["node_id"]!);
            });

        static void Count(Dictionary<string, int> by, string peer) => by[peer] = by.GetValueOrDefault(peer) + 1;
    }

    [Fact]
    [Trait("Requirement", "R50-35")]
    [Trait("Requirement", "R50-38")]
    public void A_purchase_whose_answer_is_lost_is_one_that_nobody_uses() => Play(async (scene, asker) =>
    {
        var answers = new List<JsonObject>();
        scene.World.Network.Connect(scene.Provider, asker.Node);
        asker.Answer = answer =>
        {
            answers.Add(answer);
            return [];
        };
        await asker.SendAsync(scene.Provider.Id.ToString(), """{"jsonrpc":"2.0","id":"p","method":"lsps0.list_protocols"}""");
        await asker.SendAsync(scene.Provider.Id.ToString(), """{"jsonrpc":"2.0","id":"i","method":"lsps2.get_info","params":{}}""");
        await scene.WaitAsync(100);
        Assert.Equal("[2]", answers[0]["result"]!["protocols"]!.ToJsonString());

        // Gone before the answer to its purchase can be sent.
        string offer = answers[1]["result"]!["opening_fee_params_menu"]![0]!.ToJsonString();
        scene.World.Network.Observed += e =>
        {
            if (e.Node == scene.Provider && e.What == "rpc datastore done") scene.World.Network.Disconnect(scene.Provider, asker.Node);
        };
        await asker.SendAsync(scene.Provider.Id.ToString(), $$"""{"jsonrpc":"2.0","id":"b","method":"lsps2.buy","params":{"opening_fee_params":{{offer}} } }""");
        await scene.WaitAsync(500);
        Assert.Equal(2, answers.Count);
        Assert.Single(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
        await scene.BlocksAsync(70, seconds: 60);
        Assert.Empty(scene.Provider.Datastore.Under("lsps", "lsps2", "offers"));
    });

    [Theory]
    [Trait("Requirement", "R52-07")]
    [Trait("Requirement", "R52-39")]
    [Trait("Requirement", "R52-41")]
    [Trait("Requirement", "R52-42")]
    [Trait("Requirement", "R52-45")]
    [Trait("Requirement", "R52-46")]
    [InlineData(100_000_000ul)]
    [InlineData(null)]
    [Trait("Requirement", "R52-40")]
    [Trait("Requirement", "R52-47")]
    public void An_invoice_has_one_hint_of_one_hop_and_ends_with_the_offer(ulong? amount) => Scene.Play(async scene =>
    {
        DateTimeOffset before = scene.World.Network.Time.GetUtcNow();
        Bolt11Invoice invoice = await scene.World.InvoiceAsync(amount is { } msat ? new Msat(msat) : null);
        JsonObject record = (JsonObject)JsonNode.Parse(scene.Provider.Datastore.Under("lsps", "lsps2", "offers").Single().Value)!;
        RouteHint hint = invoice.RouteHint!;
        Assert.Equal((scene.Provider.Id, 0u, 0u, (ushort)144), (hint.Node, hint.FeeBase, hint.FeeProportional.Value, hint.CltvExpiryDelta));
        Assert.Equal(new BlockCount(scene.Wallet.CltvFinal + 2), invoice.MinFinalCltv);
        Assert.Equal(amount, invoice.Amount?.Value);
        Assert.Equal(amount is not null, invoice.Features.Contains(17));
        DateTimeOffset validUntil = DateTimeOffset.Parse((string)record["opening_fee_params"]!["valid_until"]!, CultureInfo.InvariantCulture);
        Assert.InRange(invoice.Timestamp + invoice.Expiry, before, validUntil);
    });

    private static async Task<JsonObject> Explained(Scene scene, ScriptedProvider provider, int code)
    {
        provider.Answer = request => [ScriptedProvider.Error(request, code)];
        return await AskAsync(scene, provider);
    }

    private static async Task<JsonObject> AskAsync(Scene scene, ScriptedProvider provider) =>
        (JsonObject)(await scene.World.WalletPlugin.Link.CallAsync("lsps-listprotocols", new JsonObject { ["lsp_id"] = provider.Id }))!;

    private static void Play(Func<Scene, ScriptedProvider, Task> story, Action<Scene>? before = null) =>
        Scene.Play(scene => story(scene, ScriptedProvider.Join(scene)), before: before);
}

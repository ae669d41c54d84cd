using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>The requests and answers of the payer's commands against the node's own schemas.</summary>
public class PayerSchemaTests
{
    [Fact]
    public void Requests_and_answers_have_the_form_of_the_nodes_schemas() => PayerStage.Play(async stage =>
    {
        Recorded.NeedSchemas();
        var problems = new List<string>();
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        stage.Network.Observed += e =>
        {
            if (e.What.StartsWith("rpc ", StringComparison.Ordinal) && e.What.EndsWith(" done", StringComparison.Ordinal) && e.Content["result"] is { } result) Look(e.What[4..^5], e.Content["params"]!, result);
        };
        Bolt11Invoice one = await stage.InvoiceAsync(), two = await stage.InvoiceAsync(), three = await stage.InvoiceAsync(), four = await stage.InvoiceAsync();
        await stage.InjectAsync((await stage.PartAsync(one)).Parameters);
        await stage.CallAsync("decode", new JsonObject { ["string"] = stage.Shop.Invoices[0].Bolt11 });
        string offer = (string)(await stage.Shop.Rpc.CallAsync("offer", new JsonObject { ["amount"] = PayerStage.Amount, ["description"] = "a coffee" }))["bolt12"]!;
        await stage.CallAsync("decode", new JsonObject { ["string"] = offer });
        JsonObject fetched = await stage.CallAsync("fetchinvoice", new JsonObject { ["offer"] = offer, ["payer_note"] = "thanks" });
        await stage.CallAsync("decode", new JsonObject { ["string"] = (string)fetched["invoice"]! });
        JsonNode route = (await stage.CallAsync("getroutes", stage.Query()))["routes"]![0]!;
        await stage.CallAsync("sendpay", new JsonObject { ["route"] = route["path"]!.DeepClone(), ["payment_hash"] = two.PaymentHash.ToString(), ["payment_secret"] = two.PaymentSecret.ToHex() });
        await stage.CallAsync("waitsendpay", new JsonObject { ["payment_hash"] = two.PaymentHash.ToString() });
        stage.Shop.Behaviour = WalletBehaviour.Rejects;
        await stage.RefusedAsync("injectpaymentonion", (await stage.PartAsync(three)).Parameters);
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        _ = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", (await stage.PartAsync(four)).Parameters, null);
        await stage.WaitAsync();
        await stage.CallAsync("listsendpays", "{}");
        await stage.CallAsync("listhtlcs", "{}");
        await stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"updated","nextvalue":1}""");
        Assert.Empty(problems);
        Assert.Superset(new HashSet<string> { "decode", "getroutes", "sendpay", "waitsendpay", "listsendpays", "listhtlcs", "wait" }, seen);

        void Look(string command, JsonNode parameters, JsonNode result)
        {
            problems.AddRange(NodeSchema.Problems(command, Element(parameters), out bool has));
            problems.AddRange(NodeSchema.ProblemsOfResult(command, Element(result), out _));
            if (has) seen.Add(command);
        }

        static JsonElement Element(JsonNode node) => JsonDocument.Parse(node.ToJsonString()).RootElement;
    });
}

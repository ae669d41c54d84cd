using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>The commands over the node's table of parts: sendpay, waitsendpay, listsendpays, listpays, delpay, wait, listhtlcs, decode.</summary>
public class PartTableTests
{
    [Fact]
    public void The_list_is_filtered_and_ordered() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice one = await stage.InvoiceAsync(), two = await stage.InvoiceAsync(), three = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        await SendAsync(stage, one);
        stage.Shop.Behaviour = WalletBehaviour.Settles;
        await SendAsync(stage, two);
        stage.Shop.Behaviour = WalletBehaviour.Rejects;
        await SendAsync(stage, three);
        Assert.Equal("1 2 3", await IdsAsync(stage, "{}"));
        Assert.Equal("3", await IdsAsync(stage, """{"status":"failed"}"""));
        Assert.Equal("2", await IdsAsync(stage, $$"""{"payment_hash":"{{two.PaymentHash}}"}"""));
        Assert.Equal("2 3", await IdsAsync(stage, """{"index":"created","start":2}"""));
        Assert.Equal("2", await IdsAsync(stage, """{"index":"created","start":2,"limit":1}"""));
        Assert.Equal("2 3", await IdsAsync(stage, """{"index":"updated","start":1}"""));
        Assert.Equal("1 2 3", await IdsAsync(stage, """{"index":"updated"}"""));

        // With a hash the node does not look at the status.
        Assert.Equal("2", await IdsAsync(stage, $$"""{"payment_hash":"{{two.PaymentHash}}","status":"failed"}"""));
        JsonArray pays = (await stage.CallAsync("listpays", "{}"))["pays"]!.AsArray();
        Assert.Equal(["pending", "complete", "failed"], pays.Select(static pay => (string)pay!["status"]!));
    });

    [Theory]
    [InlineData("""{"start":1}""", "Can only specify {start} with {index}")]
    [InlineData("""{"limit":1}""", "Can only specify {limit} with {index}")]
    [InlineData("""{"index":"created","start":1,"payment_hash":"0000000000000000000000000000000000000000000000000000000000000000"}""", "Cannot use start with bolt11 or payment_hash")]
    [InlineData("""{"status":"done"}""", "status: should be an invoice status: invalid token '\"done\"'")]
    [InlineData("""{"index":"size"}""", "index: unknown index: invalid token '\"size\"'")]
    [InlineData("""{"payment_hash":"00"}""", "payment_hash: should be a 32 byte hex value: invalid token '\"00\"'")]
    public void A_wrong_filter_is_refused(string parameters, string message) => PayerStage.Play(async stage =>
    {
        SimRpcException refused = await stage.RefusedAsync("listsendpays", parameters);
        Assert.Equal((-32602, message), (refused.Code, refused.Message));
    });

    [Fact]
    public void The_parts_of_a_group_are_one_row_of_listpays() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        await Task.WhenAll(SendAsync(stage, invoice, 1, PayerStage.Amount / 2), SendAsync(stage, invoice, 2, PayerStage.Amount / 2));
        JsonObject pay = Assert.Single((await stage.CallAsync("listpays", "{}"))["pays"]!.AsArray())!.AsObject();
        Assert.Equal(("complete", 2, PayerStage.Amount), ((string)pay["status"]!, (int)pay["number_of_parts"]!, (ulong)pay["amount_msat"]!));
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)pay["preimage"]!).Hash());
    });

    [Fact]
    public void Delpay_takes_finished_rows_of_one_status() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        string hash = invoice.PaymentHash.ToString();
        Assert.Equal(208, (await stage.RefusedAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"complete"}""")).Code);
        await SendAsync(stage, invoice);
        Assert.Equal($"Payment with hash {hash} has complete status but it different from the one provided failed", (await stage.RefusedAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"failed"}""")).Message);
        Assert.Equal("status: Cannot delete pending status: invalid token '\"pending\"'", (await stage.RefusedAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"pending"}""")).Message);
        Assert.Equal("Must set both partid and groupid, or neither", (await stage.RefusedAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"complete","partid":1}""")).Message);
        Assert.Equal("No payment for that payment_hash with that partid and groupid", (await stage.RefusedAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"complete","partid":2,"groupid":1}""")).Message);
        Assert.Single((await stage.CallAsync("delpay", $$"""{"payment_hash":"{{hash}}","status":"complete","partid":1,"groupid":1}"""))["payments"]!.AsArray());
        Assert.Empty(await stage.RowsAsync());
    });

    [Fact]
    public void Autoclean_once_takes_finished_rows_by_their_age() => PayerStage.Play(async stage =>
    {
        await SendAsync(stage, await stage.InvoiceAsync());
        Assert.Equal((0, 1), await CleanAsync("succeededpays", 60));
        await stage.WaitAsync(61);
        Assert.Equal((0, 0), await CleanAsync("failedpays", 60));
        Assert.Equal((1, 0), await CleanAsync("succeededpays", 60));
        Assert.Empty(await stage.RowsAsync());
        Assert.Equal("age: Must be non-zero: invalid token '0'", (await stage.RefusedAsync("autoclean-once", """{"subsystem":"failedpays","age":0}""")).Message);

        async Task<(int Cleaned, int Left)> CleanAsync(string subsystem, int age)
        {
            JsonNode answer = (await stage.CallAsync("autoclean-once", $$"""{"subsystem":"{{subsystem}}","age":{{age}}}"""))["autoclean"]![subsystem]!;
            return ((int)answer["cleaned"]!, (int)answer["uncleaned"]!);
        }
    });

    [Fact]
    public void Wait_answers_when_an_index_moves() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        Task<JsonObject> created = stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"created","nextvalue":1}""");
        Task<JsonObject> updated = stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"updated","nextvalue":1}""");
        Task<JsonObject> deleted = stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"deleted","nextvalue":1}""");
        await stage.WaitAsync();
        Assert.False(created.IsCompleted);
        await SendAsync(stage, invoice);
        Assert.Equal("pending", (string)(await created)["sendpays"]!["status"]!);
        Assert.Equal(("complete", 1UL), ((string)(await updated)["sendpays"]!["status"]!, (ulong)(await updated)["updated"]!));
        stage.Parts.Autoclean("complete");
        Assert.Equal(1UL, (ulong)(await deleted)["deleted"]!);
        JsonObject again = await stage.CallAsync("wait", """{"subsystem":"sendpays","indexname":"created","nextvalue":0}""");
        Assert.Equal((1UL, null), ((ulong)again["created"]!, again["sendpays"]));
        Assert.StartsWith("subsystem: unknown subsystem", (await stage.RefusedAsync("wait", """{"subsystem":"moods","indexname":"created","nextvalue":0}""")).Message, StringComparison.Ordinal);
        Assert.StartsWith("indexname: unknown index", (await stage.RefusedAsync("wait", """{"subsystem":"sendpays","indexname":"size","nextvalue":0}""")).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Sendpay_unwraps_the_failure_itself() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.Rejects;
        JsonObject sent = await stage.CallAsync("sendpay", await SendPayAsync(stage, invoice));
        Assert.Equal(("pending", "Monitor status with listpays or waitsendpay"), ((string)sent["status"]!, (string)sent["message"]!));
        SimRpcException failed = await stage.RefusedAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}","timeout":60}""");
        Assert.Equal(203, failed.Code);
        Assert.Equal("failed: WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS (reply from remote)", failed.Message);
        Assert.Equal((2, 0x400f, stage.Shop.Id.ToString()), ((int)failed.Details!["erring_index"]!, (int)failed.Details["failcode"]!, (string)failed.Details["erring_node"]!));
        Assert.NotNull(failed.Details["raw_message"]);

        // The message is told once and not stored.
        SimRpcException later = await stage.RefusedAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}"}""");
        Assert.Equal((203, null), (later.Code, later.Details!["raw_message"]));
        Assert.Equal(["203"], stage.Heard.Of("sendpay_failure", "code"));
    });

    [Fact]
    public void Sendpay_blames_the_channel_behind_the_hop_that_fails() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Network.Disconnect(stage.Hub, stage.Shop);
        JsonObject p = await SendPayAsync(stage, invoice);
        await stage.CallAsync("sendpay", p);
        SimRpcException failed = await stage.RefusedAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}"}""");
        Assert.Equal((204, 1, stage.Second.RealScid.ToString()), (failed.Code, (int)failed.Details!["erring_index"]!, (string)failed.Details["erring_channel"]!));

        // Without a group, the next one is taken.
        await stage.CallAsync("sendpay", (JsonObject)p.DeepClone());
        JsonObject[] rows = await stage.RowsAsync();
        Assert.Equal([1UL, 2UL], rows.Select(static row => (ulong)row["groupid"]!));
    });

    [Fact]
    public void Sendpay_settles_and_answers_again_without_sending() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        JsonObject p = await SendPayAsync(stage, invoice);
        await stage.CallAsync("sendpay", p);
        JsonObject settled = await stage.CallAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}"}""");
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)settled["payment_preimage"]!).Hash());
        JsonObject again = await stage.CallAsync("sendpay", (JsonObject)p.DeepClone());
        Assert.Equal(("complete", (string)settled["payment_preimage"]!), ((string)again["status"]!, (string)again["payment_preimage"]!));
        Assert.Single(await stage.RowsAsync());
    });

    [Fact]
    public void A_pending_part_of_sendpay_fills_the_amount_of_its_hash() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        JsonObject one = await SendPayAsync(stage, invoice);
        (one["partid"], one["groupid"], one["amount_msat"]) = (1, 1, PayerStage.Amount);
        await stage.CallAsync("sendpay", one);
        var two = (JsonObject)one.DeepClone();
        two["partid"] = 2;
        SimRpcException full = await stage.RefusedAsync("sendpay", two);
        Assert.Equal((200, $"Already have {PayerStage.Amount}msat of {PayerStage.Amount}msat payments in progress"), (full.Code, full.Message));

        // Parts of injectpaymentonion have no total, so the two do not mix in a group.
        (JsonObject injected, _) = await stage.PartAsync(invoice, part: 2, group: 1);
        Assert.Equal($"msatoshi was previously {PayerStage.Amount}msat, now 0msat", (await stage.RefusedAsync("injectpaymentonion", injected)).Message);
    });

    [Fact]
    public void Waitsendpay_gives_up_after_its_time() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        Assert.Equal(208, (await stage.RefusedAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}"}""")).Code);
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        await stage.CallAsync("sendpay", await SendPayAsync(stage, invoice));
        SimRpcException late = await stage.RefusedAsync("waitsendpay", $$"""{"payment_hash":"{{invoice.PaymentHash}}","timeout":10}""");
        Assert.Equal((200, "Timed out while waiting"), (late.Code, late.Message));
    });

    [Fact]
    public void Listhtlcs_keeps_what_is_over() => PayerStage.Play(async stage =>
    {
        await SendAsync(stage, await stage.InvoiceAsync());
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        await SendAsync(stage, await stage.InvoiceAsync());
        JsonObject[] htlcs = await stage.HtlcsAsync();
        Assert.Equal(["RCVD_REMOVE_ACK_REVOCATION", "SENT_ADD_ACK_REVOCATION"], htlcs.Select(static htlc => (string)htlc["state"]!));
        Assert.Equal([0UL, 1UL], htlcs.Select(static htlc => (ulong)htlc["id"]!));
        Assert.Single((await stage.CallAsync("listhtlcs", """{"index":"created","start":2}"""))["htlcs"]!.AsArray());
        Assert.Empty((await stage.CallAsync("listhtlcs", $$"""{"id":"{{stage.DetourFirst.RealScid}}"}"""))["htlcs"]!.AsArray());
        Assert.Equal("id: unknown channel: invalid token '\"1x2x3\"'", (await stage.RefusedAsync("listhtlcs", """{"id":"1x2x3"}""")).Message);
    });

    [Fact]
    public void Decode_reads_an_invoice() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        JsonObject read = await stage.CallAsync("decode", new JsonObject { ["string"] = stage.Shop.Invoices[0].Bolt11 });
        Assert.Equal(("bolt11 invoice", PayerStage.Amount, stage.Shop.Id.ToString(), 18), ((string)read["type"]!, (ulong)read["amount_msat"]!, (string)read["payee"]!, (int)read["min_final_cltv_expiry"]!));
        Assert.Equal(invoice.PaymentSecret.ToHex(), (string)read["payment_secret"]!);
        Assert.Equal(-32602, (await stage.RefusedAsync("decode", """{"string":"lnbc"}""")).Code);
    });

    private static async Task SendAsync(PayerStage stage, Bolt11Invoice invoice, ulong part = 1, ulong? amount = null)
    {
        (JsonObject parameters, _) = await stage.PartAsync(invoice, part, amount: amount);
        _ = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", parameters, null);
        await stage.WaitAsync();
    }

    private static async Task<string> IdsAsync(PayerStage stage, string parameters) => string.Join(' ', (await stage.RowsAsync(parameters)).Select(static row => (ulong)row["id"]!));

    private static async Task<JsonObject> SendPayAsync(PayerStage stage, Bolt11Invoice invoice)
    {
        JsonNode route = (await stage.CallAsync("getroutes", stage.Query()))["routes"]![0]!;
        return new JsonObject { ["route"] = route["path"]!.DeepClone(), ["payment_hash"] = invoice.PaymentHash.ToString(), ["payment_secret"] = invoice.PaymentSecret.ToHex() };
    }
}

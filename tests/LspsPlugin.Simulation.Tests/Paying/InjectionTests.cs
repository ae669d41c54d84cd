using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>injectpaymentonion: what it sends, how it ends, and that a part is sent at most once.</summary>
public class InjectionTests
{
    [Fact]
    public void A_part_that_settles_answers_with_its_preimage() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        (JsonObject part, _) = await stage.PartAsync(invoice);
        JsonObject answer = await stage.InjectAsync(part);
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)answer["payment_preimage"]!).Hash());
        JsonObject row = Assert.Single(await stage.RowsAsync());
        Assert.Equal("complete", (string)row["status"]!);
        Assert.Equal(PayerStage.Amount, (ulong)row["amount_msat"]!);
        Assert.Equal(PayerStage.Amount + 1100, (ulong)row["amount_sent_msat"]!);
        Assert.True(stage.Shop.Invoices[0].IsPaid);
        Assert.Equal("RCVD_REMOVE_ACK_REVOCATION", (string)Assert.Single(await stage.HtlcsAsync())["state"]!);
        Assert.Equal(["complete"], stage.Heard.Of("sendpay_success", "status"));
    });

    [Fact]
    public void Each_hop_reads_its_own_layer() => PayerStage.Play(async stage =>
    {
        var hub = new Scripted("none", null);
        stage.Hub.Plugin = hub;
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync());
        await stage.InjectAsync(part);
        JsonObject onion = hub.Heard.Single(static heard => heard.Topic == "htlc_accepted").Content["onion"]!.AsObject();
        Assert.Equal(stage.Second.RealScid.ToString(), (string?)onion["short_channel_id"]);
        Assert.Equal(PayerStage.Amount, (ulong)onion["forward_msat"]!);
        Assert.Equal(Convert.ToHexStringLower(secrets[1]), (string?)onion["shared_secret"]);
        Assert.Equal(2 * Sphinx.PacketBytes, ((string)onion["next_onion"]!).Length);
    });

    [Fact]
    public void Two_parts_of_a_group_are_one_payment() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        (JsonObject one, _) = await stage.PartAsync(invoice, part: 1, amount: PayerStage.Amount / 2);
        (JsonObject two, _) = await stage.PartAsync(invoice, part: 2, amount: PayerStage.Amount / 2);
        Task<JsonObject> first = stage.InjectAsync(one);
        await stage.WaitAsync();
        Assert.False(first.IsCompleted);
        JsonObject second = await stage.InjectAsync(two);
        Assert.Equal((string)second["payment_preimage"]!, (string)(await first)["payment_preimage"]!);
    });

    [Fact]
    public void A_failure_of_the_destination_is_wrapped_by_every_hop() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = WalletBehaviour.Rejects;
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(invoice);
        (int hop, string failure) = await stage.FailedAsync(part, secrets);
        Assert.Equal(2, hop);
        Assert.StartsWith("400f", failure, StringComparison.Ordinal);
        JsonObject row = Assert.Single(await stage.RowsAsync());
        Assert.Equal("failed", (string)row["status"]!);

        // What is stored is the reply of the first peer: without the node's own wrapping.
        (int stored, _) = Assert.NotNull(FailureOnion.Unwrap(secrets[1..], Convert.FromHexString((string)row["erroronion"]!)));
        Assert.Equal(1, stored);
        SimRpcException told = await stage.RefusedAsync("waitsendpay", new JsonObject { ["payment_hash"] = invoice.PaymentHash.ToString(), ["partid"] = 1, ["groupid"] = 1 });
        Assert.Equal((202, "Malformed error reply"), (told.Code, told.Message));
        Assert.Equal((string)row["erroronion"]!, (string)told.Details!["onionreply"]!);
    });

    [Fact]
    public void A_failure_of_a_hop_names_the_hop() => PayerStage.Play(async stage =>
    {
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync());
        stage.Network.Disconnect(stage.Hub, stage.Shop);
        Assert.Equal((1, "10070000"), await stage.FailedAsync(part, secrets));
    });

    [Fact]
    public void An_onion_that_the_first_peer_cannot_read_fails_as_if_at_the_payer() => PayerStage.Play(async stage =>
    {
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync(), change: hops => hops[1]!["pubkey"] = stage.Shop.Id.ToString());
        (int hop, string failure) = await stage.FailedAsync(part, secrets);
        Assert.Equal(0, hop);
        Assert.StartsWith("c005", failure, StringComparison.Ordinal);
    });

    [Fact]
    public void A_payload_that_is_no_hop_is_refused_by_the_hop_that_reads_it() => PayerStage.Play(async stage =>
    {
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(await stage.InvoiceAsync(), change: static hops => hops[1]!["payload"] = "0302010a");
        Assert.Equal((1, "4016000000"), await stage.FailedAsync(part, secrets));
    });

    [Fact]
    public void A_channel_without_room_fails_the_part_at_the_payer() => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        (JsonObject part, byte[][] secrets) = await stage.PartAsync(invoice);
        stage.First.Push(new Msat(989_000_000));
        Assert.Equal((0, "10070000"), await stage.FailedAsync(part, secrets));
        JsonObject row = Assert.Single(await stage.RowsAsync());
        Assert.Null(row["erroronion"]);
        SimRpcException told = await stage.RefusedAsync("waitsendpay", new JsonObject { ["payment_hash"] = invoice.PaymentHash.ToString(), ["partid"] = 1, ["groupid"] = 1 });
        Assert.Equal((204, 0, 0x1007), (told.Code, (int)told.Details!["erring_index"]!, (int)told.Details["failcode"]!));
    });

    [Theory]
    [InlineData("onion", "\"00\"", "onion must be 1366 bytes long")]
    [InlineData("partid", "0", "partid: Must be non-zero: invalid token '0'")]
    [InlineData("cltv_expiry", "100", "Expiry cltv 100 too close to current 114")]
    [InlineData("cltv_expiry", "9000", "Expiry cltv 9000 too far from current 114 + max 2016")]
    [InlineData("payment_hash", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "Could not process onion")]
    [InlineData("colour", "1", "unknown parameter: colour, this may be caused by a failure to autodetect key=value-formatted parameters")]
    public void Wrong_parameters_are_refused_and_leave_no_row(string name, string value, string message) => PayerStage.Play(async stage =>
    {
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        part[name] = JsonNode.Parse(value);
        SimRpcException refused = await stage.RefusedAsync("injectpaymentonion", part);
        Assert.Equal((-32602, message), (refused.Code, refused.Message));
        Assert.Empty(stage.Parts.Rows);
    });

    [Fact]
    public void A_first_channel_that_cannot_be_used_leaves_no_row() => PayerStage.Play(async stage =>
    {
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        stage.Network.Disconnect(stage.Payer, stage.Hub);
        Assert.Equal("Could not send to first peer: WIRE_TEMPORARY_CHANNEL_FAILURE", (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        stage.Network.GiveUp(stage.First);
        Assert.Equal($"channel {stage.First.RealScid} in state {SimChannel.OnChain}", (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        stage.Network.Delete(stage.First);
        Assert.Equal($"Unknown scid {stage.First.RealScid}", (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        Assert.Empty(stage.Parts.Rows);
    });

    /// <summary>What the node answers when a part is sent while a part (1, 1) is on record.</summary>
    [Theory]
    [InlineData("pending", 1, 1, "in progress")]
    [InlineData("pending", 2, 1, "sent")]
    [InlineData("pending", 1, 2, "200 Payment with groupid=1 still in progress, cannot retry before that completes.")]
    [InlineData("complete", 1, 1, "219 Already paid this invoice")]
    [InlineData("complete", 1, 2, "219 Already paid this invoice")]
    [InlineData("complete", 2, 1, "201 Already succeeded other parts")]
    [InlineData("complete", 2, 2, "201 Already succeeded other parts")]
    [InlineData("failed", 1, 1, "201 There already is a payment with payment_hash=HASH, groupid=1, partid=1. Either change the partid, or wait for the payment to complete and start a new group.")]
    [InlineData("failed", 2, 1, "sent")]
    [InlineData("failed", 1, 2, "sent")]
    public void A_part_is_sent_at_most_once(string status, int part, int group, string expected) => PayerStage.Play(async stage =>
    {
        Bolt11Invoice invoice = await stage.InvoiceAsync();
        stage.Shop.Behaviour = status == "pending" ? WalletBehaviour.Holds : status == "failed" ? WalletBehaviour.Rejects : WalletBehaviour.Settles;
        (JsonObject first, _) = await stage.PartAsync(invoice);
        (JsonObject second, _) = await stage.PartAsync(invoice, (ulong)part, (ulong)group);
        _ = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", first, null);
        await stage.WaitAsync();
        Assert.Equal(status, Assert.Single(stage.Parts.Rows).Status);
        Task<(JsonNode? Result, SimRpcException? Refused)> call = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", second, null);
        await stage.WaitAsync();
        string said = stage.Parts.Rows.Count == 2 ? "sent"
            : (await call) is { Refused: { } refused } ? $"{refused.Code} {refused.Message.Replace(invoice.PaymentHash.ToString(), "HASH", StringComparison.Ordinal)}"
            : (string?)(await call).Result!["status"] == "pending" ? "in progress" : "answered";
        Assert.Equal(expected, said);
        if (expected[..3] == "219") Assert.NotNull((await call).Refused!.Details!["payment_preimage"]);
    });

    [Fact]
    public void A_pending_part_with_another_amount_is_refused() => PayerStage.Play(async stage =>
    {
        stage.Shop.Behaviour = WalletBehaviour.Holds;
        (JsonObject part, _) = await stage.PartAsync(await stage.InvoiceAsync());
        _ = stage.Payer.Rpc.CarryOutAsync("injectpaymentonion", part, null);
        await stage.WaitAsync();
        var other = (JsonObject)part.DeepClone();
        other["destination_msat"] = 5;
        SimRpcException refused = await stage.RefusedAsync("injectpaymentonion", other);
        Assert.Equal((201, $"Already pending with amount {PayerStage.Amount}msat (not 5msat)"), (refused.Code, refused.Message));
    });

    [Fact]
    public void A_payment_to_oneself_needs_no_HTLC() => PayerStage.Play(async stage =>
    {
        JsonNode made = await stage.Payer.Rpc.CallAsync("invoice", new JsonObject { ["amount_msat"] = PayerStage.Amount, ["label"] = "own", ["description"] = "to oneself" });
        Assert.True(Bolt11Invoice.TryParse((string)made["bolt11"]!, out Bolt11Invoice? invoice));
        (JsonObject part, _) = await stage.PartAsync(invoice, change: hops =>
        {
            hops.RemoveAt(0);
            hops.RemoveAt(0);
            hops[0]!["pubkey"] = stage.Payer.Id.ToString();
        });
        JsonObject answer = await stage.InjectAsync(part);
        Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)answer["payment_preimage"]!).Hash());
        Assert.Empty(await stage.HtlcsAsync());
    });
}

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using LspsPlugin.Simulation.Tests.Paying;
using NBitcoin;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Offers;

/// <summary>Payments of BOLT 12 invoices, by createonion and injectpaymentonion: through blinded paths to their recipient.</summary>
public class BlindedPaymentTests
{
    private const ulong Amount = PayerStage.Amount;

    [Fact]
    public void An_invoice_whose_path_begins_at_the_recipient_is_paid() => PayerStage.Play(async stage =>
    {
        var shop = new Scripted("none", null);
        stage.Shop.Plugin = shop;
        string text = await BlindedParts.FetchAsync(stage, stage.Shop, Amount);
        JsonObject invoice = await BlindedParts.DecodedAsync(stage, text);
        (JsonObject part, _) = await BlindedParts.PartAsync(stage, invoice, text: text);
        JsonObject answer = await stage.InjectAsync(part);
        Assert.Equal((string)invoice["invoice_payment_hash"]!, Preimage.Parse((string)answer["payment_preimage"]!).Hash().ToString());

        JsonObject row = Assert.Single(await stage.RowsAsync());
        Assert.Equal(Names(JsonNode.Parse(Recorded.Json("rpc/listsendpays_bolt12.response.json").GetProperty("result").GetProperty("payments")[0].GetRawText())!.AsObject()), Names(row));
        Assert.Equal(("complete", text, stage.Shop.Id.ToString()), ((string)row["status"]!, (string)row["bolt12"]!, (string)row["destination"]!));
        Assert.Null(row["bolt11"]);
        Assert.Equal(text, (string)Assert.Single((await stage.CallAsync("listpays", "{}"))["pays"]!.AsArray())!["bolt12"]!);
        Assert.Single(await stage.RowsAsync($$"""{"bolt11":"{{text}}"}"""));
        JsonNode listed = Assert.Single((await stage.Shop.Rpc.CallAsync("listinvoices", []))["invoices"]!.AsArray())!;
        Assert.Equal(("paid", text, (string)invoice["offer_id"]!), ((string)listed["status"]!, (string)listed["bolt12"]!, (string)listed["local_offer_id"]!));

        JsonObject heard = Heard(shop);
        Assert.Equal(Amount, (ulong)heard["onion"]!["total_msat"]!);
        Assert.Equal(64, ((string)heard["onion"]!["payment_secret"]!).Length);
        Assert.Null(heard["htlc"]!["extra_tlvs"]);
    });

    [Fact]
    public void An_invoice_whose_path_begins_at_a_peer_is_paid_through_the_peer() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        Scripted atHub = new("none", null), atWallet = new("none", null);
        (stage.Hub.Plugin, wallet.Plugin) = (atHub, atWallet);
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, invoice);
        await stage.InjectAsync(part);
        Assert.True(Assert.Single(wallet.Invoices).IsPaid);
        Assert.Equal(Amount + 1100, (ulong)Assert.Single(await stage.RowsAsync())["amount_sent_msat"]!);

        JsonObject hub = Heard(atHub);
        Assert.Equal((wallet.Id.ToString(), Amount), ((string)hub["onion"]!["next_node_id"]!, (ulong)hub["onion"]!["forward_msat"]!));
        Assert.Null(hub["onion"]!["short_channel_id"]);
        Assert.Equal(Assert.Single(wallet.Channels).Id.ToString(), (string)hub["forward_to"]!);
        Assert.Equal(stage.Hub.CltvDelta, (uint)hub["htlc"]!["cltv_expiry"]! - (uint)hub["onion"]!["outgoing_cltv_value"]!);
        JsonObject last = Heard(atWallet);
        Assert.Equal(Convert.ToHexStringLower(secrets[2]), (string)last["onion"]!["shared_secret"]!);
        Assert.Matches("^00210[23][0-9a-f]{64}$", (string)last["htlc"]!["extra_tlvs"]!);
    });

    /// <summary>What the hook shows of a blinded payload has the members that a real node's recording has.</summary>
    [Theory]
    [InlineData("introduction")]
    [InlineData("recipient")]
    [InlineData("recipient_is_introduction")]
    public void The_hook_has_the_form_of_a_real_nodes(string role) => PayerStage.Play(async stage =>
    {
        SimNode recipient = role == "recipient_is_introduction" ? stage.Shop : BlindedParts.AddWallet(stage, stage.Hub), watched = role == "introduction" ? stage.Hub : recipient;
        var plugin = new Scripted("none", null);
        watched.Plugin = plugin;
        await stage.InjectAsync((await BlindedParts.PartAsync(stage, await BlindedParts.InvoiceAsync(stage, recipient, Amount))).Parameters);
        JsonObject real = JsonNode.Parse(Recorded.Json($"plugin/htlc_accepted_blinded_{role}.json").GetProperty("params").GetRawText())!.AsObject(), heard = Heard(plugin);
        Assert.Equal(Names(real), Names(heard));
        foreach (string part in new[] { "onion", "htlc" }) Assert.Equal(Names(real[part]!.AsObject()), Names(heard[part]!.AsObject()));

        // Payloads differ in what fees and heights take.
        Assert.InRange(((string)heard["onion"]!["payload"]!).Length, ((string)real["onion"]!["payload"]!).Length, ((string)real["onion"]!["payload"]!).Length + 8);
    });

    [Fact]
    public void A_payer_can_be_the_introduction_point() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Payer);
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        Assert.Equal(stage.Payer.Id.ToString(), (string)invoice["invoice_paths"]![0]!["first_node_id"]!);
        (JsonObject part, _) = await BlindedParts.PartAsync(stage, invoice);

        // The path's channel is not the node's own, and costs what the payinfo says; the HTLC carries what the node computes of it.
        Assert.Equal(Amount + 1100, (ulong)part["amount_msat"]!);
        await stage.InjectAsync(part);
        Assert.Equal(Amount, (ulong)Assert.Single(await stage.RowsAsync())["amount_sent_msat"]!);
        Assert.True(Assert.Single(wallet.Invoices).IsPaid);
    });

    [Fact]
    public void A_failure_behind_a_payer_that_is_the_introduction_point_is_not_told() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Payer);
        wallet.Behaviour = WalletBehaviour.Rejects;
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, await BlindedParts.InvoiceAsync(stage, wallet, Amount));
        (int hop, string failure) = await stage.FailedAsync(part, secrets);
        Assert.Equal((1, "c018"), (hop, failure[..4]));
    });

    [Fact]
    public void An_invoice_with_two_paths_is_paid_in_parts_over_both() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub, stage.Detour);
        wallet.OfferDesk.MostPaths = 2;
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        Assert.Equal([stage.Hub.Id.ToString(), stage.Detour.Id.ToString()], invoice["invoice_paths"]!.AsArray().Select(static path => (string)path!["first_node_id"]!));
        (JsonObject one, _) = await BlindedParts.PartAsync(stage, invoice, path: 0, part: 1, amount: Amount / 2);
        (JsonObject two, _) = await BlindedParts.PartAsync(stage, invoice, path: 1, part: 2, amount: Amount / 2);
        Task<JsonObject> first = stage.InjectAsync(one);
        await stage.WaitAsync();
        Assert.False(first.IsCompleted);
        JsonObject second = await stage.InjectAsync(two);
        Assert.Equal((string)second["payment_preimage"]!, (string)(await first)["payment_preimage"]!);
        Assert.Equal(Amount, Assert.Single(wallet.Invoices).Received.Value);
        Assert.All(wallet.Channels, static channel => Assert.Single(channel.Known));
    });

    [Fact]
    public void A_part_alone_runs_out_of_time() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, await BlindedParts.InvoiceAsync(stage, wallet, Amount), amount: Amount / 2);
        await AssertHiddenAsync(stage, part, secrets);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_refusal_is_told_only_by_a_recipient_that_is_the_introduction_point(bool isBehindPeer) => PayerStage.Play(async stage =>
    {
        SimNode recipient = Recipient(stage, isBehindPeer);
        recipient.Behaviour = WalletBehaviour.Rejects;
        await AssertFailedAsync(stage, recipient, await BlindedParts.InvoiceAsync(stage, recipient, Amount), isBehindPeer);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_of_another_invoice_is_refused(bool isBehindPeer) => PayerStage.Play(async stage =>
    {
        SimNode recipient = Recipient(stage, isBehindPeer);
        JsonObject other = await BlindedParts.InvoiceAsync(stage, recipient, Amount), invoice = await BlindedParts.InvoiceAsync(stage, recipient, Amount);
        invoice["invoice_paths"] = other["invoice_paths"]!.DeepClone();
        await AssertFailedAsync(stage, recipient, invoice, isBehindPeer);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_expired_invoice_is_refused(bool isBehindPeer) => PayerStage.Play(
        async stage =>
        {
            SimNode recipient = Recipient(stage, isBehindPeer);
            JsonObject invoice = await BlindedParts.InvoiceAsync(stage, recipient, Amount);
            await stage.WaitAsync(7201);
            await AssertFailedAsync(stage, recipient, invoice, isBehindPeer);
        },
        hours: 3);

    [Theory]
    [InlineData("no liquidity")]
    [InlineData("away")]
    [InlineData("closed")]
    public void What_is_wrong_behind_the_introduction_point_is_not_told(string wrong) => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        SimChannel last = Assert.Single(wallet.Channels);
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, await BlindedParts.InvoiceAsync(stage, wallet, Amount));
        if (wrong == "no liquidity") last.Push(new Msat(985_000_000));
        else if (wrong == "away") stage.Network.Disconnect(stage.Hub, wallet);
        else stage.Network.GiveUp(last);
        await AssertHiddenAsync(stage, part, secrets);
        Assert.Equal("failed", (string)Assert.Single(await stage.RowsAsync())["status"]!);

        // The introduction point itself knows.
        Assert.Equal("local_failed", (string)Assert.Single((await stage.Hub.Rpc.CallAsync("listforwards", []))["forwards"]!.AsArray())!["status"]!);
    });

    [Fact]
    public void Nodes_inside_a_path_pass_the_path_key_on() => PayerStage.Play(async stage =>
    {
        (JsonObject invoice, _) = await LongPathAsync(stage);
        await stage.InjectAsync((await BlindedParts.PartAsync(stage, invoice)).Parameters);
        Assert.Equal("complete", Assert.Single(stage.Parts.Rows).Status);
    });

    [Fact]
    public void A_failure_deep_inside_a_path_is_one_of_the_introduction_point() => PayerStage.Play(async stage =>
    {
        (JsonObject invoice, SimNode wallet) = await LongPathAsync(stage);
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, invoice);
        stage.Network.Disconnect(stage.Shop, wallet);
        await AssertHiddenAsync(stage, part, secrets);
    });

    /// <summary>A plugin that passes the TLVs of an HTLC on, as it got them, sends its own node's path key to the next one.</summary>
    [Fact]
    public void A_plugin_that_passes_the_path_key_on_breaks_the_path() => PayerStage.Play(async stage =>
    {
        (JsonObject invoice, _) = await LongPathAsync(stage);
        stage.Shop.Plugin = new Scripted("none", null)
        {
            OnHtlc = static p => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue", ["extra_tlvs"] = (string)p["htlc"]!["extra_tlvs"]! }),
        };
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, invoice);
        await AssertHiddenAsync(stage, part, secrets);
    });

    [Theory]
    [InlineData("an expiry behind what the path allows", "4016")]
    [InlineData("a fee too low", "c018")]
    [InlineData("too little", "c018")]
    [InlineData("another record at the introduction point", "4016")]
    [InlineData("no total", "c018")]
    [InlineData("data for another node", "4016")]
    public void A_part_that_breaks_the_rules_of_the_path_is_refused(string broken, string failure) => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        JsonObject path = invoice["invoice_paths"]![0]!.AsObject(), info = path["payinfo"]!.AsObject();
        if (broken == "an expiry behind what the path allows") info["cltv_expiry_delta"] = 1200;
        if (broken == "a fee too low") info["fee_base_msat"] = 0;
        if (broken == "data for another node") path["path"]![0]!["encrypted_recipient_data"] = (string)path["path"]![1]!["encrypted_recipient_data"]!;
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, invoice, change: hops =>
        {
            if (broken == "another record at the introduction point") Change(hops[1]!, static payload => payload.With(6, new byte[8]));
            if (broken == "no total") Change(hops[2]!, static payload => payload.Without(18));
            if (broken == "too little") Change(hops[2]!, static payload => payload.With(2, Truncated.Write(Amount + 1)));
        });
        (int hop, string said) = await stage.FailedAsync(part, secrets);
        Assert.Equal((1, failure), (hop, said[..4]));
    });

    /// <summary>A wrong payload at the payer's own node is refused with the node's words.</summary>
    [Fact]
    public void A_wrong_payload_of_ones_own_is_refused_before_it_is_sent() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Payer);
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount);
        string payload = "";
        (JsonObject part, _) = await BlindedParts.PartAsync(stage, invoice, change: hops =>
        {
            Change(hops[0]!, static tlvs => tlvs.Without(12));
            payload = (string)hops[0]!["payload"]!;
        });
        string expected = $"Onion decode for {payload} failed at type 12 offset {payload.Length / 2} (current_path_key was not present)";
        Assert.Equal(expected, (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        stage.Network.Disconnect(stage.Payer, wallet);
        (part, _) = await BlindedParts.PartAsync(stage, invoice);
        Assert.Equal("Could not send to first peer: WIRE_TEMPORARY_CHANNEL_FAILURE", (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        stage.Network.GiveUp(Assert.Single(wallet.Channels));
        Assert.Equal($"No available channel with peer {wallet.Id}", (await stage.RefusedAsync("injectpaymentonion", part)).Message);
        Assert.Empty(stage.Parts.Rows);
    });

    [Fact]
    public void An_invoice_of_ones_own_is_paid_without_an_HTLC() => PayerStage.Play(async stage =>
    {
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, stage.Payer, Amount);
        JsonObject path = invoice["invoice_paths"]![0]!.AsObject();
        JsonObject onion = await stage.CallAsync("createonion", new JsonObject
        {
            ["hops"] = new JsonArray([.. BlindedParts.Hops(path, new Msat(Amount), stage.Network.Chain.Height, new Msat(Amount))]),
            ["assocdata"] = (string)invoice["invoice_payment_hash"]!,
        });
        JsonObject answer = await stage.InjectAsync(new JsonObject
        {
            ["onion"] = (string)onion["onion"]!,
            ["payment_hash"] = (string)invoice["invoice_payment_hash"]!,
            ["amount_msat"] = Amount,
            ["cltv_expiry"] = stage.Network.Chain.Height + 18,
            ["partid"] = 1,
            ["groupid"] = 1,
        });
        Assert.NotNull(answer["payment_preimage"]);
        Assert.Empty(await stage.HtlcsAsync());
    });

    [Fact]
    public void A_restart_of_a_node_inside_a_path_does_not_lose_the_path_key() => PayerStage.Play(async stage =>
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Hub);
        (JsonObject part, _) = await BlindedParts.PartAsync(stage, await BlindedParts.InvoiceAsync(stage, wallet, Amount));
        var never = new TaskCompletionSource<JsonObject?>();
        wallet.Plugin = new Scripted("none", null) { OnHtlc = _ => never.Task };
        Task<JsonObject> paying = stage.InjectAsync(part);
        await stage.WaitAsync();
        stage.Network.TakeDown(wallet);
        stage.Network.BringUp(wallet);
        wallet.Plugin = null;
        stage.Network.Connect(stage.Hub, wallet);
        wallet.Forwarding.Replay();
        await paying;
        Assert.True(Assert.Single(wallet.Invoices).IsPaid);
    });

    /// <summary>A wallet behind the shop, and an invoice of it whose path goes through hub and shop.</summary>
    private static async Task<(JsonObject Invoice, SimNode Wallet)> LongPathAsync(PayerStage stage)
    {
        SimNode wallet = BlindedParts.AddWallet(stage, stage.Shop);
        JsonObject invoice = await BlindedParts.InvoiceAsync(stage, wallet, Amount), path = invoice["invoice_paths"]![0]!.AsObject();
        PubKey own = SimKey.Of(wallet.Index, SimKeyUse.NodeId).Public;

        // What the wallet wrote for itself is taken from its own path.
        var at = new PubKey((string)path["first_path_key"]!);
        at = RouteBlinding.NextPathKey(at, SimKey.Of(stage.Shop.Index, SimKeyUse.NodeId).SharedSecret(at));
        TlvStream last = RouteBlinding.Decrypt(SimKey.Of(wallet.Index, SimKeyUse.NodeId).SharedSecret(at), Convert.FromHexString((string)path["path"]![1]!["encrypted_recipient_data"]!))!;
        var made = BlindedPath.Create(SHA256.HashData("a longer path"u8),
        [
            (Key(stage.Hub), EncryptedData.To(stage.Shop.Id).Relay(stage.Hub.FeeBase, stage.Hub.FeePpm, stage.Hub.CltvDelta).Constrain(9000, new Msat(1))),
            (Key(stage.Shop), EncryptedData.To(wallet.Id).Relay(stage.Shop.FeeBase, stage.Shop.FeePpm, stage.Shop.CltvDelta).Constrain(9000, new Msat(1))),
            (own, last),
        ]);
        path["first_node_id"] = made.First.ToString();
        path["first_path_key"] = made.PathKey.ToHex();
        path["path"] = new JsonArray([.. made.Hops.Select(static hop => (JsonNode)new JsonObject
        {
            ["blinded_node_id"] = hop.Id.ToHex(),
            ["encrypted_recipient_data"] = Convert.ToHexStringLower(hop.Data),
        })]);
        path["payinfo"]!["fee_base_msat"] = 2001;
        path["payinfo"]!["fee_proportional_millionths"] = 21;
        path["payinfo"]!["cltv_expiry_delta"] = 34 + 34 + 18;
        return (invoice, wallet);
    }

    private static PubKey Key(SimNode node) => SimKey.Of(node.Index, SimKeyUse.NodeId).Public;

    private static SimNode Recipient(PayerStage stage, bool isBehindPeer) => isBehindPeer ? BlindedParts.AddWallet(stage, stage.Hub) : stage.Shop;

    private static async Task AssertFailedAsync(PayerStage stage, SimNode recipient, JsonObject invoice, bool isBehindPeer)
    {
        (JsonObject part, byte[][] secrets) = await BlindedParts.PartAsync(stage, invoice);
        if (isBehindPeer)
        {
            await AssertHiddenAsync(stage, part, secrets);
        }
        else
        {
            (int hop, string failure) = await stage.FailedAsync(part, secrets);
            Assert.Equal((2, $"400f{Amount:x16}{stage.Network.Chain.Height:x8}"), (hop, failure));
        }

        Assert.All(recipient.Invoices, static one => Assert.False(one.IsPaid));
    }

    /// <summary>Asserts that a part fails with invalid_onion_blinding from the introduction point, which is the first hop.</summary>
    private static async Task AssertHiddenAsync(PayerStage stage, JsonObject part, byte[][] secrets)
    {
        (int hop, string failure) = await stage.FailedAsync(part, secrets);
        Assert.Equal((1, "c018"), (hop, failure[..4]));
        Assert.Equal(4 + 64, failure.Length);
    }

    private static void Change(JsonNode hop, Func<TlvStream, TlvStream> change)
    {
        ReadOnlySpan<byte> bytes = Convert.FromHexString((string)hop["payload"]!);
        Assert.True(BigSize.TryRead(ref bytes, out _));
        Assert.True(TlvStream.TryParse(bytes, out TlvStream? payload));
        hop["payload"] = new SimHop(change(payload)).HexWithLength();
    }

    private static IEnumerable<string> Names(JsonObject o) => o.Select(static member => member.Key).Order(StringComparer.Ordinal);

    private static JsonObject Heard(Scripted plugin) => plugin.Heard.Single(static heard => heard.Topic == "htlc_accepted").Content;
}

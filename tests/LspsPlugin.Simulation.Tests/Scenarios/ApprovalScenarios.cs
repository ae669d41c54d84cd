using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Approvals listed and taken back.</summary>
public class ApprovalScenarios
{
    [Fact]
    public void Each_approval_is_listed_with_its_provider_until_its_payment_is_there() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();
        JsonNode listed = Assert.Single((await ListAsync(scene))["approvals"]!.AsArray())!;
        Assert.Equal((invoice.PaymentHash.ToString(), invoice.RouteHint!.Scid.ToString()), ((string)listed["payment_hash"]!, (string)listed["jit_channel_scid"]!));
        Assert.Single((await ListAsync(scene, scene.Provider))["approvals"]!.AsArray());
        Assert.Empty((await ListAsync(scene, scene.World.PayerNode))["approvals"]!.AsArray());
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.WaitAsync(500);
        Assert.Empty((await ListAsync(scene))["approvals"]!.AsArray());
    });

    [Fact]
    public void An_approval_whose_offer_is_over_is_not_listed_while_its_purchase_is_still_on_record() => Scene.Play(async scene =>
    {
        await scene.BoughtAsync();
        await scene.WaitAsync(71 * 60 * 1000); // the offer, and what an opening may take
        Assert.Empty((await ListAsync(scene))["approvals"]!.AsArray());
        Assert.Single((await scene.AskAsync("lsps-status", []))["wallet"]!["purchases"]!.AsArray());
    });

    [Fact]
    public void A_revoked_approval_opens_nothing_and_its_payment_goes_back() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync(), kept = await scene.BoughtAsync(new JsonObject { ["label"] = "kept" });
        JsonObject revoked = await RevokeAsync(scene, invoice);
        Assert.True((bool)revoked["invoice_deleted"]!);
        Assert.Equal(invoice.PaymentHash.ToString(), (string)revoked["revoked"]!["payment_hash"]!);
        Assert.Equal("kept", Assert.Single(scene.Wallet.Invoices).Label);

        // The other approval still lets the same provider open a channel; what comes through it with this hash is nobody's payment.
        Assert.All(await scene.PayAsync(invoice), outcome => Assert.False(outcome.IsSettled));
        Scene.AssertSettled(await scene.PayAsync(kept));
    });

    [Fact]
    public void A_revoked_approval_takes_its_invoice_with_it_where_other_hints_follow_the_jit_hint() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();
        SimInvoice made = Assert.Single(scene.Wallet.Invoices);
        byte[] other = [.. Convert.FromHexString(scene.World.PayerNode.Id.ToString()), .. new byte[18]], cut = other[..50];
        scene.Wallet.Invoices[0] = new SimInvoice(made.Label, WithHints(made.Bolt11, other, cut), made.Preimage, made.Amount, made.ExpiresAt, made.CreatedIndex);
        Assert.True((bool)(await RevokeAsync(scene, invoice))["invoice_deleted"]!);
        Assert.Empty(scene.Wallet.Invoices);
    });

    /// <summary>The invoice with more route hints behind its own.</summary>
    private static string WithHints(string bolt11, params byte[][] hints)
    {
        const int SignatureWords = 104;
        Assert.True(Bech32.TryDecode(bolt11, out string? prefix, out byte[]? words));
        byte[] fields = [.. hints.Select(hint => Bech32.ToWords(hint)).SelectMany(data => (byte[])[3, (byte)(data.Length >> 5), (byte)(data.Length & 31), .. data])];
        return Bech32.Encode(prefix, [.. words[..^SignatureWords], .. fields, .. words[^SignatureWords..]]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_provider_whose_only_approval_was_revoked_is_refused_the_opening(bool byHash) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();
        var named = new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString(), ["jit_channel_scid"] = byHash ? invoice.PaymentHash.ToString() : invoice.RouteHint!.Scid.ToString() };
        await scene.AskAsync("lsps-lsps2-revoke", named);
        Assert.Empty(scene.Wallet.Datastore.Under("lsps"));
        Scene.AssertFailed("400a", await scene.PayAsync(invoice));
        scene.AssertNothingHappened();
        SimRpcException twice = await Assert.ThrowsAsync<SimRpcException>(() => RevokeAsync(scene, invoice));
        Assert.Contains("or has ended", twice.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Parts_that_wait_for_others_go_back_with_the_approval() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();

        // The second part is lost on its way to the wallet.
        bool lost = false;
        scene.World.Network.Observed += e =>
        {
            if (lost || e is not { What: "htlc forwarded", Htlc.Outgoing: { } htlc } || e.Node != scene.Provider) return;
            lost = true;
            htlc.Resolve(new SimOutcome(null, "2002"));
        };
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        scene.World.Purchases[^1].Sent.AddRange(parts);
        await scene.World.UntilAsync(() => lost && scene.Wallet.Forwarding.Held == 1, "one part is held by the wallet");
        await RevokeAsync(scene, invoice);
        Assert.All(await scene.OutcomesAsync(parts), outcome => Assert.False(outcome.IsSettled));
    });

    [Fact]
    public void A_whole_payment_is_not_torn() => Scene.Play(async scene =>
    {
        scene.ProviderPromisesToFundAtOnce();
        await scene.SetAsync("lsps-client-trust", "never");
        Bolt11Invoice invoice = await scene.BoughtAsync();
        Task<PartResult>[] parts = scene.World.Payer.SendParts(invoice, 2, scene.World.Channels);
        scene.World.Purchases[^1].Sent.AddRange(parts);
        await scene.World.UntilAsync(() => scene.WalletSaid("waits for the confirmation"), "the payment is whole");
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => RevokeAsync(scene, invoice));
        Assert.Contains("too late", refused.Message, StringComparison.Ordinal);
        Assert.Null(scene.Chain.Broadcast(scene.Provider.Wallet.Signed(scene.World.JitChannel!.FundingTx!)));
        Scene.AssertSettled(await scene.OutcomesAsync(parts));
    });

    /// <summary>Parts are known by their hash: those of the first purchase would be judged by the terms of the second.</summary>
    [Fact]
    public void A_payment_that_has_a_channel_gets_no_second_one() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();
        JsonObject second = await ByHandAsync(scene, invoice.PaymentHash);
        SimRpcException refused = await Assert.ThrowsAsync<SimRpcException>(() => scene.AskAsync("lsps-lsps2-approve", second));
        Assert.Contains($"is approved for {invoice.RouteHint!.Scid} from {scene.Provider.Id}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(invoice.RouteHint.Scid.ToString(), (string?)Assert.Single((await ListAsync(scene))["approvals"]!.AsArray())!["jit_channel_scid"]);
        Scene.AssertSettled(await scene.PayAsync(invoice));

        second["payment_hash"] = Scene.Stranger(8).ToString();
        Assert.Null(await scene.AskAsync("lsps-lsps2-approve", second));
        Assert.Null(await scene.AskAsync("lsps-lsps2-approve", second)); // saying it twice changes nothing
        Assert.Single((await ListAsync(scene))["approvals"]!.AsArray());
    });

    [Theory]
    [InlineData("purchases")]
    [InlineData("client")]
    [InlineData("invoice")]
    public void An_approval_that_was_refused_is_none_after_a_restart_either(string record) => Scene.Play(async scene =>
    {
        JsonObject approval = await ByHandAsync(scene, Scene.Stranger(8));
        bool refuses = true;
        scene.Wallet.Rpc.Intercept = (method, p) => refuses && method == "datastore" && (string?)p["key"]![1] == record ? throw new SimRpcException(-1, "disk full") : null;
        await Assert.ThrowsAsync<SimRpcException>(() => scene.AskAsync("lsps-lsps2-approve", approval));
        refuses = false;
        await scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 77);
        await scene.WaitAsync(1000);
        Assert.Empty((await ListAsync(scene))["approvals"]!.AsArray());
        Assert.Equal("purchases", Assert.Single(scene.Wallet.Datastore.Under("lsps")).Key[1]);
        Assert.Null(await scene.AskAsync("lsps-lsps2-approve", approval));
        Assert.Single((await ListAsync(scene))["approvals"]!.AsArray());
    });

    /// <summary>The node did not take the parts, and nothing ever told of that.</summary>
    [Fact]
    public void A_payment_that_came_to_nothing_is_forgotten_with_its_purchase() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync();
        scene.Wallet.Invoices.Clear();
        Assert.All(await scene.PayAsync(invoice), outcome => Assert.False(outcome.IsSettled));
        Assert.True(scene.WalletSaid($"{invoice.PaymentHash} is complete"));
        await scene.WaitAsync(130 * 60 * 1000);
        await scene.BlocksAsync(1);
        Assert.Empty((await scene.WalletStatusAsync())["purchases"]!.AsArray());

        JsonObject again = await ByHandAsync(scene, invoice.PaymentHash);
        Assert.Null(await scene.AskAsync("lsps-lsps2-approve", again));
        again.Remove("payment_hash");
        again.Remove("client_trusts_lsp");
        await scene.AskAsync("lsps-lsps2-revoke", again); // no payment is here
    });

    /// <summary>The parameters of an approval for a channel that was bought by hand.</summary>
    private static async Task<JsonObject> ByHandAsync(Scene scene, PaymentHash hash)
    {
        var buy = new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString() };
        JsonNode entry = (await scene.AskAsync("lsps-lsps2-getinfo", (JsonObject)buy.DeepClone()))["opening_fee_params_menu"]![0]!;
        (buy["opening_fee_params"], buy["payment_size_msat"]) = (entry.DeepClone(), Scene.Price.Value);
        JsonObject bought = await scene.AskAsync("lsps-lsps2-buy", buy);
        return new JsonObject
        {
            ["lsp_id"] = scene.Provider.Id.ToString(),
            ["jit_channel_scid"] = (string)bought["jit_channel_scid"]!,
            ["payment_hash"] = hash.ToString(),
            ["client_trusts_lsp"] = true,
        };
    }

    private static Task<JsonObject> ListAsync(Scene scene, SimNode? provider = null) =>
        scene.AskAsync("lsps-lsps2-listapprovals", provider is null ? [] : new JsonObject { ["lsp_id"] = provider.Id.ToString() });

    private static Task<JsonObject> RevokeAsync(Scene scene, Bolt11Invoice invoice) => scene.AskAsync(
        "lsps-lsps2-revoke", new JsonObject { ["lsp_id"] = scene.Provider.Id.ToString(), ["jit_channel_scid"] = invoice.RouteHint!.Scid.ToString() });
}

using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>What the model does with HTLCs, as a real node was seen to do.</summary>
public class ForwardingTests
{
    private const ulong Amount = 1_000_000;

    [Fact]
    public void Closing_a_withheld_channel_fails_its_HTLCs_frees_its_inputs_and_tells_no_forward_event() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        Task<PartResult> part = await InFlightAsync(stage, channel);
        JsonObject closed = await stage.CallAsync("close", $$"""{"id":"{{channel.Id}}","unilateraltimeout":1}""");
        Assert.Empty(closed["txids"]!.AsArray());
        AssertGone(stage, channel, await part);
        Assert.Equal(-32602, (await stage.RefusedAsync("close", $$"""{"id":"{{channel.Id}}"}""")).Code);
    });

    [Fact]
    public void An_HTLC_that_runs_out_drops_the_channel() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        Task<PartResult> part = await InFlightAsync(stage, channel);
        uint deadline = channel.Htlcs[0].Cltv;
        stage.Chain.Mine((int)(deadline - stage.Chain.Height));
        Assert.False(part.IsCompleted);
        stage.Chain.Mine();
        AssertGone(stage, channel, await part);
    });

    [Fact]
    public void A_forward_pays_the_fee_of_the_channel_that_it_leaves_by() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        await stage.CallAsync("setchannel", $$"""{"id":"{{channel.Id}}","feebase":1000,"feeppm":10,"enforcedelay":0}""");
        Assert.StartsWith("100c", (await stage.Pay(Alias(stage, channel), Amount + 1009, Amount)).Outcome.Failure, StringComparison.Ordinal);
        Assert.True((await stage.Pay(Alias(stage, channel), Amount + 1010, Amount)).Outcome.IsSettled);
    });

    [Fact]
    public void The_fee_before_a_raise_is_honoured_for_the_delay_and_no_longer() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(2 * Amount);
        await stage.CallAsync("setchannel", $$"""{"id":"{{channel.Id}}","feebase":1000,"feeppm":10,"enforcedelay":600}""");
        Task<PartResult> within = stage.Pay(Alias(stage, channel), Amount, Amount, 2 * Amount);
        await stage.WaitAsync();
        Assert.False(within.IsCompleted);
        await stage.WaitAsync(600);
        Assert.StartsWith("100c", (await stage.Pay(Alias(stage, channel), Amount, Amount, 2 * Amount)).Outcome.Failure, StringComparison.Ordinal);
    });

    [Fact]
    public void The_fee_before_a_raise_is_honoured_also_when_the_raised_one_is_set_again() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        string raise = $$"""{"id":"{{channel.Id}}","feebase":1000,"feeppm":10,"enforcedelay":600}""";
        await stage.CallAsync("setchannel", raise);
        await stage.CallAsync("setchannel", raise);
        Assert.True((await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.IsSettled);
    });

    [Fact]
    public void After_a_restart_what_was_held_is_told_again_without_its_extra_tlvs() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue", ["extra_tlvs"] = "fe00010001080000000000001388" });
        stage.WalletSays.OnHtlc = _ => new TaskCompletionSource<JsonObject?>().Task;
        Task<PartResult> part = stage.Pay(Alias(stage, channel), Amount, Amount);
        await stage.WaitAsync();
        Assert.NotNull(stage.WalletSays.Heard.Last(heard => heard.Topic == "htlc_accepted").Content["htlc"]!["extra_tlvs"]);
        stage.WalletSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue" });
        stage.Wallet.Forwarding.Replay();
        Assert.True((await part).Outcome.IsSettled);
        JsonObject[] told = [.. stage.WalletSays.Heard.Where(heard => heard.Topic == "htlc_accepted").Select(heard => heard.Content)];
        Assert.Equal(2, told.Length);
        Assert.Null(told[1]["htlc"]!["extra_tlvs"]);
        foreach (string key in new[] { "short_channel_id", "id", "payment_hash" }) Assert.Equal(told[0]["htlc"]![key]!.ToJsonString(), told[1]["htlc"]![key]!.ToJsonString());
        Assert.Equal((string?)told[0]["onion"]!["shared_secret"], (string?)told[1]["onion"]!["shared_secret"]);
    });

    [Fact]
    public void A_plugin_that_is_gone_continues() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(null);
        Assert.True((await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.IsSettled);
        Assert.Equal("400a", (await stage.Pay(Scid.Of(609, 7777, 1), Amount, Amount)).Outcome.Failure);
    });

    [Fact]
    public void An_HTLC_that_the_plugin_fails_leaves_no_forward() => Stage.Play(async stage =>
    {
        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "fail", ["failure_message"] = "2002" });
        Assert.Equal("2002", (await stage.Pay(Scid.Of(609, 7777, 1), Amount, Amount)).Outcome.Failure);
        Assert.DoesNotContain(stage.ProviderSays.Heard, heard => heard.Topic == "forward_event");
        Assert.Empty(stage.Provider.Forwarding.List(null));
    });

    [Fact]
    public void An_amount_written_into_a_blinded_hop_fails_the_HTLC_without_a_word() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        stage.ProviderSays.OnHtlc = call => Task.FromResult<JsonObject?>(new JsonObject
        {
            ["result"] = "continue",
            ["payload"] = Rewritten(call),
            ["forward_to"] = channel.Id.ToString(),
        });
        Assert.Equal("4016", (await stage.Pay(Alias(stage, channel), Amount, Amount, blinded: true)).Outcome.Failure);
        Assert.DoesNotContain(stage.ProviderSays.Heard, heard => heard.Topic == "forward_event");
        Assert.Empty(stage.Provider.Forwarding.List(null));
        Assert.Equal(Alias(stage, channel).ToString(), (string?)stage.ProviderSays.Heard.Last(heard => heard.Topic == "htlc_accepted").Content["onion"]!["short_channel_id"]);

        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue" });
        Assert.True((await stage.Pay(Alias(stage, channel), Amount, Amount, blinded: true)).Outcome.IsSettled);

        static string Rewritten(JsonObject call)
        {
            Assert.True(OnionPayload.TryParse((string?)call["onion"]!["payload"], out OnionPayload? payload));
            return payload.WithAmountToForward(new Msat(1)).ToHexWithoutLength();
        }
    });

    [Fact]
    public void A_message_that_is_too_long_costs_the_connection_and_fails_the_HTLC_without_a_word() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        string most = Convert.ToHexStringLower(TlvStream.Empty.With(70_001, new byte[64_083 - 8]).ToBytes()), more = Convert.ToHexStringLower(TlvStream.Empty.With(70_001, new byte[64_084 - 8]).ToBytes());
        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue", ["extra_tlvs"] = more });
        Assert.Equal("10070000", (await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.Failure);
        Assert.False(stage.World.Network.AreConnected(stage.Provider, stage.Wallet));
        Assert.DoesNotContain(stage.ProviderSays.Heard, heard => heard.Topic == "forward_event");
        stage.World.Network.Connect(stage.Provider, stage.Wallet);
        stage.ProviderSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "continue", ["extra_tlvs"] = most });
        Assert.True((await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.IsSettled);
    });

    [Fact]
    public void A_failure_of_the_wallets_own_is_told_even_when_it_is_permanent() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.WalletSays.OnHtlc = _ => Task.FromResult<JsonObject?>(new JsonObject { ["result"] = "fail", ["failure_message"] = "4008" });
        Assert.Equal("4008", (await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.Failure);
        Assert.Equal(["offered", "failed"], stage.ProviderSays.Of("forward_event", "status"));
    });

    [Fact]
    public void The_list_of_forwards_keeps_the_alias() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        string alias = Alias(stage, channel).ToString();
        Assert.True((await stage.Pay(Alias(stage, channel), Amount, Amount)).Outcome.IsSettled);
        string signed = (string)(await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}"""))["signed_psbt"]!;
        await stage.CallAsync("sendpsbt", $$"""{"psbt":"{{signed}}"}""");
        stage.Chain.Mine();
        Assert.NotNull(channel.RealScid);
        Assert.Single(stage.Provider.Forwarding.List(alias));
        Assert.Empty(stage.Provider.Forwarding.List(channel.RealScid!.Value.ToString()));
    });

    [Fact]
    public void The_last_hop_wants_one_total_that_covers_the_invoice_twice_at_most() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        Scid next = Alias(stage, channel);
        Assert.StartsWith("400f", (await stage.Pay(next, Amount / 2, Amount / 2, Amount - 1)).Outcome.Failure, StringComparison.Ordinal);
        Assert.StartsWith("400f", (await stage.Pay(next, Amount / 2, Amount / 2, (2 * Amount) + 1)).Outcome.Failure, StringComparison.Ordinal);
        Task<PartResult> first = stage.Pay(next, Amount / 2, Amount / 2, Amount);
        await stage.WaitAsync();
        Assert.StartsWith("400f", (await stage.Pay(next, Amount / 2, Amount / 2, Amount + 1)).Outcome.Failure, StringComparison.Ordinal);
        Assert.False(first.IsCompleted);
        Assert.True((await stage.Pay(next, Amount / 2, Amount / 2, Amount)).Outcome.IsSettled);
        Assert.True((await first).Outcome.IsSettled);
    });

    [Fact]
    public void Parts_that_wait_too_long_for_the_rest_fail_with_mpp_timeout() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        stage.Invoice(Amount);
        Assert.Equal("0017", (await stage.Pay(Alias(stage, channel), Amount / 2, Amount / 2, Amount)).Outcome.Failure);
    });

    [Fact]
    public void Parts_that_died_with_their_channel_do_not_count_towards_the_total() => Stage.Play(async stage =>
    {
        SimChannel first = await stage.OpenAsync();
        SimInvoice invoice = stage.Invoice(Amount);
        Task<PartResult> dead = stage.Pay(Alias(stage, first), Amount / 2, Amount / 2, Amount);
        await stage.WaitAsync();
        await stage.CallAsync("close", $$"""{"id":"{{first.Id}}"}""");
        Assert.Equal("4008", (await dead).Outcome.Failure);
        SimChannel second = await stage.OpenAsync();
        Task<PartResult> half = stage.Pay(Alias(stage, second), Amount / 2, Amount / 2, Amount);
        await stage.WaitAsync();
        Assert.False(half.IsCompleted);
        Assert.False(invoice.IsPaid);
    });

    private static Scid Alias(Stage stage, SimChannel channel) => channel.End(stage.Provider).Alias;

    /// <summary>A part that has gone out over the channel, and waits in the wallet's hook.</summary>
    private static async Task<Task<PartResult>> InFlightAsync(Stage stage, SimChannel channel)
    {
        stage.WalletSays.OnHtlc = _ => new TaskCompletionSource<JsonObject?>().Task;
        Task<PartResult> part = stage.Pay(Alias(stage, channel), Amount, Amount);
        await stage.WaitAsync();
        Assert.Single(channel.Htlcs);
        Assert.True(stage.Provider.Wallet.Reserved > 0);
        return part;
    }

    private static void AssertGone(Stage stage, SimChannel channel, PartResult part)
    {
        Assert.Equal("4008", part.Outcome.Failure);
        Assert.Empty(stage.Provider.ChannelsWith(stage.Wallet));
        Assert.Empty(stage.Chain.Mempool);
        Assert.Null(stage.Chain.ConfirmedAt(channel.Funding.TxId));
        Assert.Equal(0, stage.Provider.Wallet.Reserved);
        Assert.Equal(["offered"], stage.ProviderSays.Of("forward_event", "status"));
        Assert.Equal("offered", (string?)Assert.Single(stage.Provider.Forwarding.List(null))!["status"]);
        Assert.Equal("CLOSED", stage.ProviderSays.Of("channel_state_changed", "new_state").Last());
        Assert.Equal("unknown", stage.ProviderSays.Of("channel_state_changed", "cause").Last());
    }
}

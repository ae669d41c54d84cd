using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>The model's transactions are real: what the chain, the node's wallet and the peer of a channel would refuse is refused.</summary>
public class TransactionTests
{
    private static readonly string Elsewhere = "0014" + new string('7', 40);

    /// <summary>A node stored this one for the channel that the other one was given for.</summary>
    [Fact]
    public void A_psbt_is_converted_to_the_bytes_that_a_real_node_has()
    {
        string given = Recorded.Json("rpc/fundchannel_complete_withhold.request.json").GetProperty("params").GetProperty("psbt").GetString()!;
        string kept = Recorded.Json("rpc/listpeerchannels_withheld_just_completed.response.json").GetProperty("result").GetProperty("channels")[0].GetProperty("funding").GetProperty("psbt").GetString()!;
        Assert.Equal(kept, SimPsbt.InVersion(given, 2));
        Assert.Equal(given, SimPsbt.InVersion(kept, 0));
    }

    /// <summary>A real node signed this one and sent it.</summary>
    [Fact]
    public void A_signed_psbt_gives_the_transaction_that_a_real_node_sent()
    {
        string signed = Recorded.Json("rpc/signpsbt.response.json").GetProperty("result").GetProperty("signed_psbt").GetString()!;
        string sent = Recorded.Json("rpc/sendpsbt.response.json").GetProperty("result").GetProperty("tx").GetString()!;
        Assert.Equal(sent, SimPsbt.Final(signed)!.ToHex());
        Assert.Equal(sent, SimPsbt.Final(SimPsbt.InVersion(signed, 2))!.ToHex());
        Assert.False(SimPsbt.IsSigned(Recorded.Json("rpc/signpsbt.request.json").GetProperty("params").GetProperty("psbt").GetString()!));
    }

    [Fact]
    public void What_the_wallet_signs_is_accepted_in_either_version_and_its_change_can_be_spent() => Stage.Play(async stage =>
    {
        await stage.OpenAsync();
        string signed = await SignedAsync(stage);
        Assert.Equal(signed, await SignedAsync(stage));
        await stage.CallAsync("sendpsbt", $$"""{"psbt":"{{SimPsbt.InVersion(signed, 2)}}"}""");
        SimTx sent = Assert.Single(stage.Chain.Mempool);
        Assert.True(sent.IsSigned);
        Assert.Equal(SimPsbt.Read(stage.Psbt)!.Id, sent.Id);
        (Outpoint change, _, _) = Assert.Single(stage.Provider.Wallet.Coins);
        SimTx next = stage.Provider.Wallet.Spend(change, Elsewhere, fee: 200);
        Assert.Equal(next.ToHex(), stage.Provider.Wallet.Spend(change, Elsewhere, fee: 200).ToHex());
        Assert.Null(stage.Chain.Broadcast(next));
    });

    [Fact]
    public void A_funding_pays_what_its_feerate_and_its_real_weight_ask() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        ulong fee = Psbt.TryReadUnsignedTx(stage.Psbt, out UnsignedTx? tx, out _) ? tx.Fee!.Value.Value : 0;
        ulong vsize = ((ulong)SimPsbt.Final(await SignedAsync(stage))!.Weight + 3) / 4;
        Assert.InRange(fee, stage.Provider.Feerate * vsize * 4 / 1000, stage.Provider.Feerate * 1450 / 1000); // 1000 of the weight was asked for
    });

    [Fact]
    public void The_chain_refuses_what_a_daemon_refuses() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        SimWallet wallet = stage.Provider.Wallet;
        Outpoint coin = SimPsbt.Read(stage.Psbt)!.Inputs[0];
        ulong amount = wallet.Total.Value;
        Assert.Contains("script-verify", stage.Chain.Broadcast(Pays(coin, amount - 1000)), StringComparison.Ordinal);
        Assert.Contains("script-verify", stage.Chain.Broadcast(Forged(wallet.Signed(Pays(coin, amount - 1000)), Pays(coin, amount - 2000))), StringComparison.Ordinal);
        Assert.StartsWith("min relay fee not met", stage.Chain.Broadcast(wallet.Signed(Pays(coin, amount))), StringComparison.Ordinal);
        Assert.Equal("bad-txns-in-belowout", stage.Chain.Broadcast(wallet.Signed(Pays(coin, amount + 1))));
        Assert.Equal("dust", stage.Chain.Broadcast(wallet.Signed(Pays(coin, 100))));
        Assert.Equal("bad-txns-inputs-missingorspent", stage.Chain.Broadcast(Pays(coin with { Index = 9 }, 1000)));
        Assert.Equal("bad-txns-inputs-missingorspent", stage.Chain.Broadcast(Pays(new Outpoint(TxId.Parse(new string('5', 64)), 0), 1000)));
        Assert.Null(stage.Chain.Broadcast(wallet.Signed(Pays(coin, amount - 1000))));
        Assert.Equal("insufficient fee, rejecting replacement", stage.Chain.Broadcast(wallet.Signed(Pays(coin, amount - 2000))));
        stage.Chain.Mine();
        Assert.Equal("bad-txns-inputs-missingorspent", stage.Chain.Broadcast(wallet.Signed(Pays(coin, amount - 2000))));
    });

    [Fact]
    public void A_channel_is_not_opened_with_a_transaction_that_does_not_pay_to_both_nodes() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        SimTx right = SimPsbt.Read(stage.Psbt)!;
        int funding = right.Outputs.ToList().FindIndex(static output => output.Amount == new Sat(100_000));
        TxOutput output = right.Outputs[funding];
        foreach ((string said, TxOutput[] outputs) in new[]
        {
            ("Output to open channel is wrong amount", new[] { output with { Amount = new Sat(99_999) } }),
            ("No output to open channel", [output with { Script = Elsewhere }]),
            ("Two outputs to open channel", [output, output]),
        })
        {
            string psbt = SimPsbt.Write(new SimTx(right.Inputs, outputs), stage.Chain);
            SimRpcException refused = await stage.RefusedAsync("fundchannel_complete", $$"""{"id":"WALLET","psbt":"{{psbt}}","withhold":true}""");
            Assert.Equal((309, said), (refused.Code, refused.Message));
        }

        await stage.CallAsync("fundchannel_complete", """{"id":"WALLET","psbt":"PSBT","withhold":true}""");
    });

    [Fact]
    public void A_channel_is_closed_with_the_signatures_of_both_nodes() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        SimTx close = channel.Close(new TxOutput(new Sat(99_000), Elsewhere));
        Assert.Equal("bad-txns-inputs-missingorspent", stage.Chain.Broadcast(close));
        await stage.CallAsync("sendpsbt", $$"""{"psbt":"{{await SignedAsync(stage)}}"}""");
        Assert.Contains("script-verify", stage.Chain.Broadcast(new SimTx(close.Inputs, close.Outputs)), StringComparison.Ordinal);
        Assert.Null(stage.Chain.Broadcast(close));
    });

    [Theory]
    [InlineData("bcrt1qsim1x0")]
    [InlineData("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")]
    public void An_address_of_another_chain_or_with_a_wrong_checksum_is_refused(string address) => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        Assert.Equal(-32602, (await stage.RefusedAsync("addpsbtoutput", $$"""{"satoshi":100000,"initialpsbt":"PSBT","destination":"{{address}}"}""")).Code);
    });

    private static async Task<string> SignedAsync(Stage stage) => (string)(await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}"""))["signed_psbt"]!;

    private static SimTx Pays(Outpoint coin, ulong sat) => new([coin], [new TxOutput(new Sat(sat), Elsewhere)]);

    /// <summary>A transaction with the witnesses of another one.</summary>
    private static SimTx Forged(SimTx signed, SimTx other) => other.With(signed);
}

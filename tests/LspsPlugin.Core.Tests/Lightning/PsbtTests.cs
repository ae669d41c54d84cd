using System.Text.RegularExpressions;
using LspsPlugin.Core.Lightning;
using NBitcoin;
using NBitcoin.BIP370;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

/// <summary>PSBTs of real nodes, and PSBTs that no node should send.</summary>
public class PsbtTests
{
    /// <summary>The funding of a channel of 100,000 sat; it spends one coin of 1,000,000 sat, as all recorded ones do.</summary>
    private static readonly string Funding = Shared.Sample("rpc/fundchannel_complete_withhold.request.json").GetProperty("params").GetProperty("psbt").GetString()!;

    public static TheoryData<string> OfRealNodes
    {
        get
        {
            string recordings = Path.Combine(Repository.Root, "tests", "Recordings", "rpc");
            IEnumerable<string> texts = Directory.GetFiles(recordings, "*.json").Order(StringComparer.Ordinal).Select(File.ReadAllText);
            return [.. texts.SelectMany(static text => Regex.Matches(text, "cHNidP[A-Za-z0-9+/=]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(static match => match.Value)).Distinct()];
        }
    }

    [Theory]
    [MemberData(nameof(OfRealNodes))]
    public void Those_of_real_nodes_are_read(string psbt)
    {
        Assert.True(Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out string? error), error);
        Assert.Contains(tx.PsbtVersion, new[] { 0, 2 });
        Assert.Empty(tx.NotSegwit);
        Assert.Single(tx.Inputs);
        Assert.Equal(1_000_000UL, tx.Fee!.Value.Value + tx.Outputs.Aggregate(0UL, static (sum, output) => sum + output.Amount.Value));
    }

    [Fact]
    public void There_are_recordings_of_both_versions() =>
        Assert.Equal([0, 2], OfRealNodes.Select(static row => Read(row.Data).PsbtVersion).Distinct().Order());

    [Fact]
    public void Both_versions_of_one_transaction_have_its_id()
    {
        string stored = Shared.Sample("rpc/listpeerchannels_withheld_just_completed.response.json").GetProperty("result").GetProperty("channels")[0].GetProperty("funding").GetProperty("psbt").GetString()!;
        UnsignedTx given = Read(Funding), kept = Read(stored);
        Assert.Equal((0, 2), (given.PsbtVersion, kept.PsbtVersion));
        Assert.Equal(given.Id, kept.Id);
        Assert.Equal(given.Outputs, kept.Outputs);
    }

    [Fact]
    public void An_input_that_is_not_native_segwit_is_reported()
    {
        PSBT psbt = PSBT.Parse(Funding, Network.RegTest);
        TxOut coin = psbt.Inputs[0].WitnessUtxo!;
        psbt.Inputs[0].NonWitnessUtxo = null;
        psbt.Inputs[0].WitnessUtxo = new TxOut(coin.Value, coin.ScriptPubKey.Hash.ScriptPubKey); // P2SH
        Assert.Equal(Read(Funding).Inputs, Read(psbt.ToBase64()).NotSegwit);
    }

    [Fact]
    public void Without_the_spent_outputs_there_is_no_fee()
    {
        PSBT psbt = PSBT.FromTransaction(PSBT.Parse(Funding, Network.RegTest).GetGlobalTransaction(), Network.RegTest);
        UnsignedTx tx = Read(psbt.ToBase64());
        Assert.Null(tx.Fee);
        Assert.Equal(Read(Funding).Id, tx.Id);
    }

    [Fact]
    public void Lock_times_that_contradict_each_other_are_refused()
    {
        // Version 2 may demand a lock time per input: a height for one, a time for the other (keys 0x12 and 0x11 of BIP 370).
        Transaction tx = PSBT.Parse(Funding, Network.RegTest).GetGlobalTransaction();
        tx.Inputs.Add(new TxIn(new OutPoint(uint256.One, 0)));
        PSBT2 psbt = PSBT.FromTransaction(tx, Network.RegTest).ToPSBTv2();
        byte[] height = [1, 0x12, 4, 100, 0, 0, 0], time = [1, 0x11, 4, 0, 0, 0, 0x60];
        AssertRefused(Convert.ToBase64String(With(psbt.ToBytes(), height, time)), "");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("not base64", "not base64")]
    [InlineData("bm8gcHNidA==", "magic")]
    [InlineData("cHNidP8=", "malformed")]
    [InlineData("70736274ff010000", "magic")]
    public void What_is_wrong_is_said(string psbt, string said) => AssertRefused(psbt, said);

    [Fact]
    public void Hex_is_not_base64() => AssertRefused(Convert.ToHexString(Convert.FromBase64String(Funding)), "the PSBT");

    [Fact]
    public void An_amount_that_cannot_be_is_refused()
    {
        Transaction tx = PSBT.Parse(Funding, Network.RegTest).GetGlobalTransaction();
        foreach (long amount in (long[])[-1, 2_100_000_000_000_001])
        {
            tx.Outputs[0].Value = Money.Satoshis(amount);
            AssertRefused(PSBT.FromTransaction(tx, Network.RegTest).ToBase64(), "amount");
        }

        foreach (ulong amount in (ulong[])[0, 2_100_000_000_000_000])
        {
            tx.Outputs[0].Value = Money.Satoshis(amount);
            Assert.Equal(new Sat(amount), Read(PSBT.FromTransaction(tx, Network.RegTest).ToBase64()).Outputs[0].Amount);
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(-1, false)]
    public void A_fee_is_what_the_outputs_leave_of_the_inputs_and_never_negative(long left, bool isFee)
    {
        PSBT psbt = PSBT.Parse(Funding, Network.RegTest);
        Transaction tx = psbt.GetGlobalTransaction();
        TxOut coin = psbt.Inputs[0].WitnessUtxo!;
        tx.Outputs[0].Value += coin.Value - tx.Outputs.Select(static output => output.Value).Sum() - Money.Satoshis(left);
        PSBT changed = PSBT.FromTransaction(tx, Network.RegTest);
        changed.Inputs[0].WitnessUtxo = coin;
        Assert.Equal(isFee ? new Sat((ulong)left) : null, Read(changed.ToBase64()).Fee);
    }

    [Fact]
    public void A_text_of_more_than_a_mebibyte_is_not_decoded()
    {
        AssertRefused(new string('a', 1024 * 1024), "magic");
        AssertRefused(new string('a', (1024 * 1024) + 4), "too large");
    }

    private static UnsignedTx Read(string psbt)
    {
        Assert.True(Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out string? error), error);
        return tx;
    }

    private static void AssertRefused(string psbt, string said)
    {
        Assert.False(Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out string? error));
        Assert.Null(tx);
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    /// <summary>Adds one field to each of the two input maps: before the fields whose key is 0x0e.</summary>
    private static byte[] With(byte[] psbt, params byte[][] fields)
    {
        var bytes = new List<byte>(psbt);
        int at = 0;
        foreach (byte[] field in fields)
        {
            while (!(bytes[at] == 1 && bytes[at + 1] == 0x0e && bytes[at + 2] == 32)) at++;
            bytes.InsertRange(at, field);
            at += field.Length + 1;
        }

        return [.. bytes];
    }
}

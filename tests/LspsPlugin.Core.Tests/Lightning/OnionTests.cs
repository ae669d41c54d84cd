using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

public class OnionTests
{
    [Theory]
    [InlineData("plugin/htlc_accepted_forward_unknown_scid_mpp_part1")]
    [InlineData("plugin/htlc_accepted_forward_unknown_scid_mpp_part2_no_fee")]
    public void A_forwarded_part_is_answered_as_a_real_node_took_it(string recording)
    {
        JsonElement call = Shared.Sample($"{recording}.json").GetProperty("params"), answer = Shared.Sample($"{recording}.answer.json").GetProperty("result");
        Assert.True(OnionPayload.TryParse(call.GetProperty("onion").GetProperty("payload").GetString(), out OnionPayload? payload));
        ulong meant = call.GetProperty("onion").GetProperty("forward_msat").GetUInt64();
        Assert.True(ExtraFee.TryRead(answer.GetProperty("extra_tlvs").GetString(), out Msat? fee));
        ulong taken = fee?.Value ?? 0;
        Assert.Equal(answer.GetProperty("payload").GetString(), payload.WithAmountToForward(new Msat(meant - taken)).ToHexWithoutLength());
        Assert.Equal(answer.GetProperty("extra_tlvs").GetString(), ExtraFee.Write(null, new Msat(taken)));
    }

    [Theory]
    [InlineData("plugin/htlc_accepted_final_mpp_part1_with_extra_tlvs")]
    [InlineData("plugin/htlc_accepted_final_mpp_part2")]
    public void An_arriving_part_is_answered_as_a_real_node_took_it(string recording)
    {
        JsonElement call = Shared.Sample($"{recording}.json").GetProperty("params"), answer = Shared.Sample($"{recording}.answer.json").GetProperty("result");
        JsonElement onion = call.GetProperty("onion");
        Assert.True(OnionPayload.TryParse(onion.GetProperty("payload").GetString(), out OnionPayload? payload));
        PaymentSecret secret = PaymentSecret.Parse(onion.GetProperty("payment_secret").GetString()!);
        string recorded = answer.GetProperty("payload").GetString()!;
        Assert.True(TlvStream.TryParse(Convert.FromHexString(recorded), out TlvStream? expected));
        Assert.True(Truncated.TryRead(expected.Find(8)!.Value.AsSpan()[32..], out ulong total));
        var amount = new Msat(call.GetProperty("htlc").GetProperty("amount_msat").GetUInt64());
        Assert.Equal(recorded, payload.WithAmountToForward(amount).WithPaymentData(secret, new Msat(total)).ToHexWithoutLength());
    }

    [Fact]
    [Trait("Requirement", "R52-81")]
    public void A_fee_that_upstream_declared_is_not_passed_on()
    {
        string upstream = ExtraFee.Write("fd03e90101", new Msat(5000));
        Assert.Equal("fd03e90101fe00010001080000000000001388", upstream);
        Assert.Equal("fd03e90101", ExtraFee.Write(upstream, Msat.Zero));
        Assert.Equal("", ExtraFee.Write("not hex", Msat.Zero));
    }

    [Fact]
    [Covers("A35")]
    public void What_upstream_sent_is_dropped_where_it_leaves_no_room_for_the_fee()
    {
        const string fee = "fe00010001080000000000001388";
        string fits = Filled(ExtraFee.MostTlvBytes - 14), full = Filled(ExtraFee.MostTlvBytes);
        Assert.Equal(2 * ExtraFee.MostTlvBytes, ExtraFee.Write(fits, new Msat(5000)).Length);
        Assert.Equal(fee, ExtraFee.Write(Filled(ExtraFee.MostTlvBytes - 13), new Msat(5000)));
        Assert.Equal(fee, ExtraFee.Write(full, new Msat(5000)));
        Assert.Equal(full, ExtraFee.Write(full, Msat.Zero));
        Assert.Equal("", ExtraFee.Write(Filled(ExtraFee.MostTlvBytes + 1), Msat.Zero));

        static string Filled(int bytes) => Convert.ToHexStringLower(TlvStream.Empty.With(70_001, new byte[bytes - 8]).ToBytes());
    }

    [Theory]
    [InlineData("0b" + "020203e8" + "040164" + "0a020102", true)]
    [InlineData("06" + "0a00" + "0c02" + "0102", true)]
    [InlineData("02" + "0c00", true)]
    [InlineData("07" + "020203e8" + "040164", false)]
    public void A_blinded_hop_is_known_by_either_of_its_records(string payload, bool isBlinded)
    {
        Assert.True(OnionPayload.TryParse(payload, out OnionPayload? read));
        Assert.Equal(isBlinded, read.IsBlinded);
    }

    [Theory]
    [Trait("Requirement", "R52-82")]
    [InlineData("fe0001000107", false)]
    [InlineData("fe000100010700000000001388", false)]
    [InlineData("fe00010001080000000000001388", true)]
    [InlineData("", true)]
    [InlineData("ff", false)]
    public void An_extra_fee_of_another_length_is_not_read(string hex, bool readable) => Assert.Equal(readable, ExtraFee.TryRead(hex, out _));

    [Fact]
    public void No_bytes_make_the_readers_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        if (TlvStream.TryParse(bytes, out TlvStream? tlvs)) Assert.Equal(bytes, tlvs.ToBytes());
        string hex = Convert.ToHexString(bytes);
        _ = OnionPayload.TryParse(hex, out _);
        _ = ExtraFee.TryRead(hex, out _);
        _ = Psbt.TryReadUnsignedTx(Convert.ToBase64String([0x70, 0x73, 0x62, 0x74, 0xff, .. bytes]), out _, out _);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_psbts_transaction_has_the_id_that_the_node_broadcast()
    {
        string psbt = Shared.Sample("rpc/fundchannel_complete_withhold.request.json").GetProperty("params").GetProperty("psbt").GetString()!;
        Assert.True(Psbt.TryReadUnsignedTx(psbt, out UnsignedTx? tx, out string? error), error);
        Assert.Equal(Shared.Sample("rpc/sendpsbt.response.json").GetProperty("result").GetProperty("txid").GetString(), tx.Id.ToString());
        string script = Shared.Sample("rpc/fundchannel_start.response.json").GetProperty("result").GetProperty("scriptpubkey").GetString()!;
        int index = tx.Outputs.ToList().FindIndex(output => output.Script == script && output.Amount == new Sat(100_000));
        string channel = Shared.Sample("rpc/fundchannel_complete_withhold.response.json").GetProperty("result").GetProperty("channel_id").GetString()!;
        Assert.Equal(channel, ChannelId.FromOutpoint(new Outpoint(tx.Id, (uint)index)).ToString());
    }

    [Fact]
    public void Every_cut_psbt_is_refused()
    {
        string whole = Shared.Sample("rpc/fundchannel_complete_withhold.request.json").GetProperty("params").GetProperty("psbt").GetString()!;
        byte[] bytes = Convert.FromBase64String(whole);
        for (int length = 0; length < 145; length++)
        {
            Assert.False(Psbt.TryReadUnsignedTx(Convert.ToBase64String(bytes, 0, length), out _, out string? error));
            Assert.NotNull(error);
        }
    }

    /// <summary>A length in front that is not that of the rest, half a byte, or no hex.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("020")]
    [InlineData("zz")]
    [InlineData("01020200")]
    [InlineData("030202")]
    [InlineData("0302010000")]
    [InlineData("fd")]
    [InlineData("020201")]
    public void A_payload_of_another_form_is_refused(string? payload)
    {
        Assert.False(OnionPayload.TryParse(payload, out OnionPayload? read));
        Assert.Null(read);
    }

    [Theory]
    [InlineData("", true, 0UL)]
    [InlineData("01", true, 1UL)]
    [InlineData("0100", true, 256UL)]
    [InlineData("ffffffffffffffff", true, ulong.MaxValue)]
    [InlineData("00", false, 0UL)]
    [InlineData("0001", false, 0UL)]
    [InlineData("010000000000000000", false, 0UL)]
    [InlineData("000000000000000001", false, 0UL)]
    public void A_truncated_number_has_at_most_eight_bytes_and_no_leading_zero(string hex, bool isNumber, ulong value)
    {
        Assert.Equal(isNumber, Truncated.TryRead(Convert.FromHexString(hex), out ulong read));
        Assert.Equal(value, read);
    }
}

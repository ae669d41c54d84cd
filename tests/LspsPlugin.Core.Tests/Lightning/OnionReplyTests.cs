using System.Security.Cryptography;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

/// <summary>Failed parts come back encrypted by every node on the way (BOLT 4, returning errors).</summary>
public class OnionReplyTests
{
    /// <summary>The secrets of the test vector of BOLT 4, from the sender's neighbour to the destination.</summary>
    private static readonly Bytes32[] Secrets =
    [
        Read("53eb63ea8a3fec3b3cd433b85cd62a4b145e1dda09391b348c4e1cd36a03ea66"),
        Read("a6519e98832a0b179f62123b3567c106db99ee37bef036e783263602f3488fae"),
        Read("3a6b412548762f0dbccce5c7ae7bb8147d1caf9b5471c34120b30bc9c04891cc"),
        Read("21e13c2d7cfe7e18836df50872466117a295783ab8aab0e7ecc8c725503ad02d"),
        Read("b5756b9b542727dbafc6765a49488b023a725d631af688fc031217e90770c328"),
    ];

    [Fact]
    public void The_stream_is_that_of_the_specification()
    {
        byte[] zeros = new byte[64];
        OnionReply.Wrap(zeros, Secrets[4]);
        Assert.Equal("e9c975b07c9a374ba64fd9be3aae955e917d34d1fa33f2e90f53bbf4394713c6a8c9b16ab5f12fd45edd73c1b0c8b33002df376801ff58aaa94000bf8a86f926", Convert.ToHexStringLower(zeros));
    }

    [Fact]
    public void The_answer_of_the_destination_begins_as_in_the_specification() =>
        Assert.StartsWith("a5e6bd0c74cb347f10cce367f949098f2457d14c046fd8a22cb96efb30b0fdcda8cb9168b50f2fd45edd73c1b0c8b33002df376801ff58aaa94000bf8a86f926", Convert.ToHexStringLower(OnionReply.Create([0x20, 0x02], Secrets[4])), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void An_answer_tells_which_node_failed_and_why(int origin)
    {
        byte[] reply = Travelled(OnionReply.Create([0x10, 0x07, 0, 0], Secrets[origin]), origin);
        Assert.Equal([0x10, 0x07, 0, 0], OnionReply.Unwrap(reply, Secrets, out int index));
        Assert.Equal(origin, index);
    }

    [Fact]
    public void A_garbled_answer_is_of_nobody()
    {
        byte[] reply = Travelled(OnionReply.Create([0x10, 0x07], Secrets[3]), 3);
        reply[40] ^= 1;
        Assert.Null(OnionReply.Unwrap(reply, Secrets, out int index));
        Assert.Equal(-1, index);
        Assert.Null(OnionReply.Unwrap([1, 2, 3], Secrets, out _));
    }

    [Fact]
    public void Payloads_are_the_streams_of_the_specification()
    {
        Assert.Equal("13" + "0203010000" + "0402012c" + "06080000010000020003", OnionPayload.Forward(Scid.Of(1, 2, 3), new Msat(65_536), new BlockHeight(300)).ToHexWithLength());
        string final = OnionPayload.Final(new Msat(1), new BlockHeight(300), PaymentSecret.Parse(new string('7', 64)), new Msat(2), "01fa").ToHexWithLength();
        Assert.Equal("2e" + "020101" + "0402012c" + "0821" + new string('7', 64) + "02" + "100201fa", final);
    }

    private static byte[] Travelled(byte[] reply, int from)
    {
        for (int hop = from - 1; hop >= 0; hop--) OnionReply.Wrap(reply, Secrets[hop]);
        return reply;
    }

    private static Bytes32 Read(string hex) => Bytes32.FromBytes(Convert.FromHexString(hex));

    /// <summary>Whoever made the answer can also say a wrong length in it.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 2, 2)]
    [InlineData(2, 3, 0)]
    [InlineData(2, 6, 0)]
    [InlineData(0, ushort.MaxValue, 0)]
    public void A_message_that_is_longer_than_its_answer_is_no_message(int bytes, int said, int read)
    {
        byte[] body = [(byte)(said >> 8), (byte)(said & 0xff), .. Enumerable.Repeat((byte)7, bytes)];
        byte[] reply = [.. HMACSHA256.HashData(KeyOf(Secrets[0]), body), .. body];
        OnionReply.Wrap(reply, Secrets[0]);
        Assert.Equal(Enumerable.Repeat((byte)7, read), OnionReply.Unwrap(reply, Secrets, out int index)!);
        Assert.Equal(0, index);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void An_answer_without_room_for_its_length_is_of_nobody(int bytes) => Assert.Null(OnionReply.Unwrap(new byte[bytes], Secrets, out _));

    [Fact]
    public void A_destination_gets_no_metadata_and_no_secret_that_its_invoice_has_not()
    {
        Assert.Equal("07" + "020101" + "0402012c", OnionPayload.Final(new Msat(1), new BlockHeight(300), secret: null, new Msat(2), metadata: null).ToHexWithLength());
        Assert.Equal("0b" + "020101" + "0402012c" + "100201fa", OnionPayload.Final(new Msat(1), new BlockHeight(300), secret: null, new Msat(2), "01fa").ToHexWithLength());
    }

    private static byte[] KeyOf(Bytes32 secret)
    {
        byte[] bytes = new byte[Bytes32.Size];
        secret.CopyTo(bytes);
        return HMACSHA256.HashData("um"u8, bytes);
    }

    /// <summary>BOLT 4: encrypted_recipient_data is type 10, current_path_key type 12, total_amount_msat type 18.</summary>
    [Fact]
    public void The_nodes_of_a_blinded_path_get_its_key_only_where_it_begins()
    {
        Assert.Equal("04" + "0a02aabb", OnionPayload.Blinded("aabb", pathKey: null).ToHexWithLength());
        Assert.Equal("07" + "0a02aabb" + "0c01cc", OnionPayload.Blinded("aabb", "cc").ToHexWithLength());
        Assert.Equal("0e" + "020101" + "0402012c" + "0a02aabb" + "120102", OnionPayload.BlindedFinal("aabb", null, new Msat(1), new BlockHeight(300), new Msat(2)).ToHexWithLength());
        Assert.Equal("11" + "020101" + "0402012c" + "0a02aabb" + "0c01cc" + "120102", OnionPayload.BlindedFinal("aabb", "cc", new Msat(1), new BlockHeight(300), new Msat(2)).ToHexWithLength());
    }
}

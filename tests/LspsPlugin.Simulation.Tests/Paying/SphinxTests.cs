using System.Security.Cryptography;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>The model's onions against the vectors of BOLT 4: onion-test.json and onion-error-test.json.</summary>
public class SphinxTests
{
    /// <summary>The SHA256 of the vector's onion, which has 1366 bytes.</summary>
    private const string OnionHash = "92e0742510440ed2368e1c03aed09d49a2e4cb4409c88ee0ad02a35c4a4b495a";

    private const string Error =
        "9c5add3963fc7f6ed7f148623c84134b5647e1306419dbe2174e523fa9e2fbed3a06a19f899145610741c83ad40b7712aefaddec8c6baf7325d92ea4ca4d1df8" +
        "bce517f7e54554608bf2bd8071a4f52a7a2f7ffbb1413edad81eeea5785aa9d990f2865dc23b4bc3c301a94eec4eabebca66be5cf638f693ec256aec514620cc" +
        "28ee4a94bd9565bc4d4962b9d3641d4278fb319ed2b84de5b665f307a2db0f7fbb757366067d88c50f7e829138fde4f78d39b5b5802f1b92a8a820865af5cc79" +
        "f9f30bc3f461c66af95d13e5e1f0381c184572a91dee1c849048a647a1158cf884064deddbf1b0b88dfe2f791428d0ba0f6fb2f04e14081f69165ae66d9297c1" +
        "18f0907705c9c4954a199bae0bb96fad763d690e7daa6cfda59ba7f2c8d11448b604d12d";

    private static readonly byte[] Session = Convert.FromHexString(string.Concat(Enumerable.Repeat("41", 32))), Associated = Convert.FromHexString(string.Concat(Enumerable.Repeat("42", 32)));

    private static readonly byte[][] Payloads =
    [
        .. new[]
        {
            "1202023a98040205dc06080000000000000001",
            "52020236b00402057806080000000000000002fd02013c0102030405060708090a0b0c0d0e0f0102030405060708090a0b0c0d0e0f0102030405060708090a0b0c0d0e0f0102030405060708090a0b0c0d0e0f",
            "12020230d4040204e206080000000000000003",
            "1202022710040203e806080000000000000004",
            "fd011002022710040203e8082224a33562c54507a9334e79f0dc4f17d407e6d7c61f0e2f3d0d38599502f617042710fd012de0" + string.Concat(Enumerable.Repeat("2a", 224)),
        }.Select(Convert.FromHexString),
    ];

    private static readonly string[] Secrets =
    [
        "53eb63ea8a3fec3b3cd433b85cd62a4b145e1dda09391b348c4e1cd36a03ea66",
        "a6519e98832a0b179f62123b3567c106db99ee37bef036e783263602f3488fae",
        "3a6b412548762f0dbccce5c7ae7bb8147d1caf9b5471c34120b30bc9c04891cc",
        "21e13c2d7cfe7e18836df50872466117a295783ab8aab0e7ecc8c725503ad02d",
        "b5756b9b542727dbafc6765a49488b023a725d631af688fc031217e90770c328",
    ];

    /// <summary>The keys of the vector's five hops: 41 repeated to 45 repeated.</summary>
    private static readonly Key[] Keys = [.. Enumerable.Range(0x41, 5).Select(static b => new Key([.. Enumerable.Repeat((byte)b, 32)]))];

    private static SphinxOnion Vector() => Sphinx.Create(Session, Associated, [.. Keys.Zip(Payloads, static (key, payload) => (key.PubKey, payload))]);

    [Fact]
    public void The_onion_is_that_of_BOLT_4()
    {
        SphinxOnion onion = Vector();
        Assert.Equal(Secrets, onion.Secrets.Select(Convert.ToHexStringLower));
        Assert.StartsWith("0002eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619f7f3416a5aa36dc7eeb3ec6d421e9615471ab870a33ac07fa5d5a51df0a8", Convert.ToHexStringLower(onion.Packet), StringComparison.Ordinal);
        Assert.Equal(OnionHash, Convert.ToHexStringLower(SHA256.HashData(onion.Packet)));
    }

    [Fact]
    public void Each_hop_reads_its_payload_with_its_own_key()
    {
        byte[] packet = Vector().Packet;
        for (int i = 0; i < Keys.Length; i++)
        {
            Key key = Keys[i];
            SphinxLayer layer = Assert.IsType<SphinxLayer>(Sphinx.Peel(packet, Associated, point => Sphinx.Share(point, key), out _));
            Assert.EndsWith(Convert.ToHexStringLower(layer.Payload), Convert.ToHexStringLower(Payloads[i]), StringComparison.Ordinal);
            Assert.Equal(Secrets[i], Convert.ToHexStringLower(layer.Secret));
            Assert.Equal(i == Keys.Length - 1, layer.IsLast);
            packet = layer.Next;
        }
    }

    [Theory]
    [InlineData(0, 0xc004)]
    [InlineData(1, 0xc006)]
    [InlineData(700, 0xc005)]
    [InlineData(1365, 0xc005)]
    public void A_changed_byte_is_refused(int at, int failure)
    {
        byte[] packet = Vector().Packet;
        packet[at] ^= 0x55;
        Assert.Null(Sphinx.Peel(packet, Associated, static point => Sphinx.Share(point, Keys[0]), out ushort code));
        Assert.Equal(failure, code);
    }

    [Fact]
    public void An_onion_for_another_payment_is_refused() =>
        Assert.Null(Sphinx.Peel(Vector().Packet, Session, static point => Sphinx.Share(point, Keys[0]), out _));

    [Fact]
    public void The_failure_is_that_of_BOLT_4()
    {
        byte[][] secrets = [.. Secrets.Select(Convert.FromHexString)];
        byte[] reply = FailureOnion.Create(secrets[^1], [0x20, 0x02]);
        foreach (byte[] secret in Enumerable.Reverse(secrets)) reply = FailureOnion.Wrap(secret, reply);
        Assert.Equal(Error, Convert.ToHexStringLower(reply));
        (int hop, byte[] failure) = Assert.NotNull(FailureOnion.Unwrap(secrets, reply));
        Assert.Equal(4, hop);
        Assert.Equal("2002", Convert.ToHexString(failure));
        Assert.Null(FailureOnion.Unwrap(secrets[..4], reply));
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>The model's blinded paths against the vector of BOLT 4: route-blinding-test.json.</summary>
public class RouteBlindingTests
{
    /// <summary>The four nodes, in order: what each is to know, its blinded id, what is encrypted for it, and its path key.</summary>
    private static readonly (string Data, string Id, string Encrypted, string PathKey)[] Hops =
    [
        (
            "011a0000000000000000000000000000000000000000000000000000020800000000000006c10a0800240000009627100c06000b69e505dc0e00fd023103123456",
            "03da173ad2aee2f701f17e59fbd16cb708906d69838a5f088e8123fb36e89a2c25",
            "cd4100ff9c09ed28102b210ac73aa12d63e90852cebc496c49f57c49982088b49f2e70b99287fdee0aa58aa39913ab405813b999f66783aa2fe637b3cda91ffc0913c30324e2c6ce327e045183e4bffecb",
            "024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766"),
        (
            "020800000000000004510821031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f0a0800300000006401f40c06000b69c105dc0e00",
            "02e466727716f044290abf91a14a6d90e87487da160c2a3cbd0d465d7a78eb83a7",
            "cc0f16524fd7f8bb0b1d8d40ad71709ef140174c76faa574cac401bb8992fef76c4d004aa485dd599ed1cf2715f57ff62da5aaec5d7b10d59b04d8a9d77e472b9b3ecc2179334e411be22fa4c02b467c7e",
            "034e09f450a80c3d252b258aba0a61215bf60dda3b0dc78ffb0736ea1259dfd8a0"),
        (
            "01230000000000000000000000000000000000000000000000000000000000000000000000020800000000000002310a060090000000fa0c06000b699105dc0e00",
            "036861b366f284f0a11738ffbf7eda46241a8977592878fe3175ae1d1e4754eccf",
            "0fa0a72cff3b64a3d6e1e4903cf8c8b0a17144aeb249dcb86561adee1f679ee8db3e561d9c43815fd4bcebf6f58c546da0cd8a9bf5cebd0d554802f6c0255e28e4a27343f761fe518cd897463187991105",
            "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f"),
        (
            "011a00000000000000000000000000000000000000000000000000000604deadbeef0c06000b690105dc0e0f020000000000000000000000000000fdffff0206c1",
            "021982a48086cb8984427d3727fe35a03d396b234f0701f5249daa12e8105c8dae",
            "da1a7e5f7881219884beae6ae68971de73bab4c3055d9865b1afb60724a2e4d3f0489ad884f7f3f77149209f0df51efd6b276294a02e3949c7254fbc8b5cab58212d9a78983e1cf86fe218b30c4ca8f6d8",
            "03e09038ee76e50f444b19abf0a555e8697e035f62937168b80adf0931b31ce52a"),
    ];

    /// <summary>The keys of the nodes: 42 repeated to 45 repeated.</summary>
    private static readonly Key[] Keys = [.. Enumerable.Range(0x42, 4).Select(static b => Repeated((byte)b))];

    /// <summary>The vector joins two paths: the first is made by the node that knows the second.</summary>
    [Theory]
    [InlineData(0x02, 0)]
    [InlineData(0x01, 2)]
    public void The_path_is_that_of_BOLT_4(byte session, int from)
    {
        var path = BlindedPath.Create(Repeated(session).ToBytes(), [.. Enumerable.Range(from, 2).Select(static i => (Keys[i].PubKey, Tlvs(Hops[i].Data)))]);
        Assert.Equal(Hops[from].PathKey, path.PathKey.ToHex());
        Assert.Equal(NodeId.FromBytes(Keys[from].PubKey.ToBytes()), path.First);
        Assert.Equal([Hops[from].Id, Hops[from + 1].Id], path.Hops.Select(static hop => hop.Id.ToHex()));
        Assert.Equal([Hops[from].Encrypted, Hops[from + 1].Encrypted], path.Hops.Select(static hop => Convert.ToHexStringLower(hop.Data)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_node_decrypts_its_data_and_derives_the_next_path_key(int i)
    {
        var pathKey = new PubKey(Hops[i].PathKey);
        byte[] secret = Sphinx.Share(pathKey, Keys[i]);
        Assert.Equal(Hops[i].Data, Convert.ToHexStringLower(RouteBlinding.Decrypt(secret, Convert.FromHexString(Hops[i].Encrypted))!.ToBytes()));

        // The second names the key of the third itself (next_path_key_override).
        if (i is 0 or 2) Assert.Equal(Hops[i + 1].PathKey, RouteBlinding.NextPathKey(pathKey, secret).ToHex());
    }

    [Fact]
    public void Data_for_another_node_is_not_decrypted()
    {
        byte[] secret = Sphinx.Share(new PubKey(Hops[0].PathKey), Keys[1]);
        Assert.Null(RouteBlinding.Decrypt(secret, Convert.FromHexString(Hops[0].Encrypted)));
        Assert.Null(RouteBlinding.Decrypt(secret, [1, 2, 3]));
    }

    [Fact]
    public void An_onion_for_a_blinded_node_is_read_by_the_node_under_its_path_key()
    {
        SphinxOnion onion = Sphinx.Create(Repeated(3).ToBytes(), Repeated(0x42).ToBytes(), [(new PubKey(Hops[0].Id), [2, 7, 0]), (new PubKey(Hops[1].Id), [2, 9, 0])]);
        byte[] packet = onion.Packet;
        for (int i = 0; i < 2; i++)
        {
            Key key = Keys[i];
            SphinxLayer layer = Assert.IsType<SphinxLayer>(Sphinx.Peel(packet, Repeated(0x42).ToBytes(), RouteBlinding.As(point => Sphinx.Share(point, key), new PubKey(Hops[i].PathKey)), out _));
            Assert.Equal(onion.Secrets[i], layer.Secret);
            packet = layer.Next;
        }
    }

    [Fact]
    public void A_path_is_read_as_it_was_written()
    {
        var path = BlindedPath.Create(Repeated(2).ToBytes(), [.. Enumerable.Range(0, 4).Select(static i => (Keys[i].PubKey, Tlvs(Hops[i].Data)))]);
        var bytes = new List<byte>();
        path.Write(bytes);
        path.Write(bytes);
        IReadOnlyList<BlindedPath> read = BlindedPath.ReadAll([.. bytes])!;
        Assert.Equal(2, read.Count);
        Assert.Equal((path.First, path.PathKey), (read[1].First, read[1].PathKey));
        Assert.Equal(path.Hops.Select(static hop => Convert.ToHexString(hop.Data)), read[1].Hops.Select(static hop => Convert.ToHexString(hop.Data)));
        for (int cut = 1; cut < bytes.Count / 2; cut++) Assert.Null(BlindedPath.ReadAll([.. bytes[..cut]]));
    }

    private static TlvStream Tlvs(string hex) => TlvStream.TryParse(Convert.FromHexString(hex), out TlvStream? tlvs) ? tlvs : throw new FormatException(hex);

    private static Key Repeated(byte value) => new([.. Enumerable.Repeat(value, 32)]);
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Core.Lightning;
using Xunit;

namespace LspsPlugin.Core.Tests.Lightning;

/// <summary>Values in the node's JSON, however the text is written and cut.</summary>
public class JsonValueTests
{
    private static readonly JsonSerializerOptions Plain = new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private static readonly string Node = "02" + new string('a', 64), Hash = new('b', 64);

    [Theory]
    [InlineData("700000x1x0", "700000x1x0")]
    [InlineData("70\\u0030000x1x0", "700000x1x0")]
    [InlineData("\\u0037\\u0030\\u0030\\u0030\\u0030\\u0030\\u0078\\u0031\\u0078\\u0030", "700000x1x0")]
    public void A_scid_is_read_whole_escaped_and_in_pieces(string json, string scid) => AssertRead(json, Scid.Parse(scid));

    [Fact]
    public void Ids_and_hashes_are_read_whole_escaped_and_in_pieces()
    {
        AssertRead(Node, NodeId.Parse(Node));
        AssertRead("\\u0030" + Node[1..], NodeId.Parse(Node));
        AssertRead(Hash, PaymentHash.Parse(Hash));
        AssertRead("\\u0062" + Hash[1..], PaymentHash.Parse(Hash));

        // Six escapes make it 96 characters long, as long as any text may be.
        AssertRead("\\u0030\\u0032\\u0061\\u0061\\u0061\\u0061" + Node[6..], NodeId.Parse(Node));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(96)]
    [InlineData(97)]
    [InlineData(200)]
    public void A_text_that_is_too_long_is_refused_and_nothing_else_happens(int escapes)
    {
        string text = string.Concat(Enumerable.Repeat("\\u0061", escapes)) + "x1x1";
        foreach (int size in new[] { 1, 3, 1000 })
        {
            Assert.Throws<JsonException>(() => Read<Scid>(text, size));
            Assert.Throws<JsonException>(() => Read<NodeId>(text, size));
            Assert.Throws<JsonException>(() => Read<PaymentHash>(text, size));
        }
    }

    [Theory]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[5]")]
    [InlineData("\"\\u0035\"")]
    [InlineData("\"5\\u0030\"")]
    [InlineData("\"5\\u006dsat\"")]
    public void An_amount_is_a_number_or_plain_text(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Msat>(json, Plain));

    [Fact]
    public void An_amount_of_sat_is_read_and_written_as_a_number()
    {
        Assert.Equal(new Sat(5), JsonSerializer.Deserialize<Sat>("5", Plain));
        Assert.Equal("5", JsonSerializer.Serialize(new Sat(5), Plain));
    }

    [Theory]
    [InlineData("\"5\"")]
    [InlineData("1.5")]
    [InlineData("-1")]
    [InlineData("true")]
    public void An_amount_of_sat_is_a_whole_number(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Sat>(json, Plain));

    private static void AssertRead<T>(string text, T value)
    {
        foreach (int size in new[] { 1, 7, 1000 }) Assert.Equal(value, Read<T>(text, size));
    }

    /// <summary>Reads the text from pieces of a size.</summary>
    private static T? Read<T>(string text, int size)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"\"{text}\"");
        Piece first = new(bytes.AsMemory(0, Math.Min(size, bytes.Length))), last = first;
        for (int at = size; at < bytes.Length; at += size) last = last.Before(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        var reader = new Utf8JsonReader(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
        return JsonSerializer.Deserialize<T>(ref reader, Plain);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes) => Memory = bytes;

        public Piece Before(ReadOnlyMemory<byte> bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}

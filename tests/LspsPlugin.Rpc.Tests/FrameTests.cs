using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class FrameTests
{
    private const string Pretty = "{\n  \"a\": [1,\n\n 2],\n\n  \"b\": \"}\\\"{[\"\n}";

    public static TheoryData<string> Values => [Pretty, "{}", "[]", "{\"a\":\"\\\\\"}", "{\"a\":{\"b\":[{}]}}", "{\"a\":\"é\u2028{\"}"];

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_whole_wherever_it_is_cut(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"\n\n {value}\r\n\n{value}");
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal([value, value], Read(Segments(bytes, cut)));
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_whole_byte_by_byte(string value) => Assert.Equal([value, value], Feed(Encoding.UTF8.GetBytes(value + value)));

    [Fact]
    public void Values_come_out_as_they_went_in_for_any_content_and_any_segments()
    {
        Gen<string> text = Gen.Elements("", "a", "}", "{", "[", "\\\"", "\\\\", "\\u007b", "é", " ").ArrayOf().Select(string.Concat);
        Gen<string> value = from t in text from u in text select $"{{\"{t}\":[\"{u}\",{{}},1]}}";
        Gen<string> space = Gen.Elements("", "\n", "\n\n", " \t\r\n").ArrayOf().Select(string.Concat);
        Gen<(string[] Values, string[] Spaces, int[] Cuts)> streams =
            from values in value.NonEmptyListOf()
            from spaces in space.ArrayOf(values.Count + 1)
            from cuts in Gen.Choose(1, 7).ArrayOf(50)
            select (values.ToArray(), spaces, cuts);
        Prop.ForAll(streams.ToArbitrary(), s =>
        {
            string all = s.Spaces[0] + string.Concat(s.Values.Select((v, i) => v + s.Spaces[i + 1]));
            return Read(Segments(Encoding.UTF8.GetBytes(all), s.Cuts)).SequenceEqual(s.Values);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("x", FrameStatus.NotJson)]
    [InlineData("\"text\"", FrameStatus.NotJson)]
    [InlineData("12", FrameStatus.NotJson)]
    [InlineData("}", FrameStatus.NotJson)]
    [InlineData("\uFEFF{}", FrameStatus.NotJson)]
    [InlineData("[[[[[", FrameStatus.TooDeep)]
    [InlineData("{\"a\":\"0123456789012345678901234567890123456789", FrameStatus.TooLarge)]
    [InlineData("{\"a\":", FrameStatus.NeedMore)]
    [InlineData("  \n", FrameStatus.NeedMore)]
    public void A_stream_that_is_out_of_step_says_why(string text, FrameStatus expected)
    {
        var reader = new JsonFrameReader(maxFrameBytes: 40, maxDepth: 4);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
        Assert.Equal(expected, reader.TryRead(ref buffer, out _));
    }

    [Fact]
    public void A_large_slow_frame_is_looked_at_once()
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', 1_000_000)}\"}}");
        var reader = new JsonFrameReader(maxFrameBytes: 2_000_000, maxDepth: 4);
        FrameStatus status = FrameStatus.NeedMore;
        for (int length = 0; length <= bytes.Length; length += 1000)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, Math.Min(length, bytes.Length));
            status = reader.TryRead(ref buffer, out _);
        }

        var rest = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(FrameStatus.NeedMore, status);
        Assert.Equal(FrameStatus.Frame, reader.TryRead(ref rest, out _));
    }

    private static List<string> Feed(byte[] bytes)
    {
        var reader = new JsonFrameReader(1 << 20, 64);
        var frames = new List<string>();
        var pending = new List<byte>();
        foreach (byte b in bytes)
        {
            pending.Add(b);
            var buffer = new ReadOnlySequence<byte>(pending.ToArray());
            while (reader.TryRead(ref buffer, out ReadOnlySequence<byte> frame) == FrameStatus.Frame) frames.Add(Encoding.UTF8.GetString(frame));
            pending = [.. buffer.ToArray()];
        }

        return frames;
    }

    private static List<string> Read(ReadOnlySequence<byte> buffer)
    {
        var reader = new JsonFrameReader(1 << 20, 64);
        var frames = new List<string>();
        while (reader.TryRead(ref buffer, out ReadOnlySequence<byte> frame) == FrameStatus.Frame) frames.Add(Encoding.UTF8.GetString(frame));
        return frames;
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes, params int[] cuts)
    {
        Segment? first = null, last = null;
        int at = 0;
        foreach (int cut in cuts.Append(int.MaxValue))
        {
            int length = Math.Min(cut, bytes.Length - at);
            var segment = new Segment(bytes.AsMemory(at, length), last);
            first ??= segment;
            last = segment;
            at += length;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

namespace LspsPlugin.Fuzz.Inputs;

/// <summary>Changes that know nothing of what the bytes mean.</summary>
internal static class ByteChanges
{
    private static readonly byte[][] Pieces =
    [
        [0x00], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbb, 0xbf],
        [0xfd, 0x00, 0xfc], [0xfe, 0x00, 0x00, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [.. "\\ud800"u8], [.. "\\u0000"u8], [.. "\\\""u8], [.. "\""u8], [.. "{"u8], [.. "]"u8], [.. "}{"u8], [.. ","u8], [.. "\n\n"u8], [.. "-"u8],
        [.. "18446744073709551616"u8], [.. "1e400"u8], [.. "null"u8],
    ];

    public static byte[] Apply(Random random, byte[] input, IReadOnlyList<byte[]> corpus)
    {
        int at = random.Next(input.Length + 1), end = random.Next(at, input.Length + 1);
        switch (random.Next(8))
        {
            case 0 when input.Length > 0:
                byte[] flipped = [.. input];
                flipped[random.Next(input.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1 when input.Length > 0:
                byte[] replaced = [.. input];
                replaced[random.Next(input.Length)] = (byte)random.Next(256);
                return replaced;
            case 2: return input[..at]; // cut
            case 3: return [.. input[..at], .. input[end..]];
            case 4: return [.. input[..end], .. input[at..]]; // a piece twice
            case 5:
                byte[] other = corpus[random.Next(corpus.Count)];
                return [.. input[..at], .. other[random.Next(other.Length + 1)..]];
            default: return [.. input[..at], .. Pieces[random.Next(Pieces.Length)], .. input[at..]];
        }
    }
}

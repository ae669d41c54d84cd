using System.Buffers;

namespace LspsPlugin.Rpc;

public enum FrameStatus : byte
{
    /// <summary>The value is not complete yet.</summary>
    NeedMore,

    Frame,

    /// <summary>The value is larger than allowed.</summary>
    TooLarge,

    /// <summary>The value nests deeper than allowed.</summary>
    TooDeep,

    /// <summary>Something else than an object or an array begins here: the stream is out of step for good.</summary>
    NotJson,
}

/// <summary>
/// Cuts complete JSON values out of a stream by counting brackets outside strings. Blank lines mean nothing: the host copies a user's
/// request verbatim, pretty-printed or not.
/// </summary>
/// <remarks>A mutable struct: keep it in a non-readonly field. No byte is looked at twice, however slowly a frame arrives.</remarks>
public struct JsonFrameReader(int maxFrameBytes, int maxDepth)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("{}[]\""u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private long _scanned;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Whether a value has begun and is not complete: an end of stream now cuts it.</summary>
    public readonly bool InFrame => _depth > 0;

    /// <summary>Takes the next value off the front of <paramref name="buffer"/>.</summary>
    public FrameStatus TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        if (_depth == 0 && !SkipWhitespace(ref buffer)) return FrameStatus.NeedMore;

        ReadOnlySequence<byte> rest = buffer.Slice(_scanned);
        foreach (ReadOnlyMemory<byte> segment in rest)
        {
            FrameStatus status = Scan(segment.Span, out int consumed);
            _scanned += consumed;
            if (_scanned > maxFrameBytes) return FrameStatus.TooLarge;
            if (status == FrameStatus.NeedMore) continue;
            if (status != FrameStatus.Frame) return status;

            frame = buffer.Slice(0, _scanned);
            buffer = buffer.Slice(_scanned);
            _scanned = 0;
            return FrameStatus.Frame;
        }

        return FrameStatus.NeedMore;
    }

    private FrameStatus Scan(ReadOnlySpan<byte> bytes, out int consumed)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (_escaped)
            {
                _escaped = false;
                at++;
                continue;
            }

            int found = bytes[at..].IndexOfAny(_inString ? StringEnd : Structure);
            if (found < 0 && _depth > 0) break;
            if (_depth == 0 && found != 0)
            {
                consumed = at;
                return FrameStatus.NotJson;
            }

            at += found;
            byte b = bytes[at++];
            if (_inString)
            {
                _escaped = b == '\\';
                _inString = _escaped;
            }
            else if (b == '"')
            {
                if (_depth == 0)
                {
                    consumed = at;
                    return FrameStatus.NotJson;
                }

                _inString = true;
            }
            else if (b is (byte)'{' or (byte)'[')
            {
                if (++_depth > maxDepth)
                {
                    consumed = at;
                    return FrameStatus.TooDeep;
                }
            }
            else if (--_depth <= 0)
            {
                consumed = at;
                return _depth < 0 ? FrameStatus.NotJson : FrameStatus.Frame;
            }
        }

        consumed = bytes.Length;
        return FrameStatus.NeedMore;
    }

    /// <summary>False when nothing but whitespace is there.</summary>
    private static bool SkipWhitespace(ref ReadOnlySequence<byte> buffer)
    {
        long blank = 0;
        foreach (ReadOnlyMemory<byte> segment in buffer)
        {
            int at = segment.Span.IndexOfAnyExcept(" \t\r\n"u8);
            if (at >= 0)
            {
                buffer = buffer.Slice(blank + at);
                return true;
            }

            blank += segment.Length;
        }

        buffer = buffer.Slice(blank);
        return false;
    }
}

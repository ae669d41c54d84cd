using System.Buffers;

namespace LspsPlugin.Rpc;

/// <summary>The result of reading a frame.</summary>
public enum FrameStatus : byte
{
    /// <summary>The value is not complete yet.</summary>
    NeedMore,

    /// <summary>A complete value was read.</summary>
    Frame,

    /// <summary>The value is larger than the limit.</summary>
    TooLarge,

    /// <summary>The value is nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>The next byte does not begin an object or an array: the stream cannot be resynchronized.</summary>
    NotJson,
}

/// <summary>
/// Splits a stream into JSON values by counting brackets outside strings. Blank lines have no meaning: lightningd copies a user's request verbatim,
/// pretty-printed or not.
/// </summary>
/// <remarks>A mutable struct: keep it in a non-readonly field. Every byte is read once, however slowly a frame arrives.</remarks>
public struct JsonFrameReader(int maxFrameBytes, int maxDepth)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("{}[]\""u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private long _scanned;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Whether a value has begun and is incomplete: the end of the stream would truncate it.</summary>
    public readonly bool InFrame => _depth > 0;

    /// <summary>Reads the next value from the front of <paramref name="buffer"/>.</summary>
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

    /// <summary>Skips whitespace; false when nothing else is left.</summary>
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

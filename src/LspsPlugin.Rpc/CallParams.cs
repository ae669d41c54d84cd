using System.Buffers;
using Nerdbank.Streams;

namespace LspsPlugin.Rpc;

/// <summary>Holds the params of the call that is being handled, in pooled memory.</summary>
internal sealed class CallParams
{
    private readonly Sequence<byte> _buffer = new(ArrayPool<byte>.Shared);

    /// <summary>Copies params out of a frame; the copy is valid until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> parameters)
    {
        if (parameters.IsEmpty) return default;
        Memory<byte> copy = _buffer.GetMemory(parameters.Length)[..parameters.Length];
        parameters.CopyTo(copy.Span);
        _buffer.Advance(parameters.Length);
        return copy;
    }

    public void Reset() => _buffer.Reset();
}

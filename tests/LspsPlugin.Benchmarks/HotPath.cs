using BenchmarkDotNet.Attributes;
using LspsPlugin.Rpc;

namespace LspsPlugin.Benchmarks;

/// <summary>What a foreign htlc_accepted costs between frame and envelope.</summary>
[MemoryDiagnoser]
public class HotPath
{
    private byte[] _message = [];
    private JsonFrameReader _frames = new(1 << 20, 64);

    [GlobalSetup]
    public void Make() => _message = Messages.HtlcAccepted("cln:htlc_accepted#90", "5x5x5", "111x1x0", 1, 5_000_000, new string('a', 64));

    [Benchmark]
    public int FrameAndEnvelope()
    {
        var buffer = new System.Buffers.ReadOnlySequence<byte>(_message);
        _frames.TryRead(ref buffer, out System.Buffers.ReadOnlySequence<byte> frame);
        JsonRpcEnvelope.TryParse(frame.FirstSpan, out JsonRpcEnvelope envelope);
        return envelope.Params.Length;
    }
}

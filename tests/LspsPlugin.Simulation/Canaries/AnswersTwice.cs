using System.Buffers;
using System.IO.Pipelines;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Answers each part twice when it fails or forwards it.</summary>
internal sealed class AnswersTwice : SimBuild
{
    public override IDuplexPipe Stdio(IDuplexPipe shipping)
    {
        var written = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        _ = CopyAsync(written.Reader, shipping.Output);
        return new Stuttering(shipping.Input, written.Writer);
    }

    private static async Task CopyAsync(PipeReader from, PipeWriter to)
    {
        while (true)
        {
            ReadResult read = await from.ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                byte[] line = rest.Slice(0, rest.GetPosition(1, end)).ToArray();
                to.Write(line);
                if (line.AsSpan().IndexOf("htlc_accepted"u8) >= 0 && line.AsSpan().IndexOf("\"result\""u8) >= 0) to.Write(line);
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            from.AdvanceTo(rest.Start, rest.End);
            await to.FlushAsync();
            if (!read.IsCompleted) continue;
            await to.CompleteAsync();
            return;
        }
    }

    private sealed record Stuttering(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class BudgetTests
{
    private const int Warmup = 1000, Messages = 100_000;

    [Fact]
    public void Reading_and_answering_a_message_in_one_segment_allocates_nothing()
    {
        byte[] message = System.Text.Encoding.UTF8.GetBytes(
            $"{{\"jsonrpc\":\"2.0\",\"id\":\"cln:htlc_accepted#90\",\"method\":\"htlc_accepted\",\"params\":{{\"onion\":{{\"next_onion\":\"{new string('a', 3000)}\"}}}}}}\n\n");
        var echo = new Echo();
        var frames = new JsonFrameReader(1 << 20, 64);
        long before = 0;
        for (int i = 0; i < Messages + Warmup; i++)
        {
            // The first rounds pay for what is made once.
            if (i == Warmup) before = GC.GetAllocatedBytesForCurrentThread();
            var buffer = new System.Buffers.ReadOnlySequence<byte>(message);
            if (frames.TryRead(ref buffer, out System.Buffers.ReadOnlySequence<byte> frame) != FrameStatus.Frame) break;
            JsonRpcEnvelope.TryParse(frame.FirstSpan, out JsonRpcEnvelope envelope);
            echo.OnMessage(envelope);
        }

        // A collection that another test causes takes away the thread's allocation buffer, which counts as allocated then.
        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / Messages);
        Assert.Equal(Messages + Warmup, echo.Count);
    }

    private sealed class Echo
    {
        public int Count { get; private set; }

        public void OnMessage(in JsonRpcEnvelope message)
        {
            if (message.Method.SequenceEqual("htlc_accepted"u8) && message.Id.Length > 2) Count++;
        }
    }
}

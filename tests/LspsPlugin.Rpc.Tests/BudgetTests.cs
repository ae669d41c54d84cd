using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class BudgetTests
{
    [Fact]
    public void Reading_and_answering_a_message_in_one_segment_allocates_nothing()
    {
        byte[] message = System.Text.Encoding.UTF8.GetBytes(
            $"{{\"jsonrpc\":\"2.0\",\"id\":\"cln:htlc_accepted#90\",\"method\":\"htlc_accepted\",\"params\":{{\"onion\":{{\"next_onion\":\"{new string('a', 3000)}\"}}}}}}\n\n");
        var echo = new Echo();
        var frames = new JsonFrameReader(1 << 20, 64);
        long before = 0;
        for (int i = 0; i < 101_000; i++)
        {
            // The first rounds pay for what is made once.
            if (i == 1000) before = GC.GetAllocatedBytesForCurrentThread();
            var buffer = new System.Buffers.ReadOnlySequence<byte>(message);
            if (frames.TryRead(ref buffer, out System.Buffers.ReadOnlySequence<byte> frame) != FrameStatus.Frame) break;
            JsonRpcEnvelope.TryParse(frame.FirstSpan, out JsonRpcEnvelope envelope);
            echo.OnMessage(envelope);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(101_000, echo.Count);
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

using System.Buffers;
using System.Text;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

/// <summary>A provider forwards thousands of HTLCs for each JIT channel that it sells: those of others cost nothing.</summary>
public class ForeignHtlcBudgetTests
{
    private const int Messages = 100_000;
    private const int Burst = 500;

    /// <summary>As many as a read of the process takes in.</summary>
    private const int Read = 16;

    [Theory]
    [InlineData("htlc_accepted_forward_known_scid", "")]
    [InlineData("htlc_accepted_final_unknown_hash", "")]
    [InlineData("htlc_accepted_forward_known_scid", ",\"lsps-otlp-endpoint\":\"http://127.0.0.1:9\"")]
    public void From_the_frame_to_the_answer_nothing_is_allocated(string name, string metrics) => Host.Run(async host =>
    {
        (byte[] messages, int answerBytes) = await ReadyAsync(host, name, metrics);
        Assert.InRange(messages.Length / Burst, 3000, 5000);
        await RoundAsync(host, messages, answerBytes, 10 * Burst);

        // The runtime itself allocates a little on this thread once in a while; a cost of ours would be in every round.
        long allocated = long.MaxValue;
        for (int round = 0; round < 3 && allocated > 0; round++) allocated = await RoundAsync(host, messages, answerBytes, Messages);
        Assert.Equal(0, allocated);
        if (metrics.Length == 0) Assert.DoesNotContain(host.Node.Calls, call => call.GetProperty("method").GetString() == "listpeerchannels");
    });

    [Fact]
    public void Through_both_pipes_only_bursts_cost_anything() => Host.Run(async host =>
    {
        (byte[] all, int allAnswerBytes) = await ReadyAsync(host, "htlc_accepted_forward_known_scid");
        ReadOnlyMemory<byte> messages = all.AsMemory(0, all.Length / Burst * Read);
        int answerBytes = allAnswerBytes / Burst * Read;
        for (int i = 0; i < 100; i++) await host.BurstAsync(messages, answerBytes);
        int calls = host.Node.Calls.Count;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int done = 0; done < Messages; done += Read) await host.BurstAsync(messages, answerBytes);
        long perMessage = (GC.GetAllocatedBytesForCurrentThread() - before) / Messages;
        Assert.InRange(perMessage, 0, 150); // what both ends take to wake each other, the test among them: a kilobyte per burst
        Assert.Equal(calls, host.Node.Calls.Count);
    });

    private static async Task<long> RoundAsync(Host host, byte[] messages, int answerBytes, int count)
    {
        var frames = new JsonFrameReader(1 << 20, int.MaxValue);
        long allocated = 0;
        for (int done = 0; done < count; done += Burst)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int seen = Feed(host, messages, ref frames);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Burst, seen);
            await host.BurstAsync(default, answerBytes);
        }

        return allocated;
    }

    private static int Feed(Host host, byte[] messages, ref JsonFrameReader frames)
    {
        var buffer = new ReadOnlySequence<byte>(messages);
        int seen = 0;
        while (frames.TryRead(ref buffer, out ReadOnlySequence<byte> frame) == FrameStatus.Frame)
        {
            if (JsonRpcEnvelope.TryParse(frame.FirstSpan, out JsonRpcEnvelope message) == EnvelopeStatus.Ok) host.Process.OnMessage(message);
            seen++;
        }

        return seen;
    }

    /// <summary>A burst of one recorded message, and how long its answers are.</summary>
    private static async Task<(byte[] Messages, int AnswerBytes)> ReadyAsync(Host host, string name, string more = "")
    {
        byte[] message = [.. Recorded.Plugin(name), .. "\n\n"u8];
        await host.InitAsync($"{Host.Provider},{Host.Wallet}{more}");
        await host.LoggedAsync("provider: selling");
        await host.LoggedAsync("wallet: ready");
        await host.LoggedAsync("finished is complete"); // the last that a start asks of the node
        string id = System.Text.Json.JsonDocument.Parse(message).RootElement.GetProperty("id").GetRawText();
        int answer = Encoding.UTF8.GetByteCount($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"result\":\"continue\"}}}}\n\n");
        return ([.. Enumerable.Repeat(message, Burst).SelectMany(bytes => bytes)], Burst * answer);
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.IO.Pipes;
using LspsPlugin.Rpc.Stdio;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class StdioPipeTests
{
    /// <summary>More than a pipe of Linux holds.</summary>
    private const int Much = 1 << 20;

    [Fact]
    public void What_the_host_writes_is_read_and_answered_by_the_loops_own_thread() => Play(async (stdio, host) =>
    {
        int thread = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 100; i++)
        {
            host.Write([(byte)i, 1, 2]);
            ReadResult read = await stdio.Input.ReadAsync();
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Assert.Equal([(byte)i, 1, 2], read.Buffer.ToArray());
            stdio.Input.AdvanceTo(read.Buffer.End);
            ValueTask<FlushResult> written = stdio.Output.WriteAsync(new byte[] { 7, (byte)i });
            Assert.True(written.IsCompletedSuccessfully);
            Assert.Equal([7, (byte)i], host.Read(2));
        }
    });

    [Fact]
    public void A_host_that_does_not_read_delays_what_is_written_and_not_the_loop() => Play(async (stdio, host) =>
    {
        byte[] much = [.. Enumerable.Range(0, Much).Select(static i => (byte)(i % 251))];
        Task<FlushResult> written = stdio.Output.WriteAsync(much).AsTask();
        for (int i = 0; i < 100; i++)
        {
            await Task.Yield();
            host.Write([(byte)i]);
            Assert.Equal([(byte)i], await NextAsync(stdio, 1));
        }

        Assert.False(written.IsCompleted);
        var got = new List<byte>();
        while (got.Count < Much)
        {
            got.AddRange(host.Read(4096));
            await Task.Yield();
        }

        await written;
        Assert.Equal(much, got);
    });

    [Fact]
    public void What_nobody_takes_yet_is_taken_later() => Play(async (stdio, host) =>
    {
        byte[] much = [.. Enumerable.Range(0, Much).Select(static i => (byte)(i % 241))];
        var writing = new Thread(() => host.Write(much));
        writing.Start();
        for (int i = 0; i < 1000; i++) await Task.Yield();
        Assert.Equal(much, await NextAsync(stdio, Much));
        writing.Join();
    });

    [Fact]
    public void A_loop_that_is_never_idle_reads_all_the_same() => Play(async (stdio, host) =>
    {
        using var over = new CancellationTokenSource();
        Task busy = YieldUntilAsync(over.Token);
        host.Write([1, 2, 3]);
        Assert.Equal([1, 2, 3], await NextAsync(stdio, 3));
        over.Cancel();
        await busy;
    });

    [Fact]
    public void Another_thread_wakes_the_loop() => Play(async (_, _) =>
    {
        int thread = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 1000; i++)
        {
            var done = new TaskCompletionSource();
            ThreadPool.QueueUserWorkItem(_ => done.SetResult());
            await done.Task;
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
        }
    });

    [Fact]
    public void The_end_of_stdin_ends_the_reading() => Play(async (stdio, host) =>
    {
        host.Write([1]);
        host.CloseInput();
        Assert.Equal([1], await NextAsync(stdio, 1));
        Assert.True((await stdio.Input.ReadAsync()).IsCompleted);
        await Task.Yield();
    });

    [Fact]
    public void A_host_that_is_gone_breaks_the_writer_and_nothing_else() => Play(async (stdio, host) =>
    {
        var writer = new JsonRpcWriter(stdio.Output);
        host.CloseOutput();
        writer.Write("{}"u8);
        await writer.FlushAsync();
        Assert.NotNull(writer.Broken);
        host.Write([1]);
        Assert.Equal([1], await NextAsync(stdio, 1));
    });

    [Fact]
    public void A_host_that_goes_while_a_write_waits_breaks_the_writer() => Play(async (stdio, host) =>
    {
        var writer = new JsonRpcWriter(stdio.Output);
        writer.Write(new byte[Much]);
        Task flushed = writer.FlushAsync();
        await Task.Yield();
        Assert.False(flushed.IsCompleted);
        host.CloseOutput();
        await flushed;
        Assert.NotNull(writer.Broken);
    });

    [Fact]
    public void What_was_buffered_leaves_before_what_is_written_next() => Play(async (stdio, host) =>
    {
        stdio.Output.Write("\u0001\u0002"u8);
        await stdio.Output.WriteAsync(new byte[] { 3 });
        Assert.Equal([1, 2, 3], host.Read(3));
    });

    private static async Task YieldUntilAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested) await Task.Yield();
    }

    private static async Task<byte[]> NextAsync(StdioPipe stdio, int bytes)
    {
        ReadResult read = await stdio.Input.ReadAtLeastAsync(bytes);
        byte[] got = read.Buffer.Slice(0, bytes).ToArray();
        stdio.Input.AdvanceTo(read.Buffer.GetPosition(bytes));
        return got;
    }

    private static void Play(Func<StdioPipe, Host, Task> story)
    {
        using var host = new Host();
        using StdioPipe stdio = host.Plugin();
        EventLoop.Run(stdio, async _ =>
        {
            await story(stdio, host);
            return 0;
        });
    }

    /// <summary>The other ends of the two pipes, with calls that block.</summary>
    private sealed class Host : IDisposable
    {
        private readonly AnonymousPipeServerStream _stdin = new(PipeDirection.Out);
        private readonly AnonymousPipeServerStream _stdout = new(PipeDirection.In);

        public StdioPipe Plugin() => new(Descriptor(_stdin), Descriptor(_stdout));

        public void Write(byte[] bytes) => _stdin.Write(bytes);

        public byte[] Read(int bytes)
        {
            byte[] got = new byte[bytes];
            _stdout.ReadExactly(got);
            return got;
        }

        public void CloseInput() => _stdin.Dispose();

        public void CloseOutput() => _stdout.Dispose();

        public void Dispose()
        {
            CloseInput();
            CloseOutput();
        }

        private static SafeFileHandle Descriptor(AnonymousPipeServerStream pipe)
        {
            var descriptor = new SafeFileHandle(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: true);
            pipe.ClientSafePipeHandle.SetHandleAsInvalid();
            return descriptor;
        }
    }
}

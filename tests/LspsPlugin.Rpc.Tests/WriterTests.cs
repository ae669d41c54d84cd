using System.IO.Pipelines;
using System.Text;
using Xunit;

namespace LspsPlugin.Rpc.Tests;

public class WriterTests
{
    [Fact]
    public void Frames_of_one_turn_leave_together_each_ended_by_an_empty_line() => Loop.Run(async () =>
    {
        var pipe = new Pipe();
        var writer = new JsonRpcWriter(pipe.Writer);
        writer.Write("{\"a\":1}"u8);
        writer.Write("{\"b\":2}"u8);
        ReadResult read = await pipe.Reader.ReadAsync();
        Assert.Equal("{\"a\":1}\n\n{\"b\":2}\n\n", Encoding.UTF8.GetString(read.Buffer));
    });

    [Fact]
    public void A_side_that_does_not_read_loses_logs_and_no_answers() => Loop.Run(async () =>
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var writer = new JsonRpcWriter(pipe.Writer);
        byte[] line = Encoding.UTF8.GetBytes($"{{\"log\":\"{new string('x', 10_000)}\"}}");
        for (int i = 0; i < 300; i++) writer.TryWriteDroppable(line);
        writer.Write("{\"answer\":1}"u8);
        Assert.InRange(writer.Dropped, 1, 299);
        long wanted = ((300 - writer.Dropped) * (line.Length + 2)) + 14;
        long got = 0;
        while (got < wanted)
        {
            ReadResult read = await pipe.Reader.ReadAsync();
            got += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal(wanted, got);
    });

    [Fact]
    public void A_reader_that_is_gone_breaks_the_writer_and_nothing_else() => Loop.Run(async () =>
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var writer = new JsonRpcWriter(pipe.Writer);
        writer.Write("{}"u8);
        await writer.FlushAsync();
        Assert.NotNull(writer.Broken);
        writer.Write("{}"u8);
    });
}

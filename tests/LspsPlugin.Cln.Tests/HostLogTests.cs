using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests;

public class HostLogTests
{
    [Fact]
    public void Only_levels_that_the_host_knows_leave()
    {
        // Any other level kills the plugin.
        JsonElement[] lines = Log(log =>
        {
            log.Debug("d");
            log.Info("i");
            log.Unusual("u");
            log.Error("e");
        });
        Assert.All(lines, line => Assert.Equal("log", line.GetProperty("method").GetString()));
        Assert.Equal(["debug", "info", "unusual", "error"], lines.Select(line => line.GetProperty("params").GetProperty("level").GetString()));
        Assert.Equal(["d", "i", "u", "e"], lines.Select(Message));
    }

    [Fact]
    public void Text_leaves_readable_and_newlines_are_for_the_host_to_split()
    {
        var output = new Pipe();
        new HostLog(new JsonRpcWriter(output.Writer)).Info("ü 😀 \u0007 \"quoted\" <&'+> \\ one\ntwo");
        string sent = Written(output);
        Assert.Contains("""ü 😀 ? \"quoted\" <&'+> \\ one\ntwo""", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_message_is_cut() => Assert.Equal(new string('x', 4096) + "…", Message(Assert.Single(Log(log => log.Info(new string('x', 100_000))))));

    [Fact]
    public void While_the_host_does_not_read_lines_are_lost_and_memory_is_not()
    {
        var stuck = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 0));
        var writer = new JsonRpcWriter(stuck.Writer);
        var log = new HostLog(writer);
        for (int i = 0; i < 10_000; i++) log.Info(new string('x', 1000));
        Assert.InRange(writer.Dropped, 8_000, 10_000);
    }

    private static JsonElement[] Log(Action<HostLog> write)
    {
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        write(new HostLog(new JsonRpcWriter(output.Writer)));
        return [.. Written(output).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static string Message(JsonElement line) => line.GetProperty("params").GetProperty("message").GetString()!;

    private static string Written(Pipe output)
    {
        Assert.True(output.Reader.TryRead(out ReadResult read));
        return Encoding.UTF8.GetString(read.Buffer.ToArray());
    }
}

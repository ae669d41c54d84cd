using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LspsPlugin.Cln.Export;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Metrics;

/// <summary>The push, over a real socket; the message is read by field numbers of opentelemetry/proto/metrics/v1/metrics.proto.</summary>
public sealed class OtlpTests : IDisposable
{
    private static readonly DateTimeOffset Began = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly WatchedTime _time = new(Began);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TcpListener _collector = new(IPAddress.Loopback, 0);

    public OtlpTests() => _collector.Start();

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _collector.Dispose();
        _time.Waiting.Dispose();
    }

    [Fact]
    public void A_sum_is_cumulative_and_monotonic_and_has_its_attributes()
    {
        byte[] metric = Metric(new MetricFamily("lsps.sales", "{sale}", "Sales", FamilyKind.Counter, [new([KeyValuePair.Create("state", "paid")], 3)]));
        Assert.Equal(("lsps.sales", "Sales", "{sale}"), (Text(metric, 1), Text(metric, 2), Text(metric, 3)));
        byte[] sum = Bytes(metric, 7);
        Assert.Equal((2UL, 1UL), (Number(sum, 2), Number(sum, 3)));
        byte[] point = Bytes(sum, 1);
        Assert.Equal(1_767_225_600_000_000_000UL, Number(point, 2));
        Assert.Equal(1_767_225_660_000_000_000UL, Number(point, 3));
        Assert.Equal(3, BitConverter.UInt64BitsToDouble(Number(point, 4)));
        byte[] attribute = Bytes(point, 7);
        Assert.Equal(("state", "paid"), (Text(attribute, 1), Text(Bytes(attribute, 2), 1)));
    }

    [Fact]
    public void A_gauge_is_no_sum_and_what_grows_and_falls_is_not_monotonic()
    {
        byte[] gauge = Metric(new MetricFamily("a", "", "A", FamilyKind.Gauge, [new([], 0.5)]));
        Assert.Equal(0.5, BitConverter.UInt64BitsToDouble(Number(Bytes(Bytes(gauge, 5), 1), 4)));
        byte[] upAndDown = Bytes(Metric(new MetricFamily("b", "", "B", FamilyKind.UpDownCounter, [new([], 4)])), 7);
        Assert.Equal(2UL, Number(upAndDown, 2));
        Assert.DoesNotContain(Fields(upAndDown), static field => field.Number == 3);
    }

    [Fact]
    public void A_histogram_has_one_bucket_more_than_boundaries()
    {
        byte[] histogram = Bytes(Metric(new MetricFamily("t", "s", "T", FamilyKind.Histogram, [new([], 7.25, [(0.1, 2), (1, 300), (null, 3)])])), 9);
        Assert.Equal(2UL, Number(histogram, 2));
        byte[] point = Bytes(histogram, 1);
        Assert.Equal(305UL, Number(point, 4));
        Assert.Equal(7.25, BitConverter.UInt64BitsToDouble(Number(point, 5)));
        Assert.Equal([2UL, 300UL, 3UL], Packed(Bytes(point, 6)));
        Assert.Equal([0.1, 1], Packed(Bytes(point, 7)).Select(BitConverter.UInt64BitsToDouble));
    }

    [Fact]
    public void A_metric_without_a_series_is_left_out()
    {
        byte[] scope = Bytes(Bytes(OtlpMessage.Write([new MetricFamily("a", "", "A", FamilyKind.Gauge, []), new MetricFamily("b", "", "B", FamilyKind.Gauge, [new([], 1)])], Began, Began), 1), 2);
        Assert.Equal("b", Text(Assert.Single(Fields(scope), static field => field.Number == 2).Bytes!, 1));
    }

    [Fact]
    public async Task It_pushes_once_a_minute_and_a_failure_is_said_and_does_not_end_it()
    {
        var said = System.Threading.Channels.Channel.CreateUnbounded<string?>();
        byte[] message = [1, 2, 3];
        new OtlpPush(new Uri($"http://127.0.0.1:{((IPEndPoint)_collector.LocalEndpoint).Port}/v1/metrics"), () => message, problem => said.Writer.TryWrite(problem), _time, _stopping.Token).Start();
        foreach ((string answer, string? problem) in ((string, string?)[])[("HTTP/1.1 200 OK", null), ("HTTP/1.1 503 Busy", "the collector answered 'HTTP/1.1 503 Busy'"), ("", "the collector answered ''"), ("HTTP/1.1 204 No Content", null)])
        {
            await _time.Waiting.WaitAsync(TestContext.Current.CancellationToken);
            _time.Advance(OtlpPush.Every);
            using TcpClient client = await _collector.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith($"POST /v1/metrics HTTP/1.1\r\nHost: {_collector.LocalEndpoint}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 3\r\n", await RequestAsync(client), StringComparison.Ordinal);
            if (answer.Length > 0) await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{answer}\r\n\r\n"));
            client.Close();
            Assert.Equal(problem, await said.Reader.ReadAsync());
        }
    }

    private static async Task<string> RequestAsync(TcpClient client)
    {
        var request = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!request.ToString().EndsWith("\r\n\r\n\u0001\u0002\u0003", StringComparison.Ordinal)) request.Append(Encoding.Latin1.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer)));
        return request.ToString();
    }

    /// <summary>The one metric of a message, after a look at what is around it.</summary>
    private static byte[] Metric(MetricFamily family)
    {
        byte[] all = Bytes(OtlpMessage.Write([family], Began, Began.AddMinutes(1)), 1);
        byte[] name = Bytes(Bytes(all, 1), 1);
        Assert.Equal(("service.name", "lsps-plugin"), (Text(name, 1), Text(Bytes(name, 2), 1)));
        byte[] scope = Bytes(all, 2);
        Assert.Equal("lsps-plugin", Text(Bytes(scope, 1), 1));
        return Bytes(scope, 2);
    }

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Bytes(message, number));

    private static byte[] Bytes(byte[] message, int number) => Fields(message).First(field => field.Number == number).Bytes!;

    private static ulong Number(byte[] message, int number) => Fields(message).First(field => field.Number == number).Value;

    private static IEnumerable<ulong> Packed(byte[] bytes) => bytes.Chunk(8).Select(static chunk => BinaryPrimitives.ReadUInt64LittleEndian(chunk));

    private static List<(int Number, ulong Value, byte[]? Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, Varint(message, ref at), null));
                    break;
                case 1:
                    fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), null));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    fields.Add((number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    throw new FormatException($"wire type {tag & 7}");
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }

    /// <summary>Tells when the push waits for its next time.</summary>
    private sealed class WatchedTime(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public SemaphoreSlim Waiting { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == OtlpPush.Every) Waiting.Release();
            return timer;
        }
    }
}

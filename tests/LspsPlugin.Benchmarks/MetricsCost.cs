using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Benchmarks;

/// <summary>What metrics cost others' HTLCs: the published process with metrics, scraped all the time, against the same without, in turns.</summary>
internal sealed class MetricsCost(string plugin)
{
    private const int Rounds = 60;
    private const int Burst = 20_000;
    private const int Port = 19464;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public async Task RunAsync()
    {
        await using Measured off = await Measured.StartAsync(plugin, ""), on = await Measured.StartAsync(plugin, $",\"lsps-metrics-bind\":\"127.0.0.1:{Port}\"");
        using var stop = new CancellationTokenSource();
        Task<int> scraping = ScrapeAsync(stop.Token);
        var without = new List<double>();
        var with = new List<double>();
        for (int i = -2; i < Rounds; i++)
        {
            // Whoever comes second finds the machine in another state.
            bool isFirst = i % 2 == 0;
            double a = isFirst ? await off.BurstAsync() : 0, b = await on.BurstAsync();
            if (!isFirst) a = await off.BurstAsync();
            if (i < 0) continue; // both warm up
            without.Add(a);
            with.Add(b);
        }

        stop.Cancel();
        Report.Figure("foreign htlc_accepted as fast as the pipe takes them, metrics off, median", Burst / Report.Percentile(without, 0.5), "per s");
        Report.Figure("the same with metrics, scraped once a second", Burst / Report.Percentile(with, 0.5), "per s");
        Report.Figure("what metrics cost", 100 * ((Report.Percentile(with, 0.5) / Report.Percentile(without, 0.5)) - 1), "%");
        Report.Figure("scrapes in that time", await scraping, "");
        Report.Figure("resident, metrics off", off.ResidentMb, "MB");
        Report.Figure("resident, metrics on", on.ResidentMb, "MB");
    }

    private static async Task<int> ScrapeAsync(CancellationToken stop)
    {
        int scrapes = 0;
        byte[] buffer = new byte[65_536];
        while (!stop.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", Port, CancellationToken.None);
            await socket.SendAsync("GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray());
            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }

            scrapes++;
            await Task.Delay(TimeSpan.FromSeconds(1), Clock, CancellationToken.None);
        }

        return scrapes;
    }

    /// <summary>One process, and the node that it talks to.</summary>
    private sealed class Measured : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly PipeReader _output;
        private readonly CancellationTokenSource _stop;
        private readonly string _directory;
        private readonly byte[] _messages = [.. Enumerable.Repeat(Messages.HtlcAccepted("cln:htlc_accepted#90", "5x5x5", "111x1x0", 1, 5_000_000, new string('a', 64)), 16).SelectMany(static message => message)];

        private Measured(Process process, CancellationTokenSource stop, string directory) =>
            (_process, _stop, _directory, _output) = (process, stop, directory, PipeReader.Create(process.StandardOutput.BaseStream));

        public double ResidentMb
        {
            get
            {
                _process.Refresh();
                return _process.WorkingSet64 / 1048576.0;
            }
        }

        public static async Task<Measured> StartAsync(string plugin, string options)
        {
            SimNode node = new SimNetwork(Clock).AddNode("provider");
            string directory = Directory.CreateTempSubdirectory("lsps-").FullName;
            var stop = new CancellationTokenSource();
            _ = new SimRpcServer(node).ListenAsync(Path.Combine(directory, "lightning-rpc"), stop.Token);
            Process process = Process.Start(new ProcessStartInfo(plugin) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = directory })!;
            string init = "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"init\",\"params\":{\"options\":{\"experimental-lsps2-service\":true" + options + "},\"configuration\":{\"lightning-dir\":\""
                + directory + "\",\"rpc-file\":\"lightning-rpc\",\"startup\":true,\"network\":\"regtest\"}}}\n\n";
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(init));
            await process.StandardInput.BaseStream.FlushAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(500), Clock);
            return new Measured(process, stop, directory);
        }

        /// <summary>Returns how many seconds a burst takes.</summary>
        public async Task<double> BurstAsync()
        {
            long start = Clock.GetTimestamp();
            Task writing = WriteAsync();
            for (int answers = 0; answers < Burst;)
            {
                ReadResult read = await _output.ReadAsync();
                if (read.IsCompleted) throw new InvalidOperationException("the process ended");
                _output.AdvanceTo(Count(read.Buffer, ref answers), read.Buffer.End);
            }

            await writing;
            return Clock.GetElapsedTime(start).TotalSeconds;
        }

        /// <summary>Counts the answers that are whole, without log lines, and returns where they end.</summary>
        private static SequencePosition Count(ReadOnlySequence<byte> buffer, ref int answers)
        {
            var frames = new SequenceReader<byte>(buffer);
            while (frames.TryReadTo(out ReadOnlySequence<byte> frame, "\n\n"u8))
            {
                if (new SequenceReader<byte>(frame).TryReadTo(out ReadOnlySequence<byte> _, "\"continue\""u8)) answers++;
            }

            return frames.Position;
        }

        public async ValueTask DisposeAsync()
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
            _stop.Cancel();
            _stop.Dispose();
            Directory.Delete(_directory, recursive: true);
        }

        private async Task WriteAsync()
        {
            for (int i = 0; i < Burst / 16; i++) await _process.StandardInput.BaseStream.WriteAsync(_messages);
            await _process.StandardInput.BaseStream.FlushAsync();
        }
    }
}

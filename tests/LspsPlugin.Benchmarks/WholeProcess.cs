using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Benchmarks;

/// <summary>The published process from outside: start, memory, HTLCs through its real pipes.</summary>
internal sealed class WholeProcess(string plugin)
{
    private const int Starts = 15;
    private const int RoundTrips = 20_000;
    private const int Burst = 100_000;
    private const int Many = 10_000;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public async Task<int> RunAsync()
    {
        Report.Line("The published process:");
        await StartsAsync();
        await ForeignAsync();
        await JitPartAsync();
        await MemoryAsync();
        return 0;
    }

    private async Task StartsAsync()
    {
        var times = new List<double>();
        var memory = new List<double>();
        for (int i = 0; i <= Starts; i++)
        {
            long start = Clock.GetTimestamp();
            using Process process = Start();
            await process.StandardInput.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"getmanifest\",\"params\":{}}\n\n");
            await process.StandardInput.FlushAsync();
            char[] first = new char[1];
            if (await process.StandardOutput.ReadAsync(first) == 0) throw new InvalidOperationException("the plugin did not answer");
            double elapsed = Clock.GetElapsedTime(start).TotalMilliseconds;
            if (i > 0)
            {
                times.Add(elapsed);
                memory.Add(ResidentMb(process));
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }

        Report.Figure("start to manifest, median", Report.Percentile(times, 0.5), "ms");
        Report.Figure("start to manifest, slowest", times[^1], "ms");
        Report.Figure("resident after the manifest, median", Report.Percentile(memory, 0.5), "MB");
    }

    private async Task ForeignAsync()
    {
        var network = new SimNetwork(Clock);
        SimNode node = network.AddNode("provider");
        SimPluginHost host = await SimPluginHost.StartProcessAsync(node, plugin, JitWorld.ProviderOptions);
        await Task.Delay(TimeSpan.FromMilliseconds(300), Clock);
        int calls = node.Rpc.TotalCalls;
        var times = new List<double>();
        var parameters = JsonNode.Parse(Encoding.UTF8.GetString(Messages.HtlcAccepted("x", "5x5x5", "111x1x0", 1, 5_000_000, new string('a', 64))))!["params"]!.AsObject();
        for (int i = 0; i < RoundTrips; i++)
        {
            long start = Clock.GetTimestamp();
            await host.Link.HookAsync("htlc_accepted", parameters);
            if (i >= RoundTrips / 10) times.Add(Clock.GetElapsedTime(start).TotalMicroseconds);
        }

        Report.Figure("foreign htlc_accepted, there and back, median (with the driver's own JSON)", Report.Percentile(times, 0.5), "µs");
        Report.Figure("foreign htlc_accepted, there and back, p99", Report.Percentile(times, 0.99), "µs");
        Report.Figure("calls to the node for all of them", node.Rpc.TotalCalls - calls, "");
        await host.StopAsync();
        await BurstAsync();
    }

    /// <summary>As fast as the pipe takes them: raw bytes in, raw bytes counted.</summary>
    private async Task BurstAsync()
    {
        var network = new SimNetwork(Clock);
        SimNode node = network.AddNode("provider");
        string directory = Directory.CreateTempSubdirectory("lsps-").FullName;
        using var stop = new CancellationTokenSource();
        _ = new SimRpcServer(node).ListenAsync(Path.Combine(directory, "lightning-rpc"), stop.Token);
        using Process process = Start(directory);
        PipeReader output = PipeReader.Create(process.StandardOutput.BaseStream);
        Stream input = process.StandardInput.BaseStream;
        string init = "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"init\",\"params\":{\"options\":{\"experimental-lsps2-service\":true},\"configuration\":{\"lightning-dir\":\""
            + directory + "\",\"rpc-file\":\"lightning-rpc\",\"startup\":true,\"network\":\"regtest\"}}}\n\n";
        await input.WriteAsync(Encoding.UTF8.GetBytes(init));
        await input.FlushAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500), Clock);
        byte[] message = Messages.HtlcAccepted("cln:htlc_accepted#90", "5x5x5", "111x1x0", 1, 5_000_000, new string('a', 64));
        await AgainstEchoAsync(directory, await MedianAsync(input, output, message), message);
        long start = Clock.GetTimestamp();
        Task writing = WriteAsync(input, message);
        int answers = 0;
        while (answers < Burst)
        {
            ReadResult read = await output.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in read.Buffer) answers += Count(segment.Span);
            output.AdvanceTo(read.Buffer.End);
        }

        await writing;
        TimeSpan elapsed = Clock.GetElapsedTime(start);
        Report.Figure($"foreign htlc_accepted of {message.Length:N0} bytes, one pipe", Burst / elapsed.TotalSeconds, "per s");
        Report.Figure("resident after them", ResidentMb(process), "MB");
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        stop.Cancel();
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Compares the plugin with a program that only echoes, through the same pipes and with the same driver.</summary>
    private static async Task AgainstEchoAsync(string directory, double plugin, byte[] message)
    {
        Report.Figure("foreign htlc_accepted, there and back, median (raw bytes)", plugin, "µs");
        if (await EchoProgram.CompileAsync(directory) is not { } program)
        {
            Report.Line("  not compared with a C program that only echoes: there is no gcc");
            return;
        }

        using Process echo = Process.Start(new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        double least = await MedianAsync(echo.StandardInput.BaseStream, PipeReader.Create(echo.StandardOutput.BaseStream), message);
        echo.StandardInput.Close();
        await echo.WaitForExitAsync();
        Report.Figure("the same, a C program that only echoes", least, "µs");
        Report.Figure("the plugin against it", plugin / least, "x");
    }

    private static async Task<double> MedianAsync(Stream input, PipeReader output, byte[] message)
    {
        var times = new List<double>();
        for (int i = 0; i < RoundTrips; i++)
        {
            long start = Clock.GetTimestamp();
            await input.WriteAsync(message);
            await input.FlushAsync();
            for (int answers = 0; answers == 0;)
            {
                ReadResult read = await output.ReadAsync();
                if (read.IsCompleted) throw new InvalidOperationException("the process ended");
                foreach (ReadOnlyMemory<byte> segment in read.Buffer) answers += Count(segment.Span);
                output.AdvanceTo(answers == 0 ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
            }

            if (i >= RoundTrips / 10) times.Add(Clock.GetElapsedTime(start).TotalMicroseconds);
        }

        return Report.Percentile(times, 0.5);
    }

    private async Task JitPartAsync()
    {
        var waits = new List<double>();
        for (int i = 0; i < 10; i++)
        {
            JitWorld world = JitWorld.Build(Clock);
            world.Network.Latency = TimeSpan.Zero;
            await world.StartProcessesAsync(plugin);
            long forwarded = 0;
            world.Network.Observed += e =>
            {
                if (e.What == "forward_event" && forwarded == 0) forwarded = Clock.GetTimestamp();
            };
            Bolt11Invoice invoice = await world.InvoiceAsync(new Msat(100_000_000));
            long sent = Clock.GetTimestamp();
            foreach (Task<PartResult> part in world.Payer.SendParts(invoice, 1, world.Channels)) await part;
            waits.Add(Clock.GetElapsedTime(sent, forwarded).TotalMilliseconds);
            await world.StopAsync();
        }

        Report.Figure("last part to first forward, the whole opening, first payment of a process", Report.Percentile(waits, 0.5), "ms");
    }

    private async Task MemoryAsync()
    {
        var network = new SimNetwork(Clock);
        SimNode node = network.AddNode("provider");
        DateTimeOffset validUntil = Clock.GetUtcNow().AddHours(2);
        string client = "02" + new string('1', 64);
        double empty = await ResidentWithAsync(node, 0);
        for (int i = 0; i < Many; i++)
        {
            node.Datastore.Put(["lsps", "lsps2", "offers", $"900000x{i}x1"], $$"""
                {"peer_id":"{{client}}","opening_fee_params":{"min_fee_msat":"1000000","proportional":1000,"valid_until":"{{LspsTime.Write(validUntil)}}","min_lifetime":2000,
                "max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"1000000000","promise":"x"},"expected_payment_size":"100000000",
                "channel_capacity_msat":"150000000","created_at":"2026-01-01T00:00:00.000Z","client_trusts_lsp":true,"format":1}
                """);
        }

        double offers = await ResidentWithAsync(node, 0);
        double held = await ResidentWithAsync(node, Many);
        Report.Figure($"memory per idle offer, with {Many:N0} of them", (offers - empty) * 1024 / Many, "KiB");
        Report.Figure($"memory per held part, with {Many:N0} of them in as many payments", (held - offers) * 1024 / Many, "KiB");
    }

    private async Task<double> ResidentWithAsync(SimNode node, int parts)
    {
        SimPluginHost host = await SimPluginHost.StartProcessAsync(node, plugin, JitWorld.ProviderOptions);
        while (!host.Link.Log.Any(line => line.Contains("selling JIT channels", StringComparison.Ordinal))) await Task.Delay(TimeSpan.FromMilliseconds(20), Clock);
        for (int i = 0; i < parts; i++)
        {
            string hash = $"{i:x64}";
            byte[] message = Messages.HtlcAccepted($"cln:htlc_accepted#{i}", $"900000x{i}x1", "111x1x0", (ulong)i, 5_000_000, hash);
            _ = host.Link.HookAsync("htlc_accepted", JsonNode.Parse(message)!["params"]!.AsObject());
            if (i % 100 == 0) await host.Link.FlushAsync();
        }

        await Task.Delay(TimeSpan.FromMilliseconds(2000), Clock);
        double resident = host.ResidentMb;
        await host.KillAsync();
        return resident;
    }

    private static async Task WriteAsync(Stream input, byte[] message)
    {
        byte[] chunk = [.. Enumerable.Repeat(message, 16).SelectMany(m => m)];
        for (int i = 0; i < Burst / 16; i++) await input.WriteAsync(chunk);
        await input.FlushAsync();
    }

    private static int Count(ReadOnlySpan<byte> bytes) => bytes.Count("\"continue\""u8);

    private static double ResidentMb(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / 1048576.0;
    }

    private Process Start(string? directory = null) => Process.Start(new ProcessStartInfo(plugin)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        WorkingDirectory = directory ?? "",
    }) ?? throw new InvalidOperationException($"{plugin} did not start");
}

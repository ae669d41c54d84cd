using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A regtest bitcoind with a wallet that mines.</summary>
internal sealed class Bitcoind : IAsyncDisposable
{
    private const int MatureCoins = 101;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _program;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private ChildProcess _process;
    private string _miner = "";

    private Bitcoind(string program, string directory, int port, TimeProvider time)
    {
        (_program, Directory, Port, _time) = (program, directory, port, time);
        _process = Start();
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = Patience };
    }

    public string Directory { get; }

    public int Port { get; }

    public static async Task<Bitcoind> StartAsync(string program, string directory, TimeProvider time)
    {
        System.IO.Directory.CreateDirectory(directory);
        var daemon = new Bitcoind(program, directory, Ports.Free(), time);
        await daemon.AwakeAsync("createwallet");
        daemon._miner = (string)(await daemon.CallAsync("getnewaddress"))!;
        await daemon.MineAsync(MatureCoins);
        return daemon;
    }

    /// <summary>Restarts the daemon, which loses its mempool.</summary>
    public async Task StartAgainAsync()
    {
        await CallAsync("stop");
        await _process.EndAsync(Patience, _time);
        _process.Dispose();
        _process = Start();
        await AwakeAsync("loadwallet");
    }

    public async Task<JsonNode?> CallAsync(string method, params JsonNode?[] parameters)
    {
        var request = new JsonObject { ["jsonrpc"] = "1.0", ["id"] = "regtest", ["method"] = method, ["params"] = new JsonArray(parameters) };
        using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _http.PostAsync(default(Uri), content);
        var answer = (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return answer["error"] is { } error ? throw new InvalidOperationException($"bitcoind, {method}: {error.ToJsonString()}") : answer["result"]?.DeepClone();
    }

    public async Task<uint> HeightAsync() => (uint)(await CallAsync("getblockcount"))!;

    public Task MineAsync(int blocks) => CallAsync("generatetoaddress", blocks, _miner);

    public async Task<IReadOnlyList<TxId>> MempoolAsync() => [.. (await CallAsync("getrawmempool"))!.AsArray().Select(id => TxId.Parse((string)id!))];

    public async ValueTask DisposeAsync()
    {
        // Its data is deleted with its directory, so it need not shut down cleanly.
        _process.Kill();
        await _process.EndAsync(Patience, _time);
        _process.Dispose();
        _http.Dispose();
    }

    private ChildProcess Start()
    {
        string[] arguments =
        [
            "-regtest", $"-datadir={Directory}", "-server", "-listen=0", "-dnsseed=0", "-printtoconsole=0", "-txindex=0", "-dbcache=4", "-par=1", "-rpcthreads=4", "-fallbackfee=0.00001",
            "-persistmempool=0", $"-rpcport={Port}", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1",
        ];
        return ChildProcess.Start(_program, arguments, Path.Combine(Directory, "out"));
    }

    /// <param name="wallet">The command that creates or loads its wallet.</param>
    private async Task AwakeAsync(string wallet)
    {
        string cookie = Path.Combine(Directory, "regtest", ".cookie");
        for (long start = _time.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(50), _time))
        {
            if (_process.HasExited) throw new InvalidOperationException($"bitcoind ended with code {_process.ExitCode}, see {Directory}");
            if (_time.GetElapsedTime(start) > Patience) throw new TimeoutException($"bitcoind does not answer, see {Directory}");
            if (!File.Exists(cookie)) continue;
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(await File.ReadAllBytesAsync(cookie)));
            try
            {
                await CallAsync(wallet, "regtest");
                return;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException)
            {
                // It does not listen yet, or it is warming up.
            }
        }
    }
}

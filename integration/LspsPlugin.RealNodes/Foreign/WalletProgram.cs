using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.RealNodes.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Foreign;

/// <summary>
/// One start of a wallet's program: sends requests one after the other and receives its events. docs/foreign-wallets.md describes the
/// protocol.
/// </summary>
internal sealed class WalletProgram : IDisposable
{
    private const int CannotDo = -32601;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Mourning = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);
    private static readonly JsonSerializerOptions AsText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ChildProcess _process;
    private readonly StreamWriter _requests;
    private readonly StreamReader _lines;
    private readonly WalletTalk _talk;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _reading;
    private TaskCompletionSource<JsonObject>? _asked;
    private int _number;

    public WalletProgram(string program, string directory, string errors, IReadOnlyDictionary<string, string> environment, WalletTalk talk, TimeProvider time)
    {
        (_talk, _time) = (talk, time);
        _process = ChildProcess.StartTalking(program, directory, errors, environment);
        (Stream input, Stream output) = _process.Talk;
        _requests = new StreamWriter(input, Utf8) { NewLine = "\n", AutoFlush = true };
        _lines = new StreamReader(output, Utf8);
        _reading = ReadAsync();
    }

    public bool IsRunning => !_process.HasExited;

    /// <exception cref="NotOnOfferException">The wallet reports that it cannot do this.</exception>
    /// <exception cref="CommandRefusedException">The wallet tried and failed.</exception>
    /// <exception cref="IOException">The wallet does not answer, or has ended.</exception>
    public async Task<JsonObject> CallAsync(string method, JsonObject? parameters = null)
    {
        await _turn.WaitAsync();
        try
        {
            JsonObject answer = await AskAsync(method, parameters ?? []);
            if (answer["error"] is not JsonObject error) return answer["result"] as JsonObject ?? throw new IOException($"{method}: neither result nor error");
            (int code, string message) = ((int)error["code"]!, (string)error["message"]!);
            throw code == CannotDo ? new NotOnOfferException(message) : new CommandRefusedException(method, code, message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Kills the program as a power cut would.</summary>
    /// <returns>The processes that survived it.</returns>
    public Task<IReadOnlyList<RunningProcess>> KillAsync() => EndAsync(below =>
    {
        _process.Kill();
        foreach (RunningProcess child in below) child.Kill();
        return Task.CompletedTask;
    });

    /// <returns>
    /// The processes that survived it; also the program itself with its exit code, if it did not exit in time with code 0.
    /// </returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        string? odd = null;
        IReadOnlyList<RunningProcess> left = await EndAsync(async _ =>
        {
            await CallAsync("stop");
            _requests.Close();
            try
            {
                await _process.EndAsync(Patience, _time);
                if (_process.ExitCode != 0) odd = $"the wallet ended with code {_process.ExitCode}";
            }
            catch (TimeoutException)
            {
                odd = "the wallet did not end when it was told to";
                _process.Kill();
            }
        });
        return [.. left.Select(process => $"{process.Name} ({process.Id}) outlived the wallet"), .. odd is null ? Array.Empty<string>() : [odd]];
    }

    public void Dispose()
    {
        _process.Dispose();
        _turn.Dispose();
    }

    private async Task<JsonObject> AskAsync(string method, JsonObject parameters)
    {
        string request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++_number, ["method"] = method, ["params"] = parameters }.ToJsonString(AsText);
        var asked = _asked = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _talk.Note("->", request);
        if (_reading.IsCompleted) throw Gone(method);
        try
        {
            await _requests.WriteLineAsync(request);
            return await asked.Task.WaitAsync(Deadline, _time);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Gone(method, e);
        }
        catch (TimeoutException e)
        {
            throw new IOException($"{method}: the wallet did not answer within {Deadline.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", e);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _lines.ReadLineAsync() is { } line)
            {
                if (line.Length == 0) continue;
                _talk.Note("<-", line);
                JsonObject message = JsonNode.Parse(line) as JsonObject ?? throw new JsonException("not an object");
                if (message["id"] is { } id) (id.GetValueKind() == JsonValueKind.Number && (int)id == _number ? _asked : null)?.TrySetResult(message);
                else _talk.Take(message);
            }
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or DecoderFallbackException)
        {
            _talk.Complain($"what the wallet says cannot be read: {e.Message}");
        }

        _asked?.TrySetException(new IOException("the wallet is gone"));
    }

    private IOException Gone(string method, Exception? because = null) =>
        new($"{method}: the wallet's program is gone{(_process.HasExited ? $" (code {_process.ExitCode})" : "")}", because);

    private async Task<IReadOnlyList<RunningProcess>> EndAsync(Func<IReadOnlyList<RunningProcess>, Task> end)
    {
        IReadOnlyList<RunningProcess> below = RunningProcess.Below(_process.Id);
        await end(below);
        await _process.EndAsync(Mourning, _time);
        await _reading;
        long start = _time.GetTimestamp();
        while (below.Any(process => process.IsAlive) && _time.GetElapsedTime(start) < Mourning) await Task.Delay(Glance, _time);
        RunningProcess[] left = [.. below.Where(process => process.IsAlive)];
        foreach (RunningProcess process in left) process.Kill();
        return left;
    }
}

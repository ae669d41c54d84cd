using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.LightningdWallet;

/// <summary>The wallet's side of docs/foreign-wallets.md: reads one request per line, answers it, then reads the next.</summary>
internal sealed class ProtocolServer(Stream input, Stream output, WalletNode wallet)
{
    private const int CannotDo = -32601, DidNotWork = -1;

    private static readonly JsonSerializerOptions AsText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly StreamReader _requests = new(input, Utf8);
    private readonly StreamWriter _answers = new(output, Utf8) { NewLine = "\n", AutoFlush = true };

    /// <summary>Serves until it is told to stop or stdin ends.</summary>
    public async Task ServeAsync()
    {
        while (await _requests.ReadLineAsync() is { } line)
        {
            var request = (JsonObject)JsonNode.Parse(line)!;
            string method = (string)request["method"]!;
            JsonObject answer = await AnswerAsync(method, (JsonObject)request["params"]!);
            foreach (string fault in wallet.Faults()) await WriteAsync(Fault(fault));
            answer["jsonrpc"] = "2.0";
            answer["id"] = request["id"]!.DeepClone();
            await WriteAsync(answer);
            if (method == "stop") return;
        }
    }

    private async Task<JsonObject> AnswerAsync(string method, JsonObject parameters)
    {
        try
        {
            return await CallAsync(method, parameters) is { } result ? new JsonObject { ["result"] = result } : Error(CannotDo, $"the method {method}");
        }
        catch (Exception e) when (e is CommandRefusedException or IOException or TimeoutException)
        {
            return Error(DidNotWork, e.Message);
        }
    }

    /// <returns>Null if there is no such method.</returns>
    private Task<JsonObject?> CallAsync(string method, JsonObject p) => method switch
    {
        "start" => wallet.StartAsync(p),
        "stop" => wallet.StopAsync(),
        "info" => wallet.InfoAsync(),
        "connect" => wallet.ConnectAsync(p),
        "disconnect" => wallet.DisconnectAsync(p),
        "peers" => wallet.PeersAsync(),
        "get_info" => wallet.MenuAsync(p),
        "buy" => wallet.BuyAsync(p),
        "invoice" => wallet.InvoiceAsync(p),
        "hold" or "settle" or "fail" => wallet.ConductAsync(method),
        "channels" => wallet.ChannelsAsync(),
        _ => Task.FromResult<JsonObject?>(null),
    };

    private Task WriteAsync(JsonObject message) => _answers.WriteLineAsync(message.ToJsonString(AsText));

    private static JsonObject Error(int code, string message) => new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    private static JsonObject Fault(string message) =>
        new() { ["jsonrpc"] = "2.0", ["method"] = "event", ["params"] = new JsonObject { ["kind"] = "fault", ["message"] = message } };
}

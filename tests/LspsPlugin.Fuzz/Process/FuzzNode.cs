using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Rpc;

namespace LspsPlugin.Fuzz.Process;

/// <summary>The other end of lightning-rpc: a node with one offer and one purchase on record, which opens no channel.</summary>
internal sealed class FuzzNode : IRpcConnector, IJsonRpcDispatcher
{
    private readonly Dictionary<string, string> _records = new()
    {
        [$"lsps/lsps2/offers/{Samples.JitScid}"] = RecordJson.Write(new SessionRecord(Samples.Offer, null, null, null)),
        [$"lsps/lsps2/sessions/active/{Samples.JitScid}"] = RecordJson.Write(new SessionRecord(Samples.Offer, null, null, null)),
        [$"lsps/purchases/{Samples.BoughtScid}"] = Samples.Purchase,
    };

    private JsonRpcWriter? _writer;

    /// <summary>The messages that were sent to peers: who, and the body.</summary>
    public List<(string Peer, byte[] Body)> Sent { get; } = [];

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellation)
    {
        Pipe there = new(new PipeOptions(pauseWriterThreshold: 0)), back = new(new PipeOptions(pauseWriterThreshold: 0));
        _writer = new JsonRpcWriter(back.Writer);
        _ = new JsonRpcMessageHandler(there.Reader, this, JsonRpcLimits.Default with { MaxDepth = int.MaxValue }).RunAsync(cancellation);
        return new(new Duplex(back.Reader, there.Writer));
    }

    public void OnMessage(in JsonRpcEnvelope message)
    {
        var reader = new Utf8JsonReader(message.Params, new JsonReaderOptions { MaxDepth = 1000 });
        JsonElement parameters = JsonElement.ParseValue(ref reader);
        string answer = Answer(Encoding.UTF8.GetString(message.Method), parameters);
        _writer!.Write(Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{Encoding.UTF8.GetString(message.Id)}},{{answer}}}"""));
    }

    public void OnMalformed(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> id) =>
        throw new FindingException($"the node was sent something that is no request: {Encoding.UTF8.GetString(frame)}");

    private string Answer(string method, JsonElement parameters) => method switch
    {
        "getinfo" => $$""" "result":{"id":"{{Samples.Provider}}","network":"regtest","blockheight":109,"version":"v26.09"} """,
        "listconfigs" when Text(parameters, "config") is var name => $$$""" "result":{"configs":{"{{{name}}}":{"{{{(name == "fee-base" ? "value_msat" : "value_int")}}}":6} } } """,
        "listdatastore" => List(Key(parameters)),
        "datastore" => Put(Key(parameters), Text(parameters, "string")),
        "deldatastore" => _records.Remove(Key(parameters)) ? Generation(Key(parameters)) : """ "error":{"code":1200,"message":"Key does not exist"} """,
        "listpeerchannels" when parameters.EnumerateObject().Any() => """ "result":{"channels":[]} """,
        "listpeerchannels" => $$""" "result":{"channels":[{"peer_id":"{{Samples.Provider}}","peer_connected":true,"state":"CHANNELD_NORMAL","private":false,"receivable_msat":1000000000000}]} """,
        "listfunds" => """ "result":{"outputs":[],"channels":[]} """,
        "feerates" => """ "result":{"perkw":{"min_acceptable":253,"max_acceptable":75000,"opening":253,"unilateral_close":253} } """,
        "connect" => """ "error":{"code":401,"message":"All addresses failed"} """,
        "sendcustommsg" => Send(Text(parameters, "node_id"), Text(parameters, "msg")),
        _ => """ "error":{"code":-32601,"message":"Unknown command"} """,
    };

    private string Send(string peer, string message)
    {
        Sent.Add((peer, Convert.FromHexString(message)[2..]));
        return """ "result":{"status":"Message sent to connectd for delivery"} """;
    }

    private string Put(string key, string text)
    {
        _records[key] = text;
        return Generation(key);
    }

    private string List(string prefix)
    {
        IEnumerable<string> rows = _records.Where(row => row.Key.StartsWith(prefix + "/", StringComparison.Ordinal)).Select(row =>
            $$"""{"key":[{{string.Join(',', row.Key.Split('/').Select(part => $"\"{part}\""))}}],"generation":0,"string":"{{JsonEncodedText.Encode(row.Value)}}"}""");
        return $$""" "result":{"datastore":[{{string.Join(',', rows)}}]} """;
    }

    private static string Generation(string key) => $$""" "result":{"key":[{{string.Join(',', key.Split('/').Select(part => $"\"{part}\""))}}],"generation":1} """;

    private static string Key(JsonElement parameters) => string.Join('/', parameters.GetProperty("key").EnumerateArray().Select(part => part.GetString()));

    private static string Text(JsonElement parameters, string name) => parameters.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    internal sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

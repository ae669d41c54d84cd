using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Rpc;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>The lightning-rpc connection of one running node.</summary>
internal sealed class LightningRpc(string socket, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly JsonTypeInfo<JsonObject> Parameters = (JsonTypeInfo<JsonObject>)JsonSerializerOptions.Default.GetTypeInfo(typeof(JsonObject));
    private static readonly JsonTypeInfo<JsonElement> Result = (JsonTypeInfo<JsonElement>)JsonSerializerOptions.Default.GetTypeInfo(typeof(JsonElement));

    private readonly JsonRpcClient _client = new(new UnixSocketConnector(socket), "regtest", time, JsonRpcClientOptions.Default, TestBackground.Fatal);

    /// <summary>Calls a command and returns its result or error.</summary>
    public ValueTask<RpcAnswer<JsonElement>> TryAsync(string command, JsonObject? parameters = null, TimeSpan? deadline = null) =>
        _client.CallAsync(command, parameters ?? [], Parameters, Result, deadline ?? Deadline);

    /// <exception cref="CommandRefusedException">The node answered with an error.</exception>
    /// <exception cref="IOException">The node did not answer.</exception>
    public async Task<JsonObject> CallAsync(string command, JsonObject? parameters = null, TimeSpan? deadline = null)
    {
        RpcAnswer<JsonElement> answer = await TryAsync(command, parameters, deadline);
        if (answer.IsOk) return answer.Value.ValueKind == JsonValueKind.Object ? JsonObject.Create(answer.Value)! : [];
        throw answer.Error.Failure == RpcFailure.Refused
            ? new CommandRefusedException(command, answer.Error.Code, answer.Error.Message)
            : new IOException(answer.Error.Message);
    }

    public ValueTask CloseAsync() => _client.CloseAsync();
}

using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Provider.Guards;

/// <summary>
/// Checks every `close` command, whoever calls it: a paid channel is kept for its min_lifetime unless the caller forces the close (R52-12).
/// If the node does not answer in time, the close proceeds.
/// </summary>
internal sealed class LifetimeGuard(NodeClient node, TimeProvider time, HostLog log)
{
    /// <summary>The node's parameter for forcing a close of a leased channel; nothing else uses it on a channel that we opened.</summary>
    private const string Force = "force_lease_closed";

    private const int Refused = -1;

    /// <summary>Position of <see cref="Force"/> in the parameters of `close`, for positional calls.</summary>
    private const int ForceIndex = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lifetimes _lifetimes = new(node);

    public async Task OnCloseAsync(JsonElement parameters, HookCall hook, CancellationToken stopping)
    {
        string? refusal = null;
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
            refusal = await GetRejectionAsync(parameters, either.Token);
        }
        catch (OperationCanceledException)
        {
            log.Unusual("close: the promised lifetime of the channel could not be read in time; the close continues");
        }
        catch (Exception bug)
        {
            log.Bug($"close: {bug}");
        }

        if (refusal is null) hook.Continue();
        else hook.ReturnError(Refused, refusal);
    }

    private async ValueTask<string?> GetRejectionAsync(JsonElement parameters, CancellationToken stopping)
    {
        if (Text(Parameter(parameters, "id", 0)) is not { } id || await FindAsync(id, stopping) is not { } rows) return null;
        foreach (PeerChannel row in rows)
        {
            if (!ChannelStates.IsAlive(row.State) || row.ChannelId is not { } channel) continue;
            if (await _lifetimes.FindAsync(channel, stopping) is not { } promise) continue;
            var info = await node.GetInfoAsync(stopping);
            if (!info.IsOk || promise.Until(row.ShortChannelId) is { } end && end.Value <= info.Value.Blockheight) continue;
            string when = promise.Until(row.ShortChannelId) is { } until
                ? $"until height {until.Value} (now {info.Value.Blockheight})"
                : $"until it is {promise.Blocks.Value} blocks deep (its funding is not confirmed yet)";
            if (Text(Parameter(parameters, Force, ForceIndex)) is "true")
            {
                log.Unusual($"close: channel {channel} is closed by force; it was sold to {promise.Client} with the promise to keep it {when}");
                continue;
            }

            return $"channel {channel} was sold to {promise.Client} (JIT scid {promise.JitScid}) with the promise to keep it {when}. To close it anyway, set {Force}=true";
        }

        return null;
    }

    /// <summary>Returns the channels that the command may refer to; null if it names none.</summary>
    private async ValueTask<PeerChannel[]?> FindAsync(string id, CancellationToken stopping)
    {
        var found = ChannelId.TryParse(id, out ChannelId channel) ? await node.ListPeerChannelsAsync(channel, stopping)
            : NodeId.TryParse(id.AsSpan(), out NodeId peer) ? await node.ListPeerChannelsAsync(peer, stopping)
            : TryReadScid(id, out Scid scid) ? await node.ListPeerChannelsAsync(scid, stopping)
            : default(Rpc.RpcAnswer<ListPeerChannelsAnswer>?);
        return found is { IsOk: true } rows ? rows.Value.Channels : null;
    }

    /// <summary>
    /// Parses a scid like the node, which uses scanf: spaces and signs before a number are accepted, and so is anything after the third
    /// number, for example a direction.
    /// </summary>
    private static bool TryReadScid(string id, out Scid scid)
    {
        scid = default;
        if (id.Split('x', 3) is not [string block, string tx, string rest]) return false;
        string output = string.Concat(Bare(rest).TakeWhile(char.IsAsciiDigit));
        return Scid.TryParse($"{Bare(block)}x{Bare(tx)}x{output}", out scid);

        static string Bare(string number) => number.TrimStart().TrimStart('+');
    }

    private static JsonElement Parameter(JsonElement parameters, string name, int index) => parameters.ValueKind switch
    {
        JsonValueKind.Object when parameters.TryGetProperty(name, out JsonElement value) => value,
        JsonValueKind.Array when parameters.GetArrayLength() > index => parameters[index],
        _ => default,
    };

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.True ? "true" : JsonText.Of(value);
}

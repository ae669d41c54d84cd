using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Operator;

/// <summary>The lsps-liquidity command: coins and how many openings they pay for, the ways in, and the channels whose lifetime was promised.</summary>
internal static class LiquidityCommand
{
    /// <summary>How many channels each list has at most.</summary>
    private const int MostListed = 100;

    public static async Task RunAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        long? given = args.Number("channel_sat", 1, (long)ChannelSizing.Largest.Value);
        if (args.Reject(call)) return;
        Sat channel = given is { } asked ? new Sat((ulong)asked) : UsualChannel.Of(desk.Provider).Size;
        (LiquidityView? view, string? problem) = await LiquidityView.ReadAsync(desk.Node, desk.Stopping);
        if (view is null)
        {
            call.Error(OperatorDesk.Refused, $"the node does not answer: {problem}; see its log, and try again");
            return;
        }

        (IReadOnlyList<Lifetime>? promises, problem) = await new Lifetimes(desk.Node).ListAsync(desk.Stopping);
        if (promises is null)
        {
            call.Error(OperatorDesk.Refused, $"the node does not answer: {problem}; see its log, and try again");
            return;
        }

        call.Result(json =>
        {
            WriteCoins(json, view, channel);
            WriteWaysIn(json, view);
            WriteSold(json, view, promises, desk.Registry.Height);
        });
    }

    private static void WriteCoins(Utf8JsonWriter json, LiquidityView view, Sat channel)
    {
        Sat needs = view.Needs(channel);
        json.WriteNumber("channel_msat"u8, channel.ToMsat().Value);
        if (view.Fees is { } fees) json.WriteNumber("opening_cost_msat"u8, fees.CostOfOpening().ToMsat().Value);
        json.WriteNumber("openings_left"u8, view.OpeningsLeft(channel));
        json.WriteNumber("kept_msat"u8, view.Keeps.ToMsat().Value);
        json.WriteStartObject("coins"u8);
        Write("large_enough", view.Free.Where(coin => LiquidityView.ValueOf(coin) >= needs));
        Write("too_small", view.Free.Where(coin => LiquidityView.ValueOf(coin) < needs));
        Write("reserved", view.Reserved);
        Write("unconfirmed", view.Waiting);
        json.WriteEndObject();

        void Write(string name, IEnumerable<FundsOutput> coins)
        {
            json.WriteStartObject(name);
            json.WriteNumber("count"u8, coins.Count());
            json.WriteNumber("total_msat"u8, coins.Aggregate(0UL, static (sum, coin) => unchecked(sum + (coin.AmountMsat ?? Msat.Zero).Value)));
            json.WriteEndObject();
        }
    }

    private static void WriteWaysIn(Utf8JsonWriter json, LiquidityView view)
    {
        PeerChannel[] ways = [.. view.WaysIn.OrderByDescending(static way => way.ReceivableMsat ?? Msat.Zero)];
        json.WriteStartObject("ways_in"u8);
        json.WriteNumber("count"u8, ways.Length);
        json.WriteNumber("receivable_msat"u8, ways.Where(static way => way.PeerConnected).Aggregate(0UL, static (sum, way) => unchecked(sum + (way.ReceivableMsat ?? Msat.Zero).Value)));
        json.WriteStartArray("channels"u8);
        foreach (PeerChannel way in ways.Take(MostListed))
        {
            json.WriteStartObject();
            json.WriteString("peer_id"u8, way.PeerId.ToString());
            if (way.ShortChannelId is { } scid) json.WriteString("short_channel_id"u8, scid.ToString());
            json.WriteBoolean("peer_connected"u8, way.PeerConnected);
            json.WriteNumber("receivable_msat"u8, (way.ReceivableMsat ?? Msat.Zero).Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Lists the channels that must be kept, those first that may be closed first.</summary>
    private static void WriteSold(Utf8JsonWriter json, LiquidityView view, IReadOnlyList<Lifetime> promises, BlockHeight height)
    {
        Dictionary<ChannelId, PeerChannel> rows = view.Channels.Where(static row => row.ChannelId is not null).GroupBy(static row => row.ChannelId!.Value).ToDictionary(static group => group.Key, static group => group.First());
        var kept = promises.Select(promise => (Promise: promise, Row: rows.GetValueOrDefault(promise.Channel)))
            .Select(static one => (one.Promise, one.Row, Until: one.Promise.Until(one.Row?.ShortChannelId)))
            .OrderBy(static one => one.Until?.Value ?? uint.MaxValue)
            .ToArray();
        json.WriteStartObject("sold"u8);
        json.WriteNumber("count"u8, kept.Length);
        json.WriteStartArray("channels"u8);
        foreach ((Lifetime promise, PeerChannel? row, BlockHeight? until) in kept.Take(MostListed))
        {
            json.WriteStartObject();
            json.WriteString("channel_id"u8, promise.Channel.ToString());
            json.WriteString("client_id"u8, promise.Client.ToString());
            json.WriteString("jit_channel_scid"u8, promise.JitScid.ToString());
            if (row is not null)
            {
                json.WriteString("state"u8, row.State);
                json.WriteBoolean("peer_connected"u8, row.PeerConnected);
                if (row.TotalMsat is { } total) json.WriteNumber("capacity_msat"u8, total.Value);
                if (row.ToUsMsat is { } ours) json.WriteNumber("to_us_msat"u8, ours.Value);
            }

            json.WriteNumber("min_lifetime"u8, promise.Blocks.Value);
            if (until is { } end)
            {
                json.WriteNumber("kept_until_height"u8, end.Value);
                json.WriteNumber("blocks_left"u8, end > height ? end.Value - height.Value : 0);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

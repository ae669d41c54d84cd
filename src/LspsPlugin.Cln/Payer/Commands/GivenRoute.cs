using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>
/// Reads the route of sendpartialpay: hops as sendpay takes and getroute returns them, or a route of getroutes. A route that does not join is refused with the
/// hop and what is wrong with it, because otherwise a node on the way would fail the part, and the caller would blame that node.
/// </summary>
internal sealed class GivenRoute
{
    /// <summary>An onion has no room for more.</summary>
    private const int MostHops = 20;

    private string? _problem;

    private GivenRoute()
    {
    }

    /// <summary>Reads a route. Its delays get <see cref="PaymentTerms.Reserve"/>.</summary>
    /// <param name="given">The argument.</param>
    /// <param name="self">This node, at which the route begins; null if it is not known yet.</param>
    /// <returns>The route, or what is wrong with it.</returns>
    public static (Route? Route, string? Problem) Read(JsonElement given, NodeId? self)
    {
        var reader = new GivenRoute();
        Route? route = reader.ReadAny(Parsed(given), self);
        return reader._problem is { } problem ? (null, problem) : (route, null);
    }

    /// <summary>lightning-cli may pass a list as text.</summary>
    private static JsonElement Parsed(JsonElement given)
    {
        if (JsonText.Of(given) is not { } text) return given;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return given;
        }
    }

    private static bool Has(JsonElement of, string member, out JsonElement value)
    {
        value = default;
        return of.ValueKind == JsonValueKind.Object && of.TryGetProperty(member, out value);
    }

    private Route? ReadAny(JsonElement given, NodeId? self)
    {
        if (Has(given, "routes", out JsonElement routes))
        {
            if (routes.ValueKind != JsonValueKind.Array || routes.GetArrayLength() != 1) return Wrong<Route>("route must be one route: send each route of getroutes as a part of its own");
            given = routes[0];
        }

        (Msat? delivered, uint? final) = (null, null);
        if (Has(given, "path", out JsonElement path))
        {
            (delivered, final, given) = (Amount(given, "amount_msat", "route"), Blocks(given, "final_cltv", "route"), path);
        }
        else if (Has(given, "route", out JsonElement list))
        {
            given = list;
        }

        if (given.ValueKind != JsonValueKind.Array) return Wrong<Route>("route must be a list of hops as sendpay takes it, or a route of getroutes");
        JsonElement[] items = [.. given.EnumerateArray()];
        if (items.Length is 0 or > MostHops) return Wrong<Route>($"route must have 1 to {MostHops} hops");
        bool isFound = Has(items[0], "short_channel_id_dir", out _);
        var hops = new List<RouteHop>();
        for (int i = 0; i < items.Length && _problem is null; i++)
        {
            NodeId? from = i == 0 ? self : hops[^1].To;
            string name = $"route[{i}]";
            RouteHop? hop = isFound ? Found(items, i, name, delivered, final) : SendPay(items[i], name, hops.LastOrDefault(), from);
            if (hop is null) return null;
            Check(hop, hops.LastOrDefault(), from, name);
            hops.Add(hop with { DelayIn = hop.DelayIn + PaymentTerms.Reserve, DelayOut = hop.DelayOut + PaymentTerms.Reserve });
        }

        if (_problem is not null) return null;
        if (hops[^1].To == self) return Wrong<Route>("route must not end at this node itself");
        if (hops[0].DelayIn.Value > PaymentTerms.LongestDelay.Value) return Wrong<Route>($"route[0]: a part must not be locked for more than {PaymentTerms.LongestDelay.Value - PaymentTerms.Reserve.Value} blocks");
        return delivered is { } said && said != hops[^1].AmountOut ? Wrong<Route>($"route: amount_msat is {said.Value}, and the last hop delivers {hops[^1].AmountOut.Value}") : new Route([.. hops]);
    }

    /// <summary>A hop of sendpay says only what its channel carries.</summary>
    private RouteHop? SendPay(JsonElement item, string name, RouteHop? before, NodeId? from)
    {
        if (item.ValueKind != JsonValueKind.Object) return Wrong<RouteHop>($"{name} must be an object with id, channel, amount_msat and delay");
        if (Node(item, "id", name) is not { } to || Amount(item, "amount_msat", name) is not { } amount || Blocks(item, "delay", name) is not { } delay) return null;
        if (!Scid.TryParse(Text(item, "channel"), out Scid channel)) return Wrong<RouteHop>($"{name}.channel must be BLOCKxTXxOUTPUT");
        int computed = from is { } known ? ChannelDirection.Of(known, to) : 0;
        if (!Has(item, "direction", out JsonElement given)) return Hop(computed);
        return given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out int direction) && direction is 0 or 1 ? Hop(direction) : Wrong<RouteHop>($"{name}.direction must be 0 or 1");

        RouteHop Hop(int direction) => new(channel, direction, to, before?.AmountOut ?? amount, amount, before is null ? new BlockCount(delay) : Without(before.DelayOut), new BlockCount(delay));
    }

    /// <summary>A hop of getroutes says what enters its channel and what leaves it; before v26.06 the next hop or the route says what leaves it.</summary>
    private RouteHop? Found(JsonElement[] items, int at, string name, Msat? delivered, uint? final)
    {
        JsonElement item = items[at];
        if (!ChannelDirection.TryRead(Text(item, "short_channel_id_dir") ?? "", out Scid channel, out int direction)) return Wrong<RouteHop>($"{name}.short_channel_id_dir must be BLOCKxTXxOUTPUT/0 or /1");
        bool isNew = Has(item, "amount_out_msat", out _);
        if (Node(item, isNew ? "node_id_out" : "next_node_id", name) is not { } to) return null;
        if (Amount(item, isNew ? "amount_in_msat" : "amount_msat", name) is not { } amountIn || Blocks(item, isNew ? "cltv_in" : "delay", name) is not { } delayIn) return null;
        bool isLast = at == items.Length - 1;
        if (!isNew && isLast && (delivered is null || final is null)) return Wrong<RouteHop>($"{name} does not say what it delivers: give the whole route of getroutes, with amount_msat and final_cltv");
        Msat? amountOut = isNew ? Amount(item, "amount_out_msat", name) : isLast ? delivered : Amount(items[at + 1], "amount_msat", $"route[{at + 1}]");
        uint? delayOut = isNew ? Blocks(item, "cltv_out", name) : isLast ? final : Blocks(items[at + 1], "delay", $"route[{at + 1}]");
        return amountOut is { } amount && delayOut is { } delay ? new RouteHop(channel, direction, to, amountIn, amount, new BlockCount(delayIn), new BlockCount(delay)) : null;
    }

    /// <summary>Whether a hop joins the one before it. The delays of <paramref name="before"/> have their reserve already.</summary>
    private void Check(RouteHop hop, RouteHop? before, NodeId? from, string name)
    {
        if (hop.AmountOut == Msat.Zero) Wrong($"{name} carries nothing");
        else if (hop.AmountIn > Msat.AllMoney) Wrong($"{name} carries more than all bitcoin that there can be");
        else if (hop.AmountOut > hop.AmountIn) Wrong($"{name} carries more than arrives before it: {hop.AmountOut.Value} of {hop.AmountIn.Value} msat");
        else if (hop.DelayOut > hop.DelayIn) Wrong($"{name} has more blocks than the hop before it: {hop.DelayOut.Value} of {hop.DelayIn.Value}");
        else if (before is not null && hop.AmountIn != before.AmountOut) Wrong($"{name} does not join: {before.AmountOut.Value} msat arrive before it, and it takes {hop.AmountIn.Value}");
        else if (before is not null && hop.DelayIn != Without(before.DelayOut)) Wrong($"{name} does not join: {Without(before.DelayOut).Value} blocks arrive before it, and it takes {hop.DelayIn.Value}");
        else if (from is { } node && node == hop.To) Wrong($"{name} leads from a node to itself");
        else if (from is { } begin && hop.Direction != ChannelDirection.Of(begin, hop.To)) Wrong($"{name} has the wrong direction: {hop.Channel} leads from {begin} to {hop.To} in direction {ChannelDirection.Of(begin, hop.To)}");
    }

    private static BlockCount Without(BlockCount reserved) => new(reserved.Value - PaymentTerms.Reserve.Value);

    private static string? Text(JsonElement of, string member) => Has(of, member, out JsonElement value) ? JsonText.Of(value) : null;

    private NodeId? Node(JsonElement of, string member, string name) =>
        NodeId.TryParse(Text(of, member).AsSpan(), out NodeId id) && id.IsOnCurve() ? id : WrongValue<NodeId>($"{name}.{member} must be a node id (66 hex digits of a public key)");

    private Msat? Amount(JsonElement of, string member, string name) =>
        Has(of, member, out JsonElement value) && AmountText.Read(JsonText.Of(value) ?? JsonText.AsGiven(value)) is { } amount ? amount : WrongValue<Msat>($"{name}.{member} must be an amount in msat");

    private uint? Blocks(JsonElement of, string member, string name) => Has(of, member, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out uint blocks) && blocks <= PaymentTerms.LongestDelay.Value
        ? blocks
        : WrongValue<uint>($"{name}.{member} must be a number of blocks, at most {PaymentTerms.LongestDelay.Value}");

    private void Wrong(string problem) => _problem ??= problem;

    private T? Wrong<T>(string problem)
        where T : class
    {
        Wrong(problem);
        return null;
    }

    private T? WrongValue<T>(string problem)
        where T : struct
    {
        Wrong(problem);
        return null;
    }
}

using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer.Routes;

/// <summary>
/// Routes by askrene. Each payment has a layer of its own, with the route hints of its invoice (JIT channels among them) and what its failed parts taught. It is
/// made for the first search and removed when the payment is over.
/// </summary>
internal sealed class ClnRoutes(NodeClient node, NodeId self, Func<BlockHeight> height, HostLog log, Background background) : IRouteSource
{
    /// <summary>What the names of our layers begin with; the payment hash follows.</summary>
    private const string Prefix = "lsps-payer-";

    /// <summary>The layer in which the node's own pay command keeps what it learned.</summary>
    private const string Xpay = "xpay";

    /// <summary>A hint says nothing of its channel's capacity. With this many times the amount it is likely to carry it.</summary>
    private const ulong HintFactor = 100;

    /// <summary>The lessons that each layer has.</summary>
    private readonly Dictionary<string, HashSet<Lesson>> _layers = [];
    private bool _hasXpay;

    /// <summary>The layers that askrene makes up, and that a caller may name. auto.include_fees is not one of them: the receiver would pay the fees.</summary>
    public static IReadOnlyList<string> AutoLayers { get; } = ["auto.localchans", "auto.sourcefree"];

    /// <summary>Removes the layers of earlier payments.</summary>
    /// <returns>Null on success, else the problem.</returns>
    public async ValueTask<string?> StartAsync()
    {
        var listed = await node.ListLayersAsync(null, background.Stopping);
        if (!listed.IsOk) return $"askrene-listlayers: {listed.Error}";
        _hasXpay = listed.Value.Layers.Any(static row => row.Layer == Xpay);
        foreach (LayerRow row in listed.Value.Layers.Where(static row => row.Layer.StartsWith(Prefix, StringComparison.Ordinal))) await node.RemoveLayerAsync(row.Layer, background.Stopping);
        return null;
    }

    /// <summary>Returns why a caller's layer cannot be used; null if it can, or if the node does not answer: then the search will tell.</summary>
    public async ValueTask<string?> ProblemOfAsync(string layer)
    {
        if (AutoLayers.Contains(layer)) return null;
        if (layer.StartsWith("auto.", StringComparison.Ordinal)) return $"layers: {layer} cannot be used here; of the automatic layers only {string.Join(" and ", AutoLayers)} can";
        var listed = await node.ListLayersAsync(layer, background.Stopping);
        bool isUnknown = listed.IsOk ? !listed.Value.Layers.Any(row => row.Layer == layer) : listed.Error is { Failure: RpcFailure.Refused, Code: NodeCodes.InvalidParams };
        return isUnknown ? $"layers: the node has no layer '{layer}': create it with askrene-create-layer" : null;
    }

    public async ValueTask<PaymentInput> FindRoutesAsync(PaymentTerms terms, FindRoutes find, CancellationToken stopping)
    {
        string layer = LayerOf(terms);

        // A layer forgets nothing: one that knows a lesson which does not count any more is made again.
        if (_layers.TryGetValue(layer, out HashSet<Lesson>? known) && !known.IsSubsetOf(find.Lessons)) _layers.Remove(layer);
        if (await PrepareAsync(terms, layer, stopping) is { } unprepared) return new RouteSearchFailed(unprepared);
        if (await LearnAsync(layer, find, stopping) is { } unlearned) return new RouteSearchFailed(unlearned);
        BlockHeight from = height();
        var found = await node.GetRoutesAsync(
            new GetRoutesParams(
                self,
                terms.RouteEnd,
                find.Amount,
                [.. AutoLayers, .. _hasXpay ? [Xpay] : (string[])[], .. terms.Layers.Except(AutoLayers).Except([Xpay]), layer],
                find.MaxFee,
                terms.FinalCltv.Value + PaymentTerms.Slack.Value + 1,
                Math.Min(terms.MaxDelay.Value, PaymentTerms.LongestDelay.Value),
                (uint)find.MaxParts),
            stopping);
        if (found.IsOk) return Read(found.Value) is { } routes ? new RoutesFound([.. routes], from) : new RouteSearchFailed("getroutes returned routes of an unknown form");
        RpcError error = found.Error;
        if (error.Failure == RpcFailure.Refused && error.Code is NodeCodes.RouteNotFound or NodeCodes.RouteTooExpensive) return new NoRouteFound(error.Code == NodeCodes.RouteTooExpensive, error.ToString());

        // A plugin of the node that was started again has forgotten the layers.
        if (error.Code == NodeCodes.InvalidParams) _layers.Remove(layer);
        return new RouteSearchFailed($"getroutes: {error}");
    }

    public void Forget(PaymentTerms terms)
    {
        string layer = LayerOf(terms);
        if (_layers.Remove(layer)) background.Start($"removing the layer {layer}", RemoveAsync(layer));
    }

    private static string LayerOf(PaymentTerms terms) => $"{Prefix}{terms.Hash}";

    private async Task RemoveAsync(string layer)
    {
        var removed = await node.RemoveLayerAsync(layer, background.Stopping);
        if (!removed.IsOk) log.Debug($"payer: the layer {layer} stays until the next start: {removed.Error}");
    }

    /// <summary>Makes the layer with the route hints, unless it is there.</summary>
    private async ValueTask<string?> PrepareAsync(PaymentTerms terms, string layer, CancellationToken stopping)
    {
        if (_layers.ContainsKey(layer)) return null;
        var made = await node.CreateLayerAsync(layer, stopping);
        if (made is { IsOk: false, Error: { Failure: RpcFailure.Refused, Code: NodeCodes.InvalidParams } })
        {
            // An earlier call made it, and it may lack some hints.
            await node.RemoveLayerAsync(layer, stopping);
            made = await node.CreateLayerAsync(layer, stopping);
        }

        if (!made.IsOk) return $"askrene-create-layer: {made.Error}";
        foreach (PrivateChannel channel in ChannelsOf(terms))
        {
            if (await AddAsync(layer, terms, channel, stopping) is { } problem) return problem;
        }

        _layers[layer] = [];
        return null;
    }

    /// <summary>The channels of the invoice, each once. Our own are known better, and a channel of a node with itself is none.</summary>
    private IEnumerable<PrivateChannel> ChannelsOf(PaymentTerms terms) => terms.Hints
        .SelectMany(route => route.Select((hop, i) => PrivateChannel.Of(hop, i + 1 < route.Count ? route[i + 1].Node : terms.Destination)))
        .Where(channel => channel.From != channel.To && channel.From != self)
        .DistinctBy(static channel => (channel.Scid, ChannelDirection.Of(channel.From, channel.To)))
        .Concat(terms.Paths.Select((path, i) => PrivateChannel.Of(path, i, terms)));

    private async ValueTask<string?> AddAsync(string layer, PaymentTerms terms, PrivateChannel channel, CancellationToken stopping)
    {
        UInt128 most = ((UInt128)terms.Amount.Value + terms.MaxFee.Value) * (HintFactor + channel.Preference);
        var capacity = new Msat((ulong)UInt128.Min(most, Msat.AllMoney.Value));
        var made = await node.CreateChannelAsync(new CreateChannelParams(layer, channel.From, channel.To, channel.Scid, capacity), stopping);

        // Two hints may name both directions of one channel.
        if (!IsCarriedOutOrUnfit(made)) return $"askrene-create-channel: {made.Error}";
        var updated = await node.UpdateChannelAsync(
            new UpdateChannelParams(
                layer,
                ChannelDirection.Text(channel.Scid, ChannelDirection.Of(channel.From, channel.To)),
                Enabled: true,
                channel.HtlcMinimum,
                channel.HtlcMaximum is { } maximum && maximum < capacity ? maximum : capacity,
                new Msat(channel.FeeBase),
                channel.FeeProportional.Value,
                channel.CltvExpiryDelta),
            stopping);
        return IsCarriedOutOrUnfit(updated) ? null : $"askrene-update-channel: {updated.Error}";
    }

    /// <summary>Whether a call need not be repeated. What askrene cannot use it refuses with this one code; with others it is away, and without the hint there may be no route.</summary>
    private static bool IsCarriedOutOrUnfit(RpcAnswer<JsonElement> answer) => answer is { IsOk: true } or { Error: { Failure: RpcFailure.Refused, Code: NodeCodes.InvalidParams } };

    /// <summary>Tells the layer what it does not know yet. The node refuses what it cannot use, and the search goes on without it.</summary>
    private async ValueTask<string?> LearnAsync(string layer, FindRoutes find, CancellationToken stopping)
    {
        foreach (Lesson lesson in find.Lessons)
        {
            if (!_layers.TryGetValue(layer, out HashSet<Lesson>? known) || known.Contains(lesson)) continue;
            RpcAnswer<JsonElement> told = lesson switch
            {
                ChannelConstrained l => await node.InformChannelAsync(new InformChannelParams(layer, ChannelDirection.Text(l.Channel, l.Direction), l.Amount, "constrained"), stopping),
                ChannelExcluded l => await node.UpdateChannelAsync(new UpdateChannelParams(layer, ChannelDirection.Text(l.Channel, l.Direction), Enabled: false), stopping),
                NodeExcluded l => await node.DisableNodeAsync(new DisableNodeParams(layer, l.Node), stopping),
                _ => throw new InvalidOperationException($"no way to learn {lesson}"),
            };
            if (!IsCarriedOutOrUnfit(told)) return $"a lesson could not be told: {told.Error}";
            known.Add(lesson);
        }

        return null;
    }

    private static List<Route>? Read(GetRoutesAnswer found)
    {
        var routes = new List<Route>();
        foreach (FoundRoute route in found.Routes)
        {
            var hops = new List<RouteHop>();
            for (int i = 0; i < route.Path.Length; i++)
            {
                FoundHop hop = route.Path[i];
                FoundHop? next = i + 1 < route.Path.Length ? route.Path[i + 1] : null;

                // Before v26.06 a hop says only what enters it; what leaves it enters the next.
                Msat? amountIn = hop.AmountInMsat ?? hop.AmountMsat, amountOut = hop.AmountOutMsat ?? (next is null ? route.AmountMsat : next.AmountMsat);
                uint? delayIn = hop.CltvIn ?? hop.Delay, delayOut = hop.CltvOut ?? (next is null ? route.FinalCltv : next.Delay);
                if (!ChannelDirection.TryRead(hop.ShortChannelIdDir, out Scid channel, out int direction) || (hop.NodeIdOut ?? hop.NextNodeId) is not { } to) return null;
                if (amountIn is null || amountOut is null || delayIn is null || delayOut is null) return null;
                hops.Add(new RouteHop(channel, direction, to, amountIn.Value, amountOut.Value, new BlockCount(delayIn.Value), new BlockCount(delayOut.Value)));
            }

            routes.Add(new Route([.. hops]));
        }

        return routes;
    }
}

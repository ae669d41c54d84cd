using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>
/// The command getroutes, with a search of its own: the cheapest path for the whole amount, else for the largest part that some path carries, and
/// so on. The node solves the whole set at once and weighs fees against probability; the form of its answer and its errors are the same.
/// </summary>
internal sealed class SimRoutes(SimNode node)
{
    private const int NotFound = 205, TooExpensive = 206, UserError = 217;
    private const uint MostDelay = 2016, UsualParts = 100;
    private const string NoPaths = "We could not find a usable set of paths.";

    private readonly Dictionary<SimDirection, ulong> _used = [];

    /// <param name="Deliver">What arrives.</param>
    private sealed record Flow(IReadOnlyList<SimEdge> Path, ulong Deliver)
    {
        /// <summary>What goes into each edge; the last item is what arrives.</summary>
        public ulong[] Amounts { get; } = AmountsOf(Path, Deliver);

        public ulong Fee => Amounts[0] - Deliver;

        public ulong Delay => Path.Aggregate(0UL, static (sum, edge) => sum + edge.Delay);

        private static ulong[] AmountsOf(IReadOnlyList<SimEdge> path, ulong deliver)
        {
            ulong[] amounts = new ulong[path.Count + 1];
            amounts[^1] = deliver;
            for (int i = path.Count - 1; i >= 0; i--) amounts[i] = amounts[i + 1] + path[i].Fee(amounts[i + 1]);
            return amounts;
        }
    }

    public JsonObject Get(JsonObject p)
    {
        p.Only("source", "destination", "amount_msat", "layers", "maxfee_msat", "final_cltv", "maxdelay", "maxparts");
        NodeId source = p.Node("source"), destination = p.Node("destination");
        Msat amount = p.Amount("amount_msat");
        string[] layers = [.. p.List("layers").Select(name => Layer(name))];
        Msat maxFee = p.Amount("maxfee_msat");
        uint finalCltv = p.U32("final_cltv"), maxDelay = p.U32("maxdelay", MostDelay), maxParts = p.U32("maxparts", UsualParts);
        if (amount == Msat.Zero) throw new SimRpcException(SimParams.InvalidParams, "amount must be non-zero");
        if (maxDelay > MostDelay) throw new SimRpcException(UserError, $"maximum delay allowed is {MostDelay}");
        if (layers.Contains(SimMap.NoMpp)) maxParts = 1;
        var map = new SimMap(node, source, layers);
        if (!map.Knows(source)) throw new SimRpcException(NotFound, $"Unknown source node {source}");
        if (!map.Knows(destination)) throw new SimRpcException(NotFound, $"Unknown destination node {destination}");
        List<Flow> flows = Solve(map, source, destination, amount.Value, maxParts, byDelay: false);
        if (flows.Max(static flow => flow.Delay) + finalCltv > maxDelay) flows = Solve(map, source, destination, amount.Value, maxParts, byDelay: true);
        if (flows.Aggregate(0UL, static (sum, flow) => sum + flow.Fee) > maxFee.Value) throw new SimRpcException(TooExpensive, "Could not find route without excessive cost");
        if (flows.Max(static flow => flow.Delay) + finalCltv > maxDelay) throw new SimRpcException(TooExpensive, "Could not find route without excessive delays");
        _used.Clear();
        var probability = 1.0;
        foreach (Flow flow in flows) probability *= Probability(flow, use: true);
        _used.Clear();
        return new JsonObject
        {
            ["probability_ppm"] = (ulong)(probability * 1_000_000),
            ["routes"] = new JsonArray([.. flows.Select(flow => (JsonNode)Route(flow, finalCltv))]),
        };
    }

    private string Layer(JsonNode? name)
    {
        string text = name is JsonValue value && value.TryGetValue(out string? said) ? said : throw SimParams.Bad("layers", "should be a string", name);
        return text is SimMap.LocalChannels or SimMap.SourceFree or SimMap.IncludeFees or SimMap.NoMpp || node.Paying.Layers.Find(text) is not null ? text : throw SimParams.Bad("layers", "unknown layer", name);
    }

    private List<Flow> Solve(SimMap map, NodeId source, NodeId destination, ulong amount, uint maxParts, bool byDelay)
    {
        _used.Clear();
        var flows = new List<Flow>();
        for (ulong left = amount; left > 0;)
        {
            if (flows.Count == maxParts) throw new SimRpcException(NotFound, $"{NoPaths} More than {maxParts} parts would be needed.");
            Flow flow = Largest(map, source, destination, left, byDelay) ?? throw new SimRpcException(NotFound, Explain(map, source, destination, amount));
            Use(flow);
            flows.Add(flow);
            left -= flow.Deliver;
        }

        return flows;
    }

    /// <summary>Returns the path for the largest amount up to <paramref name="most"/> that one path carries.</summary>
    private Flow? Largest(SimMap map, NodeId source, NodeId destination, ulong most, bool byDelay)
    {
        const int Steps = 20;
        if (Cheapest(map, source, destination, most, byDelay) is { } whole) return whole;
        ulong low = 0, high = most;
        Flow? best = null;
        for (int i = 0; i < Steps && high - low > 1000; i++)
        {
            ulong middle = (low / 2) + (high / 2);
            if (Cheapest(map, source, destination, middle, byDelay) is { } found) (best, low) = (found, middle);
            else high = middle;
        }

        return best;
    }

    /// <summary>Searches from the destination backwards, because a hop's fee depends on what it forwards.</summary>
    private Flow? Cheapest(SimMap map, NodeId source, NodeId destination, ulong amount, bool byDelay)
    {
        var best = new Dictionary<NodeId, (ulong Amount, ulong Delay, int Hops, SimEdge? Via)> { [destination] = (amount, 0, 0, null) };
        var done = new HashSet<NodeId>();
        while (true)
        {
            (NodeId Id, (ulong Amount, ulong Delay, int Hops, SimEdge? Via) At)[] open = [.. best.Where(pair => !done.Contains(pair.Key)).Select(static pair => (pair.Key, pair.Value))];
            if (open.Length == 0) return null;
            (NodeId here, (ulong Amount, ulong Delay, int Hops, SimEdge? Via) at) = open.MinBy(item => Cost(item.At.Amount, item.At.Delay, item.At.Hops));
            if (here == source) break;
            done.Add(here);
            foreach (SimEdge edge in map.Edges.Where(edge => edge.To == here && !done.Contains(edge.From)))
            {
                if (!edge.IsUsable) continue;
                if (!edge.Carries(at.Amount, _used.GetValueOrDefault(edge.Channel))) continue;
                (ulong Amount, ulong Delay, int Hops, SimEdge? Via) next = (at.Amount + edge.Fee(at.Amount), at.Delay + edge.Delay, at.Hops + 1, edge);
                if (best.TryGetValue(edge.From, out var known) && Cost(known.Amount, known.Delay, known.Hops).CompareTo(Cost(next.Amount, next.Delay, next.Hops)) <= 0) continue;
                best[edge.From] = next;
            }
        }

        var path = new List<SimEdge>();
        for (NodeId from = source; best[from].Via is { } via; from = via.To) path.Add(via);
        return path.Count == 0 ? null : new Flow(path, amount);

        (ulong, ulong, int) Cost(ulong msat, ulong delay, int hops) => byDelay ? (delay, msat, hops) : (msat, delay, hops);
    }

    private void Use(Flow flow)
    {
        for (int i = 0; i < flow.Path.Count; i++) _used[flow.Path[i].Channel] = _used.GetValueOrDefault(flow.Path[i].Channel) + flow.Amounts[i + 1];
    }

    private double Probability(Flow flow, bool use = false)
    {
        double probability = 1;
        for (int i = 0; i < flow.Path.Count; i++) probability *= flow.Path[i].Probability(flow.Amounts[i + 1], _used.GetValueOrDefault(flow.Path[i].Channel));
        if (use) Use(flow);
        return probability;
    }

    private JsonObject Route(Flow flow, uint finalCltv)
    {
        var path = new JsonArray();
        uint cltv = finalCltv + (uint)flow.Delay;
        for (int i = 0; i < flow.Path.Count; i++)
        {
            SimEdge edge = flow.Path[i];
            path.Add(new JsonObject
            {
                ["short_channel_id_dir"] = edge.Channel.ToString(),
                ["node_id_in"] = edge.From.ToString(),
                ["node_id_out"] = edge.To.ToString(),
                ["amount_in_msat"] = flow.Amounts[i],
                ["amount_out_msat"] = flow.Amounts[i + 1],
                ["cltv_in"] = cltv,
                ["cltv_out"] = cltv - edge.Delay,

                // The names of before v26.06, which the node still gives beside the new ones.
                ["next_node_id"] = edge.To.ToString(),
                ["amount_msat"] = flow.Amounts[i],
                ["delay"] = cltv,
            });
            cltv -= edge.Delay;
        }

        return new JsonObject { ["probability_ppm"] = (ulong)(Probability(flow) * 1_000_000), ["amount_msat"] = flow.Deliver, ["final_cltv"] = finalCltv, ["path"] = path };
    }

    /// <summary>Says why there is no path, for the causes that come first in the node's own explanation (explain_failure).</summary>
    private string Explain(SimMap map, NodeId source, NodeId destination, ulong amount)
    {
        _used.Clear();
        foreach ((string end, SimEdge[] edges) in new[] { ("source", map.Edges.Where(edge => edge.From == source).ToArray()), ("destination", map.Edges.Where(edge => edge.To == destination).ToArray()) })
        {
            ulong total = Sum(edges), enabled = Sum(edges.Where(static edge => edge.IsUsable));
            if (amount > total) return $"{NoPaths} Total {end} capacity is only {total}msat (in {edges.Length} channels).";
            if (amount > enabled && enabled == 0) return $"{NoPaths} All {edges.Length} channels to the {end} are disabled.";
            if (amount > enabled) return $"{NoPaths} {edges.Count(static edge => !edge.IsUsable)} of {edges.Length} channels to {end} are disabled, leaving capacity only {enabled}msat of {total}msat.";
        }

        return $"{NoPaths} No path carries {amount}msat.";

        static ulong Sum(IEnumerable<SimEdge> edges) => edges.Aggregate(0UL, static (sum, edge) => sum + edge.Capacity.Value);
    }
}

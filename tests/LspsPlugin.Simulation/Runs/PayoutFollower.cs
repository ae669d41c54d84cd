using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>A program that learns of all payments by asking for the changes after the last one that it saw (docs/paying.md).</summary>
internal sealed class PayoutFollower(SimRandom draw, JitWorld world, Func<bool> isCalm)
{
    private readonly Dictionary<string, string> _seen = [];
    private ulong _next = 1;

    /// <summary>Asks now and then, until the run is over.</summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(isCalm() ? 300 : draw.Pick(1, 20))), world.Network.Time);
            try
            {
                await AskAsync();
            }
            catch (SimRpcException)
            {
                // The plugin or the node is away, or the records cannot be read now.
            }
        }
    }

    /// <summary>Returns a payment of whose end it has not heard; null if there is none.</summary>
    public async Task<string?> MissedAsync(IEnumerable<Payout> payouts)
    {
        while (await AskAsync() > 0)
        {
        }

        Payout? missed = payouts.FirstOrDefault(payout => payout.HasBegun && !(_seen.TryGetValue(payout.Id, out string? status) && status is "succeeded" or "failed"));
        return missed is null ? null : $"a program that follows the updated index saw {missed.Id} last as {_seen.GetValueOrDefault(missed.Id, "nothing")}";
    }

    private async Task<int> AskAsync()
    {
        JsonObject told = await Payout.AskAsync(world, "listpayments", new JsonObject { ["index"] = "updated", ["start"] = _next, ["limit"] = draw.Pick(1, 2, 100) });
        JsonArray payments = told["payments"]!.AsArray();
        foreach (JsonNode? payment in payments)
        {
            _seen[(string)payment!["payment_id"]!] = (string)payment["status"]!;
            _next = (ulong)payment["updated_index"]! + 1;
        }

        return payments.Count;
    }
}

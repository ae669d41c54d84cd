using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>An operator in the storm: looks at everything, cancels offers, repeats what waits, pauses the sale and resumes it.</summary>
internal sealed class StormOperator(SimRandom draw, StormPlan plan, JitWorld world, StormTally tally, StormFollower follower, Func<bool> isCalm)
{
    private static readonly string[] Looks = ["lsps-listsessions", "lsps-clients", "lsps-liquidity", "lsps-checkup", "lsps-listalerts", "lsps-status"];

    public async Task RunAsync()
    {
        // In a fair storm every payment that nothing prevents must arrive.
        if (plan.IsFair || !draw.Chance(0.2)) return;
        while (!isCalm())
        {
            await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(draw.Pick(0.5, 5.0, 40.0))), world.Network.Time);
            if (isCalm() || !world.IsUp(world.Provider)) continue;
            await ActAsync();
        }
    }

    private async Task ActAsync()
    {
        if (draw.Chance(0.3)) await FollowAsync();
        else if (draw.Chance(0.4)) await AskAsync(draw.Pick(Looks), []);
        else if (draw.Chance(0.4)) await AskAsync("lsps-retry", []);
        else if (draw.Chance(0.3)) await AskAsync(draw.Pick("lsps-pause", "lsps-resume"), []);
        else if (world.Purchases.Count > 0) await AskAsync(draw.Pick("lsps-cancel", "lsps-session"), new JsonObject { ["jit_channel_scid"] = draw.Pick<SimPurchase>([.. world.Purchases]).Invoice.RouteHint!.Scid.ToString() });
    }

    private async Task FollowAsync()
    {
        try
        {
            await follower.CatchUpAsync();
            tally.Count("the operator caught up with the sales");
        }
        catch (SimRpcException)
        {
            tally.Count("the operator could not catch up with the sales");
        }
    }

    /// <summary>The plugin may be starting, may be killed, or may have a reason to refuse.</summary>
    private async Task AskAsync(string command, JsonObject parameters)
    {
        try
        {
            await world.ProviderPlugin.Link.CallAsync(command, parameters);
            tally.Count($"the operator's {command}");
        }
        catch (SimRpcException)
        {
            tally.Count($"the operator's {command} refused");
        }
    }
}

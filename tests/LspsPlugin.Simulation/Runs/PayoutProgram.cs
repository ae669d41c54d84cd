using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Runs;

/// <summary>A program that pays an invoice with the loop of docs/paying.md, and sometimes does something else in between.</summary>
internal sealed class PayoutProgram(SimRandom draw, JitWorld world, Payout payout, StormTally tally, Func<bool> isCalm, Func<bool> isOver)
{
    /// <summary>The errors after which a repetition would not help.</summary>
    private static readonly int[] Final = [201, 207, 208, -32602, -32601];

    private readonly bool _isTroublesome = draw.Chance(0.35);

    /// <summary>What the plugin did that it must not do.</summary>
    public string? Violation { get; private set; }

    public async Task RunAsync()
    {
        while (payout.End is null && !isOver())
        {
            try
            {
                payout.AskedAt ??= world.Network.Time.GetUtcNow();
                JsonObject told = await Payout.AskAsync(world, "sendpayment", payout.Request(isCalm() ? 600 : draw.Pick(0, 0, 5, 60, 90)));
                payout.HasBegun = true;
                if ((string?)told["status"] is "succeeded" or "failed") payout.End = (string)told["status"]!;
            }
            catch (SimRpcException refused)
            {
                if (Final.Contains(refused.Code))
                {
                    payout.Rejected = refused.Message;
                    return;
                }
            }

            if (payout.HasBegun && _isTroublesome && !isCalm() && draw.Chance(0.5)) await DisturbAsync();
            await Task.Delay(draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(isCalm() ? 300 : draw.Pick(1, 10, 30))), world.Network.Time);
        }
    }

    private async Task DisturbAsync()
    {
        try
        {
            switch (draw.Next(5))
            {
                case 0:
                    tally.Count("a payment cancelled");
                    payout.IsDisturbed = true;
                    await Payout.AskAsync(world, "cancelpayment", new JsonObject { ["payment_id"] = payout.Id });
                    break;
                case 1 when !payout.IsOffer:
                    tally.Count("an invoice that another program pays too");
                    payout.IsDisturbed = true;
                    if (world.IsUp(world.PayerNode)) _ = world.PayerNode.Rpc.CarryOutAsync("xpay", new JsonObject { ["invstring"] = payout.Text }, null);
                    break;
                case 2:
                    tally.Count("another request with the id of a payment");
                    await OtherwiseAsync();
                    break;
                default:
                    JsonObject waited = await Payout.AskAsync(world, "waitpayment", new JsonObject { ["payment_id"] = payout.Id, ["timeout"] = draw.Between(0, 20) });
                    if (waited["timed_out"] is not null) tally.Count("a wait that timed out");
                    break;
            }
        }
        catch (SimRpcException)
        {
            // The plugin or the node is away.
        }
    }

    private async Task OtherwiseAsync()
    {
        JsonObject other = payout.Request(0);
        other["maxfee_msat"] = 1;
        try
        {
            await Payout.AskAsync(world, "sendpayment", other);
            Violation = $"another request with the id {payout.Id} was accepted";
        }
        catch (SimRpcException refused)
        {
            if (Final.Contains(refused.Code) && refused.Code != 201) Violation = $"another request with the id {payout.Id} was refused with {refused.Code}: {refused.Message}";
        }
    }
}

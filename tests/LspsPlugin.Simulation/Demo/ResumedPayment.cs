using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Demo;

/// <summary>A payment by sendpayment in two parts, between which the payer's plugin is killed.</summary>
internal sealed class ResumedPayment(string plugin, TimeProvider time, JitWorld world, Story story)
{
    private const string Id = "payout 1";

    /// <summary>What each channel of the payer can carry.</summary>
    private static readonly Msat Room = new(60_000_000);

    public async Task RunAsync(Msat price)
    {
        foreach (SimChannel channel in world.Channels) channel.Push(new Msat(channel.Spendable(world.PayerNode).Value - Room.Value));
        await world.StartPayerProcessAsync(plugin);
        story.Say("payer", $"runs lsps-plugin too, as a payer; each of its channels can carry {Story.Sat(Room)}");
        string invoice = world.Purchases[^1].Text;

        // The node receives the second part's command only after the kill, and so never carries it out.
        world.PayerNode.Rpc.Gate = static (method, p) => method == "injectpaymentonion" && (int)p["partid"]! == 2 ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System) : Task.CompletedTask;
        await world.PayerPlugin!.Link.CallAsync("sendpayment", new JsonObject { ["invstring"] = invoice, ["payment_id"] = Id });
        await world.UntilAsync(() => world.Provider.Forwarding.Held == 1, "the provider holds the first part");
        story.Say("payer", $"sendpayment: sends the first part, {Story.Sat(world.PayerNode.Paying.Parts.Rows[0].Amount)} of {Story.Sat(price)}");
        await world.PayerPlugin.KillAsync();
        story.Say("payer", "kill -9, before the second part is out; the provider holds the first and waits for the rest");

        world.PayerNode.Rpc.Gate = null;
        long back = time.GetTimestamp();
        await world.StartPayerProcessAsync(plugin);
        story.Say("payer", "runs again, and finds the payment on record");
        JsonNode? paid = await world.PayerPlugin.Link.CallAsync("waitpayment", new JsonObject { ["payment_id"] = Id, ["timeout"] = 30 });
        if ((string?)paid?["status"] != "succeeded") throw new DemonstrationException($"the payment is {paid?["status"]}");
        story.Say("payer", $"has sent the missing part, and has the preimage {time.GetElapsedTime(back).TotalMilliseconds:0} ms after its start");
    }

    public static void Check(JitWorld world, Story story, Bolt11Invoice invoice, Msat price)
    {
        SimSendPay[] parts = [.. world.PayerNode.Paying.Parts.Rows];
        story.Check(parts.Length == 2 && parts.All(static part => part.Status == SimSendPay.Complete), "two parts were sent, each once, and both were settled");
        story.Check(parts[0].GroupId == parts[1].GroupId, "both belong to one set, which the receiver waited for");
        story.Check(parts[0].Sent + parts[1].Sent == price, $"the payer paid {Story.Sat(price)}, no more");
        string? settled = world.PayerNode.Datastore.Find("lsps-payer", "settled", Uri.EscapeDataString(Id));
        story.Check(settled is not null && Preimage.Parse((string)JsonNode.Parse(settled)!["payment_preimage"]!).Hash() == invoice.PaymentHash, "the preimage, the proof of payment, is on record");
    }
}

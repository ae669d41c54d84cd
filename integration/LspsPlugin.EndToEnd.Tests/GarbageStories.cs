using System.Text.Json.Nodes;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>Messages that none of our nodes would send.</summary>
public class GarbageStories
{
    [Fact]
    [Covers("X01", "X02")]
    public void Garbage_from_a_peer_is_answered_once_and_disturbs_nothing() => Stage.Play(async world =>
    {
        foreach (string body in new[] { "", "7b", "00", "7b7d7b7d", "ff", "5b5d", string.Concat(Enumerable.Repeat("5b", 60_000)) })
        {
            await world.Provider.HookAsync("custommsg", new JsonObject { ["payload"] = "9419" + body, ["peer_id"] = world.PayerNode.Id.ToString() });
        }

        var invoice = await world.InvoiceAsync(Stage.Price);
        await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);
    });
}

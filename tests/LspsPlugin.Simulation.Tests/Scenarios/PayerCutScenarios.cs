using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Paying;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>A JIT payment in three parts whose payer is killed at each save and each send, and whose caller asks again: it is paid, once.</summary>
public class PayerCutScenarios
{
    private const ulong Share = 40_000_000;

    /// <summary>Saves of a payment that is not cut, see the last test.</summary>
    private const int MostSaves = 30;

    private const int Parts = 3;

    public static TheoryData<Cut, int, bool> Cuts =>
    [
        .. from cut in Enum.GetValues<Cut>()
           from number in Enumerable.Range(1, cut is Cut.BeforeSave or Cut.AfterSave ? MostSaves : Parts)
           from withNode in new[] { false, true }
           select new TheoryDataRow<Cut, int, bool>(cut, number, withNode),
    ];

    [Theory]
    [MemberData(nameof(Cuts))]
    public void A_payment_that_is_cut_anywhere_is_paid_once(Cut cut, int number, bool withNode) => PayerScene.Play(
        async scene =>
        {
            ulong before = scene.World.PayerNode.Balance.Value;
            string invoice = await scene.BuyTextAsync();
            var strike = new PayerCut(scene, cut, number, withNode);
            JsonObject payment = await UntilFinalAsync(scene, invoice);
            await scene.BlocksAsync(5);
            await strike.Back;
            Assert.True(strike.Fell || cut is Cut.BeforeSave or Cut.AfterSave);
            PayerScene.AssertSucceeded(payment);
            Assert.Equal(before - Scene.Price.Value, scene.World.PayerNode.Balance.Value);
            Assert.Equal(Scene.Price - Scene.Fee, Assert.Single(scene.Wallet.Invoices).Received);
            Assert.Single(scene.World.PayerNode.Paying.Parts.Ever.Select(static row => row.GroupId).Distinct());
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: Parts);

    [Fact]
    public void The_cuts_reach_the_last_save() => PayerScene.Play(
        async scene =>
        {
            string invoice = await scene.BuyTextAsync();
            int writes = scene.World.PayerNode.Datastore.Writes;
            await UntilFinalAsync(scene, invoice);
            await scene.BlocksAsync(5);
            Assert.InRange(scene.World.PayerNode.Datastore.Writes - writes, MostSaves - 10, MostSaves);
            Assert.Equal(Parts, scene.World.PayerNode.Paying.Parts.Ever.Count(static row => row.Status == SimSendPay.Complete));
        },
        before: scene => scene.LeaveToPayer(Share),
        channels: Parts);

    /// <summary>The loop of docs/paying.md.</summary>
    private static async Task<JsonObject> UntilFinalAsync(Scene scene, string invoice)
    {
        var request = new JsonObject { ["invstring"] = invoice, ["payment_id"] = "rent", ["wait"] = 60 };
        while (true)
        {
            try
            {
                if (scene.World.PayerNode.Commands is { } plugin)
                {
                    var told = (JsonObject)(await plugin.CallAsync("sendpayment", (JsonObject)request.DeepClone()))!;
                    if ((string?)told["status"] is "succeeded" or "failed") return told;
                }
            }
            catch (SimRpcException)
            {
                // The plugin or the node died: the next round asks again.
            }

            await scene.WaitAsync(500);
        }
    }
}

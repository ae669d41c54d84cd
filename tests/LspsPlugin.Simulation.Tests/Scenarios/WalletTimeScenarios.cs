using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Payments that are complete at the last moment, and commands that come in the first.</summary>
public class WalletTimeScenarios
{
    [Fact]
    [Covers("A26")]
    public void A_payment_that_is_complete_in_time_is_taken_though_its_invoice_ends_while_the_channel_opens() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BoughtAsync(new JsonObject { ["expiry"] = 12 });
        SlowOpening(scene, TimeSpan.FromSeconds(20));
        await scene.WaitAsync(10_000);
        Scene.AssertSettled(await scene.PayAsync(invoice));
        Assert.True(scene.World.Network.Time.GetUtcNow() > invoice.Timestamp + invoice.Expiry);
    });

    [Fact]
    [Trait("Requirement", "R52-39")]
    public void What_is_handed_out_ends_with_the_offer_and_the_nodes_own_copy_ten_minutes_later() => Scene.Play(async scene =>
    {
        JsonObject made = await scene.OrderAsync();
        Bolt11Invoice invoice = WalletScene.Read(made);
        SimInvoice kept = Assert.Single(scene.Wallet.Invoices);
        Assert.Equal((invoice.Timestamp + invoice.Expiry).ToUnixTimeSeconds(), (long)made["expires_at"]!);
        Assert.Equal(kept.CreatedIndex, (ulong)made["created_index"]!);
        Assert.True(Bolt11Invoice.TryParse(kept.Bolt11, out Bolt11Invoice? own));
        Assert.Equal((invoice.PaymentHash, invoice.PaymentSecret, invoice.Amount, invoice.RouteHint), (own.PaymentHash, own.PaymentSecret, own.Amount, own.RouteHint));
        Assert.Equal(TimeSpan.FromMinutes(10), own.Expiry - invoice.Expiry);
    });

    [Fact]
    public void A_command_that_comes_before_the_records_are_read_waits_for_them() => Scene.Play(async scene =>
    {
        await scene.BoughtAsync();
        await RestartAsync(scene, () => Task.Delay(TimeSpan.FromSeconds(5), scene.World.Network.Time));
        long start = scene.World.Network.Time.GetTimestamp();
        Assert.Single((await scene.AskAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray());
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30));
    });

    [Fact]
    public void While_the_records_cannot_be_read_a_command_says_so_and_does_not_wait_for_ever() => Scene.Play(async scene =>
    {
        await scene.BoughtAsync();
        await RestartAsync(scene, () => throw new SimRpcException(-1, "not now"));
        long start = scene.World.Network.Time.GetTimestamp();
        SimRpcException refused = await WalletScene.RefusedAsync(scene.AskAsync("lsps-lsps2-listapprovals"));
        Assert.Contains("records are not read yet", refused.Message, StringComparison.Ordinal);
        Assert.InRange(scene.World.Network.Time.GetElapsedTime(start), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31));
        Assert.False((bool)(await scene.WalletStatusAsync())["ready"]!);
        scene.Wallet.Rpc.Gate = null;
        Assert.Single((await scene.AskAsync("lsps-lsps2-listapprovals"))["approvals"]!.AsArray());
    });

    private static void SlowOpening(Scene scene, TimeSpan delay) =>
        scene.Provider.Rpc.Gate = (method, _) => method == "fundchannel_start" ? Task.Delay(delay, scene.World.Network.Time) : Task.CompletedTask;

    private static Task RestartAsync(Scene scene, Func<Task> list)
    {
        scene.Wallet.Rpc.Gate = (method, _) => method == "listdatastore" ? list() : Task.CompletedTask;
        return scene.World.CrashAsync(scene.Wallet, withNode: true, TimeSpan.FromSeconds(5), 78);
    }
}

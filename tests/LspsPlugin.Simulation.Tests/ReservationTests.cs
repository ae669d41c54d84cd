using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>Reservations of the model's wallet, as a real node counts them.</summary>
public class ReservationTests
{
    [Fact]
    public void Reservations_add_up_and_unreserving_takes_away_its_own_blocks_only() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        uint start = stage.Chain.Height;
        Assert.Equal(start + 72, ReservedTo(stage));
        await stage.CallAsync("reserveinputs", """{"psbt":"PSBT","exclusive":false,"reserve":100}""");
        Assert.Equal(start + 172, ReservedTo(stage));
        JsonObject left = await stage.CallAsync("unreserveinputs", """{"psbt":"PSBT"}""");
        Assert.Equal(start + 100, ReservedTo(stage));
        Assert.True((bool)left["reservations"]![0]!["reserved"]!);
        JsonObject freed = await stage.CallAsync("unreserveinputs", """{"psbt":"PSBT","reserve":1000}""");
        Assert.False((bool)freed["reservations"]![0]!["reserved"]!);
        Assert.Null(ReservedTo(stage));
        Assert.Empty((await stage.CallAsync("unreserveinputs", """{"psbt":"PSBT"}"""))["reservations"]!.AsArray());
    });

    [Fact]
    public void A_reservation_runs_out_with_its_last_block() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        stage.Chain.Mine(71);
        Assert.NotNull(ReservedTo(stage));
        await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}""");
        stage.Chain.Mine();
        Assert.Null(ReservedTo(stage));
        Assert.EndsWith("is not reserved", (await stage.RefusedAsync("signpsbt", """{"psbt":"PSBT"}""")).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Reserving_exclusively_what_is_reserved_is_refused() => Stage.Play(async stage =>
    {
        await stage.PrepareAsync();
        uint? before = ReservedTo(stage);
        Assert.Equal(-32602, (await stage.RefusedAsync("reserveinputs", """{"psbt":"PSBT"}""")).Code);
        Assert.Equal(-32602, (await stage.RefusedAsync("reserveinputs", """{"psbt":"PSBT","exclusive":true}""")).Code);
        Assert.Equal(before, ReservedTo(stage));
    });

    [Fact]
    public void A_refused_broadcast_leaves_the_reservation_and_has_cleared_withheld_for_good() => Stage.Play(async stage =>
    {
        SimChannel channel = await stage.OpenAsync();
        uint? before = ReservedTo(stage);
        string signed = (string)(await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}"""))["signed_psbt"]!;
        Assert.True(channel.Withheld);
        stage.Chain.RefuseBroadcast = "mempool full";
        Assert.Equal(-1, (await stage.RefusedAsync("sendpsbt", $$"""{"psbt":"{{signed}}"}""")).Code);
        Assert.False(channel.Withheld);
        Assert.Equal(before, ReservedTo(stage));
        stage.Chain.RefuseBroadcast = null;
        await stage.CallAsync("sendpsbt", $$"""{"psbt":"{{signed}}"}""");
        await stage.CallAsync("sendpsbt", $$"""{"psbt":"{{signed}}"}""");
        Assert.False(channel.Withheld);
    });

    private static uint? ReservedTo(Stage stage) => stage.Provider.Wallet.Coins.Single().ReservedTo;
}

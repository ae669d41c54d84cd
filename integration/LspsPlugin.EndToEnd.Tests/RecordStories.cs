using LspsPlugin.Core.Lightning;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>The records at start, and when they are read.</summary>
public class RecordStories
{
    private const int Many = 20_000;

    [Fact]
    [Covers("S06", "S12")]
    public void Many_finished_sessions_delay_neither_the_start_nor_the_first_payment()
    {
        int most = 0;
        Stage.Play(
            async world =>
            {
                Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
                SimOutcome[] outcomes = await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync();
                Assert.InRange(most, 0, 10);
                await world.AssertPaidAsync(outcomes, Stage.Price, Stage.Fee);
                Assert.InRange(most, 0, 10);
            },
            before: world =>
            {
                // As after every start but the first, at which the built-in plugin's finished sales are listed once.
                world.Provider.Datastore.Put(["lsps", "lsps2", "taken-over"], "1");
                for (int i = 0; i < Many; i++) world.Provider.Datastore.Put(["lsps", "lsps2", "sessions", "finalized", $"{i}x1x1"], "{\"outcome\":\"Failed\"}");
                world.Network.Observed += e =>
                {
                    if (e.Node != world.Provider || e.What != "rpc listdatastore done") return;
                    most = Math.Max(most, e.Content["result"]?["datastore"]?.AsArray().Count ?? 0);
                };
            });
    }

    [Fact]
    [Covers("S11", "S12", "S14")]
    public void A_part_that_comes_before_the_records_are_read_waits_for_them() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        await world.ProviderPlugin.KillAsync();
        int refused = 0;
        world.Provider.Rpc.Intercept = (method, _) =>
        {
            if (method != "listdatastore") return null;
            refused++;
            throw new SimRpcException(-1, "the database is busy");
        };

        // The start does not wait for the records: init is answered although none can be read.
        await world.StartProviderAgainAsync(PluginFile.Path);
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => refused > 0 && world.Provider.Forwarding.Held == 2, "both parts are held and the records are asked for");
        Assert.Equal(0, world.Provider.Funding.Funded);
        world.Provider.Rpc.Intercept = null;
        await world.AssertPaidAsync(await parts.OutcomesAsync(), Stage.Price, Stage.Fee);
    });
}

using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Paying;

/// <summary>A payment by the node's own commands over a JIT hint: the plugins under test see encrypted onions.</summary>
public class JitPaymentTests
{
    [Fact]
    public void A_JIT_invoice_is_paid_over_its_route_hint()
    {
        var loop = new SimLoop(1);
        loop.Run(
            async () =>
            {
                JitWorld world = JitWorld.Build(loop.Clock);
                await world.StartInProcessAsync(1);
                var amount = new Msat(50_000_000);
                Bolt11Invoice invoice = await world.InvoiceAsync(amount);
                JsonNode paid = await world.PayerNode.Rpc.ByHandAsync("xpay", new JsonObject { ["invstring"] = world.Wallet.Invoices[0].Bolt11 });
                Assert.Equal(invoice.PaymentHash, Preimage.Parse((string)paid["payment_preimage"]!).Hash());
                Assert.True(world.Wallet.Invoices[0].IsPaid);
                Assert.True(world.Wallet.Invoices[0].Received < amount);
                Assert.NotNull(world.JitChannel);
                Assert.Empty(world.Network.Fatalities);
                return 0;
            },
            TimeSpan.FromHours(1));
    }
}

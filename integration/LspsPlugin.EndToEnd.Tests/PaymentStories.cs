using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

public class PaymentStories
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [Covers("A01", "A02")]
    public void A_payment_in_parts_opens_one_channel(int parts) => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        SimOutcome[] outcomes = await world.Payer.SendParts(invoice, parts, world.Channels).OutcomesAsync();
        await world.AssertPaidAsync(outcomes, Stage.Price, Stage.Fee);
        await world.UntilAsync(() => !world.Wallet.Datastore.Under("lsps").Any(), "the wallet keeps no record of what is over");
    });

    [Fact]
    [Covers("A03")]
    public void Two_channels_with_equal_htlc_ids_are_told_apart() => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
            Assert.Equal([0UL, 0UL], world.Channels.SelectMany(channel => channel.Htlcs).Select(htlc => htlc.Id));
            await world.AssertPaidAsync(await parts.OutcomesAsync(), Stage.Price, Stage.Fee);
        },
        channels: 2);

    [Fact]
    public void A_variable_amount_comes_in_one_htlc() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(amount: null);
        Assert.DoesNotContain(17, invoice.Features);
        SimOutcome[] outcomes = await new[] { world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(50_000_000)) }.OutcomesAsync();
        await world.AssertPaidAsync(outcomes, new Msat(50_000_000), Stage.Fee);
    });

    [Fact]
    [Covers("A18")]
    public void A_variable_amount_above_the_offer_is_refused_for_good() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(amount: null);
        SimOutcome[] outcomes = await new[] { world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(2_000_000_000)) }.OutcomesAsync();
        await world.AssertGivenBackAsync(outcomes, "400a");
    });

    [Fact]
    [Covers("A08")]
    public void An_incomplete_payment_is_given_back_and_the_retry_succeeds() => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            SimOutcome[] first = await world.Payer.SendSome(invoice, 1, 2, world.Channels).OutcomesAsync();
            await world.AssertGivenBackAsync(first, "10070000");
            await world.UntilAsync(() => world.Finalized("Failed"), "the attempt is on record as failed");

            // The offer went back to waiting: the same invoice can still be paid.
            SimOutcome[] retry = await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync();
            await world.AssertPaidAsync(retry, Stage.Price, Stage.Fee);
        },
        options: set => set["dev-lsps2-collect-timeout"] = 1);

    [Fact]
    [Covers("B05")]
    public void A_provider_without_funds_gives_the_parts_back_retryably() => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            await world.AssertGivenBackAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), "10070000");
        },
        withFunds: false);

    [Fact]
    [Covers("B01")]
    public void A_wallet_that_is_offline_is_waited_for_and_then_the_parts_are_given_back() => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            world.Network.Disconnect(world.Provider, world.Wallet);
            await world.AssertGivenBackAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), "10070000");
        },
        options: set => set["dev-lsps2-collect-timeout"] = 1);

    [Fact]
    [Covers("B01")]
    public void A_wallet_that_comes_back_in_time_is_paid() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        world.Network.Disconnect(world.Provider, world.Wallet);
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => world.ProviderPlugin.Link.Log.Any(line => line.Contains("no address known", StringComparison.Ordinal)), "the provider notices");
        world.Network.Connect(world.Wallet, world.Provider);
        await world.AssertPaidAsync(await parts.OutcomesAsync(), Stage.Price, Stage.Fee);
    });

    [Fact]
    [Covers("C03", "C19")]
    public void A_wallet_that_rejects_the_payment_gets_no_channel() => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            SimOutcome[] outcomes = await world.Payer.SendParts(invoice, 4, world.Channels).OutcomesAsync();
            Assert.All(outcomes, outcome => Assert.StartsWith("400f", outcome.Failure, StringComparison.Ordinal));
            await world.UntilAsync(() => world.Finalized("Abandoned"), "the session is abandoned");
            Assert.Empty(world.Provider.ChannelsWith(world.Wallet));
            Assert.Empty(world.Network.Chain.Mempool);
        },
        before: world => world.Wallet.Behaviour = WalletBehaviour.Rejects);

    [Fact]
    [Covers("B03", "X29")]
    public void A_wallet_that_approved_nothing_gets_no_unconfirmed_channel() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        foreach ((string[] key, _) in world.Wallet.Datastore.Under("lsps").ToArray()) world.Wallet.Datastore.Delete(new JsonObject { ["key"] = new JsonArray([.. key.Select(part => (JsonNode)part)]) });
        await world.WalletPlugin.StopAsync();
        SimOutcome[] outcomes = await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync();
        await world.AssertGivenBackAsync(outcomes, "400a");
    });

    [Fact]
    [Covers("A25", "S05")]
    public void An_offer_that_runs_out_with_parts_held_fails_them_for_good()
    {
        Scid scid = Scid.Of(900_000, 1, 1);
        Stage.Play(
            async world =>
            {
                var invoice = new Bolt11Invoice(
                    "bcrt", Stage.Price, TimeProvider.System.GetUtcNow(), PaymentHash.Parse(new string('a', 64)), PaymentSecret.Parse(new string('b', 64)), "", TimeSpan.FromHours(1),
                    new BlockCount(20), new RouteHint(world.Provider.Id, scid, 0, new Ppm(0), 144), [8, 14, 17]);
                SimOutcome[] outcomes = await world.Payer.SendSome(invoice, 1, 2, world.Channels).OutcomesAsync();
                await world.AssertGivenBackAsync(outcomes, "400a");
                await world.UntilAsync(() => world.Finalized("Timeout") && !world.Provider.Datastore.Under("lsps", "lsps2", "offers").Any(), "the offer is over");
            },
            before: world => world.Provider.Datastore.Put(
                ["lsps", "lsps2", "sessions", "active", scid.ToString()],
                Records.WrittenByTheBuiltInPlugin(world.Wallet.Id, TimeProvider.System.GetUtcNow().AddSeconds(3), Stage.Price)));
    }

    [Fact]
    public void Ordinary_forwards_pass_without_a_call_to_the_node() => Stage.Play(async world =>
    {
        int before = world.Provider.Rpc.TotalCalls;
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        int bought = world.Provider.Rpc.TotalCalls;
        var outcome = await world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(1_000_000), scid: Scid.Of(5, 5, 5));
        Assert.Equal("400a", outcome.Outcome.Failure);
        Assert.Equal(bought, world.Provider.Rpc.TotalCalls);
        Assert.True(bought > before);
    });

    [Fact]
    [Covers("A12", "X27")]
    public void A_payment_after_the_payment_goes_over_the_same_channel() => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        await world.AssertPaidAsync(await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync(), Stage.Price, Stage.Fee);

        // The invoice is paid, so the wallet fails it; what counts is that it was asked, over the channel that exists.
        PartResult late = await world.Payer.SendPartAsync(invoice, world.Channels[0], new Msat(5_000_000));
        Assert.StartsWith("400f", late.Outcome.Failure, StringComparison.Ordinal);
        Assert.Equal(1, world.Provider.Funding.Funded);
    });
}

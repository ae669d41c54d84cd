using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using Spectre.Console;

namespace LspsPlugin.Simulation.Demo;

/// <summary>
/// Demonstrates the plugin's main use with real plugin processes, connected over real pipes and sockets to the simulated network: a payment that
/// succeeds, one that the wallet rejects, one whose payer dies in between, and a check of the balances of each.
/// </summary>
internal sealed class Demonstration(string plugin, IAnsiConsole console, TimeProvider time)
{
    private static readonly Msat Price = new(100_000_000);
    private static readonly Msat Fee = new(1_000_000);

    public async Task<int> RunAsync()
    {
        try
        {
            await SucceedAsync();
            await RejectAsync();
            await ResumeAsync();
            console.WriteLine();
            console.MarkupLine("[bold green]All three payments ended as they should, and every sum was checked.[/]");
            return 0;
        }
        catch (Exception failure) when (failure is DemonstrationException or TimeoutException or SimRpcException)
        {
            console.WriteLine();
            console.MarkupLine($"[red]The demonstration failed: {Markup.Escape(failure.Message)}[/]");
            return 1;
        }
    }

    private async Task SucceedAsync()
    {
        var story = new Story(console, time);
        story.Title("A wallet without inbound liquidity is paid through a JIT channel");
        JitWorld world = await StageAsync(story);
        Msat payerBefore = world.PayerNode.Balance, providerBefore = world.Provider.Balance;

        Bolt11Invoice invoice = await BuyAsync(world, story);
        long sent = time.GetTimestamp();
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 3, world.Channels);
        story.Say("payer", $"pays it in three parts over two channels: {string.Join(", ", Split(Price, 3).Select(Story.Sat))}");
        int settled = 0;
        foreach (Task<PartResult> part in parts)
        {
            PartResult result = await part;
            if (result.Outcome.IsSettled) settled++;
        }

        story.Say("payer", $"has the preimage after {time.GetElapsedTime(sent).TotalMilliseconds:0} ms");
        await world.UntilAsync(() => world.Network.Chain.Mempool.Any(), "the funding transaction reaches the mempool");
        world.Network.Chain.Mine(6);
        await world.UntilAsync(() => Finalized(world, "Succeeded"), "the session is finalized as succeeded");

        SimChannel channel = world.JitChannel ?? throw new DemonstrationException("there is no JIT channel");
        console.WriteLine();
        story.Check(settled == 3, "all three parts were settled");
        story.Check(payerBefore - world.PayerNode.Balance == Price, $"the payer paid {Story.Sat(Price)}, no more");
        story.Check(channel.End(world.Wallet).Balance == (Price - Fee).Value, $"the wallet has {Story.Sat(Price - Fee)} in its own channel");
        story.Check(world.Provider.Balance + new Msat(channel.End(world.Wallet).Balance) == providerBefore + Price + channel.Capacity.ToMsat(), $"the provider kept {Story.Sat(Fee)}, its opening fee, and nothing else");
        story.Check(world.Network.Chain.ConfirmedAt(channel.Funding.TxId) is not null, $"the funding of {channel.Capacity.Value:N0} sat is confirmed, as {channel.RealScid}");
        story.Check(channel.End(world.Provider) is { FeeBase: 1000, FeePpm: 10 }, "the channel has the provider's normal forwarding fees again");
        CheckClean(world, story);
        await world.StopAsync();
    }

    private async Task RejectAsync()
    {
        var story = new Story(console, time);
        story.Title("The wallet rejects the payment: everyone gets their money back");
        JitWorld world = await StageAsync(story);
        world.Wallet.Behaviour = WalletBehaviour.Rejects;
        Msat payerBefore = world.PayerNode.Balance, providerBefore = world.Provider.Balance;
        Sat coinsBefore = world.Provider.Wallet.Total;

        Bolt11Invoice invoice = await BuyAsync(world, story);
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 3, world.Channels);
        story.Say("payer", "pays it in three parts over two channels");
        int failed = 0;
        foreach (Task<PartResult> part in parts)
        {
            PartResult result = await part;
            if (!result.Outcome.IsSettled) failed++;
        }

        story.Say("payer", "gets every part back");
        await world.UntilAsync(() => Finalized(world, "Abandoned"), "the session is finalized as abandoned");

        console.WriteLine();
        story.Check(failed == 3, "all three parts were failed");
        story.Check(world.PayerNode.Balance == payerBefore, "the payer has what it had before");
        story.Check(world.Provider.Balance == providerBefore && world.Provider.Wallet.Total == coinsBefore, "the provider has what it had before");
        story.Check(world.JitChannel is null, "the withheld channel is gone");
        story.Check(!world.Network.Chain.Mempool.Any(), "nothing was broadcast");
        CheckClean(world, story);
        await world.StopAsync();
    }

    private async Task ResumeAsync()
    {
        var story = new Story(console, time);
        story.Title("The payer dies between two parts: its payment goes on when it is back");
        JitWorld world = await StageAsync(story);
        Bolt11Invoice invoice = await BuyAsync(world, story);
        await new ResumedPayment(plugin, time, world, story).RunAsync(Price);
        await world.UntilAsync(() => world.Network.Chain.Mempool.Any(), "the funding transaction reaches the mempool");
        world.Network.Chain.Mine(6);
        await world.UntilAsync(() => Finalized(world, "Succeeded"), "the session is finalized as succeeded");

        console.WriteLine();
        ResumedPayment.Check(world, story, invoice, Price);
        story.Check(world.JitChannel!.End(world.Wallet).Balance == (Price - Fee).Value, $"the wallet has {Story.Sat(Price - Fee)} in its own channel");
        CheckClean(world, story);
        await world.StopAsync();
    }

    private async Task<JitWorld> StageAsync(Story story)
    {
        JitWorld world = JitWorld.Build(time, channels: 2);
        story.Name(world.Channels[0], "A");
        story.Name(world.Channels[1], "B");
        await world.StartProcessesAsync(plugin);
        world.Network.Observed += story.Observe;
        story.Say("provider", "runs lsps-plugin, with the usual routing fees (1 sat + 10 ppm) and two channels A and B from the payer");
        story.Say("wallet", "runs lsps-plugin, with no channel at all");
        return world;
    }

    private static async Task<Bolt11Invoice> BuyAsync(JitWorld world, Story story)
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Price);
        story.Say("wallet", $"buys a JIT channel for {Story.Sat(Price)} (opening fee {Story.Sat(Fee)}) and gets the scid {invoice.RouteHint!.Scid}");
        story.Say("wallet", $"hands out {invoice.PaymentHash.ToString()[..8]}…, an invoice over {Story.Sat(Price)} through that scid");
        return invoice;
    }

    private static void CheckClean(JitWorld world, Story story)
    {
        story.Check(world.Provider.Forwarding.Held == 0 && world.Wallet.Forwarding.Held == 0, "no HTLC is left hanging");
        story.Check(world.Provider.Wallet.Reserved == 0, "no coin is left reserved");
        story.Check(!world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "active").Any(), "no session is left on record as active");
        story.Check(world.Network.Fatalities.Count == 0, "no node was given an answer that it would die of");
    }

    private static bool Finalized(JitWorld world, string outcome) =>
        world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "finalized").Any(entry => entry.Value.Contains($"\"outcome\":\"{outcome}\"", StringComparison.Ordinal))
        && !world.Provider.Datastore.Under("lsps", "lsps2", "sessions", "active").Any()
        && !world.Provider.Datastore.Under("lsps", "lsps2", "confirming").Any();

    private static IEnumerable<Msat> Split(Msat amount, int parts)
    {
        ulong each = amount.Value / (ulong)parts;
        return Enumerable.Range(0, parts).Select(i => new Msat(i == parts - 1 ? amount.Value - (each * (ulong)(parts - 1)) : each));
    }
}

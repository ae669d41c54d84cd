using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.EndToEnd.Tests.Host;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.EndToEnd.Tests;

/// <summary>
/// Kills the process, or its host, when a command is executed but not answered, or when a record is about to be written: moments that only
/// the model can stop at. Other cases are scenarios. The node keeps its state; a new process continues from the records.
/// </summary>
[Covers("B09", "B10", "C09", "C10", "C11", "C12", "C13", "S08", "S09")]
public class DeathStories
{
    /// <summary>The phase, a command that identifies it, a text in its parameters, and whether the command is executed.</summary>
    public static TheoryData<string, string, string, bool> BeforeThePreimage => new()
    {
        { "Negotiating", "fundchannel_start", "", true },
        { "Planning", "addpsbtoutput", "", true },
        { "Reserving", "datastore", "\\u0022Reserving\\u0022", true },
        { "Reserving", "reserveinputs", "", true },
        { "Funding", "fundchannel_complete", "", true },
        { "AwaitingChannelReady", "setchannel", "", true },
        { "AwaitingSettlement", "datastore", "\\u0022AwaitingSettlement\\u0022", false },
        { "AwaitingSettlement", "datastore", "\\u0022AwaitingSettlement\\u0022", true },
    };

    public static TheoryData<string, string, string, bool> AfterThePreimage => new()
    {
        { "Broadcasting", "datastore", "\\u0022Broadcasting\\u0022", false },
        { "Broadcasting", "datastore", "\\u0022Broadcasting\\u0022", true },
        { "Broadcasting", "signpsbt", "", true },
        { "Broadcasting", "sendpsbt", "", true },
        { "Confirming", "datastore", "\"confirming\"", true },
        { "Confirming", "datastore", "\"finalized\"", true },
    };

    [Theory]
    [MemberData(nameof(BeforeThePreimage))]
    [MemberData(nameof(AfterThePreimage))]
    public void The_host_dies_and_the_payment_goes_on(string phase, string command, string with, bool carriedOut) => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        Task death = Deaths.At(world, command, with, carriedOut, () => world.ProviderPlugin.CutNode());
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => death.IsCompleted, $"{phase}: {command}");
        Assert.Equal(0, await Deaths.OfTheHostAsync(world));
        await Deaths.ComeBackAsync(world);
        await world.AssertPaidAsync(await parts.OutcomesAsync(), Stage.Price, Stage.Fee);
        Deaths.AssertMoney(world, paid: true);
    });

    [Theory]
    [MemberData(nameof(BeforeThePreimage))]
    public void The_plugin_is_killed_and_the_next_attempt_is_paid(string phase, string command, string with, bool carriedOut) => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            Task death = Deaths.At(world, command, with, carriedOut, () => world.ProviderPlugin.Strike());
            Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
            await world.UntilAsync(() => death.IsCompleted, $"{phase}: {command}");
            await world.ProviderPlugin.KillAsync();

            // The node fails what it held for a plugin that is gone.
            Assert.All(await parts.OutcomesAsync(), outcome => Assert.Equal("400a", outcome.Failure));
            await Deaths.ComeBackAsync(world);
            await world.UntilAsync(() => Stage.Debris(world) is null, $"everything is released ({Stage.Debris(world)})");
            Deaths.AssertMoney(world, paid: false);

            SimOutcome[] again = await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync();
            Assert.All(again, outcome => Assert.True(outcome.IsSettled, $"failed with {outcome.Failure}"));
            await Deaths.BuriedAsync(world);
            Deaths.AssertMoney(world, paid: true);
        },
        options: Deaths.Quickly);

    [Theory]
    [MemberData(nameof(AfterThePreimage))]
    public void The_plugin_is_killed_and_the_paid_channel_is_funded(string phase, string command, string with, bool carriedOut) => Stage.Play(async world =>
    {
        Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
        Task death = Deaths.At(world, command, with, carriedOut, () => world.ProviderPlugin.Strike());
        Task<PartResult>[] parts = world.Payer.SendParts(invoice, 2, world.Channels);
        await world.UntilAsync(() => death.IsCompleted, $"{phase}: {command}");
        await world.ProviderPlugin.KillAsync();
        await Deaths.ComeBackAsync(world);
        await world.AssertPaidAsync(await parts.OutcomesAsync(), Stage.Price, Stage.Fee);
        Deaths.AssertMoney(world, paid: true);
    });

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Covers("C03", "B12")]
    public void The_end_comes_while_a_refused_channel_is_released(bool host, bool carriedOut) => Stage.Play(
        async world =>
        {
            Bolt11Invoice invoice = await world.InvoiceAsync(Stage.Price);
            Task death = Deaths.At(world, "close", "", carriedOut, host ? () => world.ProviderPlugin.CutNode() : () => world.ProviderPlugin.Strike());
            SimOutcome[] outcomes = await world.Payer.SendParts(invoice, 2, world.Channels).OutcomesAsync();
            Assert.All(outcomes, outcome => Assert.StartsWith("400f", outcome.Failure, StringComparison.Ordinal));
            await world.UntilAsync(() => death.IsCompleted, "the release");
            if (host) Assert.Equal(0, await Deaths.OfTheHostAsync(world));
            else await world.ProviderPlugin.KillAsync();
            await Deaths.ComeBackAsync(world);
            await world.UntilAsync(() => world.Finalized("Abandoned"), "the session is abandoned");
            Assert.Empty(world.Provider.ChannelsWith(world.Wallet));
            Deaths.AssertMoney(world, paid: false);
        },
        before: world => world.Wallet.Behaviour = WalletBehaviour.Rejects);
}

/// <summary>Kills the provider's process or its host at a given command.</summary>
internal static class Deaths
{
    /// <summary>Sets how long a restarted node has to replay its held HTLCs.</summary>
    public static void Quickly(JsonObject options) => options["dev-lsps2-collect-timeout"] = 2;

    /// <summary>Arms <paramref name="strike"/> for the first such command.</summary>
    /// <returns>Completes when it has happened.</returns>
    public static Task At(JitWorld world, string command, string with, bool carriedOut, Action strike)
    {
        var struck = new TaskCompletionSource();
        bool Fits(string method, JsonObject p) => method == command && !struck.Task.IsCompleted && (with.Length == 0 || p.ToJsonString().Contains(with, StringComparison.Ordinal));
        if (carriedOut)
        {
            world.Network.Observed += e =>
            {
                if (e.Node != world.Provider || !e.What.EndsWith(" done", StringComparison.Ordinal) || e.Content["params"] is not JsonObject p) return;
                if (!Fits(e.What[4..^5], p)) return;
                strike();
                struck.SetResult();
            };
        }
        else
        {
            world.Provider.Rpc.Intercept = (method, p) =>
            {
                if (!Fits(method, p)) return null;
                strike();
                struck.SetResult();
                throw new SimRpcException(-1, "nobody is left to hear this");
            };
        }

        return struck.Task;
    }

    /// <summary>Kills the host; its plugin must notice that by itself.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> OfTheHostAsync(JitWorld world)
    {
        world.ProviderPlugin.CutNode();
        Task<int> exit = world.ProviderPlugin.ExitAsync();
        await world.UntilAsync(() => exit.IsCompleted, "the plugin ends when its host is gone");
        return await exit;
    }

    /// <summary>Restarts the node with its stored data and its plugin; then its peers connect.</summary>
    public static async Task ComeBackAsync(JitWorld world)
    {
        world.Provider.Rpc.Intercept = null;
        await world.StartProviderAgainAsync(PluginFile.Path);
        world.Network.Connect(world.Provider, world.PayerNode);
        world.Network.Connect(world.Provider, world.Wallet);
    }

    public static async Task BuriedAsync(JitWorld world)
    {
        await world.UntilAsync(() => world.Network.Chain.Mempool.Any(), "the funding is broadcast");
        world.Network.Chain.Mine(6);
        await world.UntilAsync(() => world.Finalized("Succeeded"), "the session is finalized");
    }

    /// <summary>
    /// Checks the balances: the payer paid the price or nothing, the wallet has the price less the fee, and the provider's coins went into
    /// the one channel.
    /// </summary>
    public static void AssertMoney(JitWorld world, bool paid)
    {
        Assert.Equal(paid ? Stage.Price : Msat.Zero, world.PayerBefore - world.PayerNode.Balance);
        SimChannel[] jit = [.. world.Provider.ChannelsWith(world.Wallet)];
        Assert.Equal(paid ? 1 : 0, jit.Length);
        if (!paid) Assert.Equal(world.CoinsBefore, world.Provider.Wallet.Total);
        if (!paid) return;
        Assert.Equal((Stage.Price - Stage.Fee).Value, jit[0].End(world.Wallet).Balance);
        Assert.NotNull(world.Network.Chain.ConfirmedAt(jit[0].Funding.TxId));
    }
}

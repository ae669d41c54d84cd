using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Scenarios.Stories;

/// <summary>The provider's node, or its plugin alone, is killed in every phase; then the operator starts the node again.</summary>
public static class Deaths
{
    private enum Who : byte
    {
        Node,
        Plugin,
    }

    /// <summary>The commands of an opening, in order. The kill happens when the node has received a command and not executed it.</summary>
    private static readonly string[] Opening = ["fundchannel_start", "addpsbtoutput", "reserveinputs", "fundchannel_complete", "setchannel"];

    /// <summary>The commands after the wallet has released the preimage.</summary>
    private static readonly string[] Funding = ["signpsbt", "sendpsbt"];

    [Scenario]
    [Covers("B09", "B10", "S08", "S11")]
    public static IEnumerable<(string Name, Func<IRegtest, Task> Play)> The_node_before_anything_is_forwarded() =>
        [
            ("The_node_is_killed_while_parts_are_collected_and_the_payment_goes_on", WhileCollectingAsync),
            .. Opening.Select(command => ($"The_node_is_killed_before_{command}_and_the_payment_goes_on", At(Who.Node, command))),
        ];

    [Scenario]
    [Covers("C06", "C10", "C11", "C12", "S08")]
    public static IEnumerable<(string Name, Func<IRegtest, Task> Play)> Node_or_plugin_after_that() =>
        from who in new[] { Who.Node, Who.Plugin }
        from play in (IEnumerable<(string Name, Func<IRegtest, Task> Play)>)
        [
            ($"The_{who}_is_killed_while_the_wallet_holds_the_parts_and_the_channel_is_funded".ToSentence(), net => WhileHeldAsync(net, who)),
            .. Funding.Select(command => ($"The_{who}_is_killed_before_{command}_and_the_channel_is_funded".ToSentence(), At(who, command))),
            ($"The_{who}_is_killed_after_the_broadcast_and_the_session_ends_well".ToSentence(), net => AfterTheBroadcastAsync(net, who)),
        ]
        select play;

    [Scenario]
    [Covers("S09")]
    public static IEnumerable<(string Name, Func<IRegtest, Task> Play)> The_plugin_before_anything_is_forwarded() =>
        [
            ("The_plugin_is_killed_while_parts_are_collected_and_the_next_attempt_is_paid", net => GivenUpByTheNodeAsync(net, command: null)),
            .. Opening.Select(command => ($"The_plugin_is_killed_before_{command}_and_the_next_attempt_is_paid", (Func<IRegtest, Task>)(net => GivenUpByTheNodeAsync(net, command)))),
        ];

    private static async Task WhileCollectingAsync(IRegtest net)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: 1);
        await stage.HeldAsync(1);
        int before = stage.Provider.PluginLog.Count;
        await EndAsync(stage, Who.Node);
        await stage.ComeBackAsync();
        await stage.HeldAsync(1, before);
        parts = [.. parts, .. await stage.SendAsync(invoice, parts: 2, sent: 1, first: 2)];
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    private static Func<IRegtest, Task> At(Who who, string command) => async net =>
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand held = await stage.Provider.HoldNextAsync(command);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await held.Asked;
        await EndAsync(stage, who);
        await stage.ComeBackAsync();
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    };

    private static async Task WhileHeldAsync(IRegtest net, Who who)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        await stage.Wallet.ConductAsync(Conduct.Holds);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.ReachedAsync(2);
        await EndAsync(stage, who);
        await stage.ComeBackAsync();
        await stage.Wallet.ConductAsync(Conduct.Settles);
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    private static async Task AfterTheBroadcastAsync(IRegtest net, Who who)
    {
        Stage stage = await Stage.SetAsync(net);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        SentPart[] parts = await stage.SendAsync(invoice, 2);
        await stage.UntilAsync(async () => (await net.MempoolAsync()).Count == 1, "the funding is in the mempool");
        await EndAsync(stage, who);
        await stage.ComeBackAsync();
        await stage.AssertSoldAsync(parts, Stage.Price, Stage.Fee);
    }

    /// <summary>When a plugin dies, the node continues its HTLCs, which lead nowhere: the payer gets an error and retries.</summary>
    /// <param name="command">Null while parts are collected.</param>
    private static async Task GivenUpByTheNodeAsync(IRegtest net, string? command)
    {
        // A restarted node replays its held HTLCs; this is how long it may take.
        Stage stage = await Stage.SetAsync(net, options => options["dev-lsps2-collect-timeout"] = 5);
        Bolt11Invoice invoice = await stage.InvoiceAsync(Stage.Price);
        IHeldCommand? held = command is null ? null : await stage.Provider.HoldNextAsync(command);
        SentPart[] parts = await stage.SendAsync(invoice, parts: 2, sent: command is null ? 1 : 2);
        await (held?.Asked ?? stage.HeldAsync(1));
        await stage.Provider.KillPluginAsync();
        Assert.All(await parts.OutcomesAsync(), outcome => Assert.Equal(Failure.UnknownNextPeer, outcome.Failure));
        await stage.Provider.StopAsync();
        await stage.ComeBackAsync();
        await stage.AssertGivenBackAsync(parts, Failure.UnknownNextPeer);
        await stage.AssertSoldAsync(await stage.SendAsync(invoice, 2), Stage.Price, Stage.Fee);
    }

    private static async Task EndAsync(Stage stage, Who who)
    {
        if (who == Who.Node)
        {
            await stage.Provider.KillAsync();
            return;
        }

        await stage.Provider.KillPluginAsync();
        await stage.Provider.StopAsync();
    }

    private static string ToSentence(this string name) => name.Replace("_Node_", "_node_", StringComparison.Ordinal).Replace("_Plugin_", "_plugin_", StringComparison.Ordinal);
}

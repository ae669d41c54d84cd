using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Simulation.Tests.Scenarios;

/// <summary>Every step of an opening, struck in every way; and a restart at every save.</summary>
public class StepMatrix
{
    private static readonly string[] Steps =
        ["connect", "fundchannel_start", "fundpsbt", "addpsbtoutput", "reserveinputs", "fundchannel_complete", "listpeerchannels", "setchannel", "signpsbt", "sendpsbt"];

    /// <summary>Saves of a session that fails; one that is paid makes a few more.</summary>
    private const int FewestSaves = 6;

    internal const int MostSaves = 28;

    public static TheoryData<string, Blow> Openings =>
        [.. Steps.SelectMany(step => Enum.GetValues<Blow>().Select(blow => new TheoryDataRow<string, Blow>(step, blow)))];

    /// <summary>From the first save of a session to the last one: all of them, with a wallet that pays and one that does not.</summary>
    public static TheoryData<int, Blow, WalletBehaviour> Saves =>
    [
        .. from write in Enumerable.Range(1, MostSaves)
           from blow in Enum.GetValues<Blow>()
           from behaviour in new[] { WalletBehaviour.Settles, WalletBehaviour.Rejects }
           select new TheoryDataRow<int, Blow, WalletBehaviour>(write, blow, behaviour),
    ];

    [Theory]
    [MemberData(nameof(Openings))]
    [Covers("B02", "B07", "B08", "B09", "B10", "B15", "B19", "B23", "C12", "S14")]
    public void A_step_that_is_struck_ends_with_all_paid_or_all_given_back_and_then_a_retry_pays(string step, Blow blow) => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();

        // The look whether the channel is usable is the first one after its funding.
        bool funded = step != "listpeerchannels";
        scene.World.Network.Observed += e => funded |= e.What == "rpc fundchannel_complete done";
        var strike = new Strike(scene, method => funded && method == step, 1, blow);
        SimOutcome[] outcomes = await scene.OutcomesAsync(scene.World.Payer.SendParts(invoice, 3, scene.World.Channels));
        await strike.Crash;
        Assert.True(strike.Fell);
        Assert.Single(outcomes.Select(outcome => outcome.IsSettled).Distinct());
        bool afterPayment = step is "signpsbt" or "sendpsbt";
        if (afterPayment) Scene.AssertSettled(outcomes);
        if (outcomes[0].IsSettled) return;
        await scene.BlocksAsync(10);
        scene.AssertNothingHappened();
        Scene.AssertSettled(await scene.PayAsync(invoice));
    });

    [Theory]
    [MemberData(nameof(Saves))]
    [Covers("S01", "S03", "S08", "C09", "C10", "C11", "C13")]
    public void A_save_that_is_struck_ends_with_all_paid_or_all_given_back(int write, Blow blow, WalletBehaviour behaviour) => Scene.Play(
        async scene =>
        {
            Bolt11Invoice invoice = await scene.BuyAsync();
            var strike = new Strike(scene, method => method is "datastore" or "deldatastore", write, blow);
            SimOutcome[] outcomes = await scene.OutcomesAsync(scene.World.Payer.SendParts(invoice, 3, scene.World.Channels));
            await scene.BlocksAsync(10);
            await strike.Crash;
            Assert.True(strike.Fell || write > FewestSaves);
            Assert.Single(outcomes.Select(outcome => outcome.IsSettled).Distinct());
            if (behaviour == WalletBehaviour.Settles && write > 2) Scene.AssertSettled(outcomes);
            if (behaviour == WalletBehaviour.Rejects) scene.AssertNothingHappened();
        },
        before: scene => scene.Wallet.Behaviour = behaviour);

    [Fact]
    public void The_matrix_of_saves_reaches_the_last_one() => Scene.Play(async scene =>
    {
        Bolt11Invoice invoice = await scene.BuyAsync();
        int writes = scene.Provider.Datastore.Writes;
        var income = new List<string>();

        // Of the income: the sale when its funding is sent and when it is over, and what the node's list of forwards says of it.
        scene.World.Network.Observed += e =>
        {
            if (e.What == "rpc datastore" && e.Content["key"] is JsonArray key && (string?)key[0] == "lsps" && (string?)key[1] is "income" or "routed") income.Add((string)key[1]!);
        };
        Scene.AssertSettled(await scene.PayAsync(invoice));
        await scene.BlocksAsync(15);
        Assert.InRange(scene.Provider.Datastore.Writes - writes, FewestSaves, MostSaves);
        Assert.Equal(["income", "income", "routed"], income.Order(StringComparer.Ordinal));
    });
}

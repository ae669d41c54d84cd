using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>What is misconfigured or will hurt soon. Each finding has a remedy.</summary>
/// <param name="Findings">What was found, in no particular order.</param>
/// <param name="Unseen">The codes of what could not be looked at, because the node did not answer.</param>
internal sealed record Checkup(IReadOnlyList<Finding> Findings, IReadOnlySet<string> Unseen)
{
    /// <summary>How many steps a look has, for its progress.</summary>
    public const int Steps = 4;

    /// <summary>From this many attempts on, a broadcast or a release is stuck; the log says so from then on too.</summary>
    private const int StuckAfter = 5;

    /// <summary>Below this many seconds autoclean may delete the row of a forward before the plugin has seen what became of it.</summary>
    private const ulong ShortestForwardsAge = 86_400;

    /// <summary>The node's options by which autoclean deletes rows of forwards.</summary>
    private static readonly string[] ForwardsAges = ["autoclean-succeededforwards-age", "autoclean-failedforwards-age"];

    /// <summary>What is known only from the node's answers, and about its money only from several of them.</summary>
    private static readonly string[] OfTheNode = ["behind"], OfAutoclean = ["autoclean"], OfTheMoney = ["no_feerates", "no_coins", "few_coins", "feerates_rose", "no_ways_in", "few_ways_in"];

    /// <summary>Looks at everything.</summary>
    /// <param name="desk">What is looked at.</param>
    /// <param name="onStep">Called with the number of each step, from 0, before it.</param>
    public static async Task<Checkup> RunAsync(OperatorDesk desk, Action<int> onStep) => await RunAsync(desk, () => LiquidityView.ReadAsync(desk.Node, desk.Stopping), onStep);

    /// <summary>Looks at everything, with what the caller knows of the node's money.</summary>
    public static Task<Checkup> RunAsync(OperatorDesk desk, (LiquidityView? View, string? Problem) money) => RunAsync(desk, () => new(money), static _ => { });

    private static async Task<Checkup> RunAsync(OperatorDesk desk, Func<ValueTask<(LiquidityView? View, string? Problem)>> readMoney, Action<int> onStep)
    {
        var findings = new List<Finding>();
        var unseen = new HashSet<string>(StringComparer.Ordinal);
        onStep(0);
        LookAtSales(desk, findings);
        LookAtLimits(desk, findings);
        findings.AddRange(desk.Provider.Incidents);
        onStep(1);
        if (!await LookAtNodeAsync(desk, findings)) unseen.UnionWith(OfTheNode);
        onStep(2);
        if (!await LookAtAutocleanAsync(desk, findings)) unseen.UnionWith(OfAutoclean);
        onStep(3);
        if (!LookAtMoney(desk, await readMoney(), findings)) unseen.UnionWith(OfTheMoney);
        return new Checkup(findings, unseen);
    }

    private static void LookAtSales(OperatorDesk desk, List<Finding> findings)
    {
        if (!desk.Options.Sells)
        {
            findings.Add(new("role_off", Urgency.Now, "The provider's role is off: the plugin only finishes what is on record.", $"Start the node with {PluginOptions.ServiceFlag} to sell channels."));
        }

        if (desk.Provider.Pause.Current is { } paused)
        {
            findings.Add(new("paused", Urgency.Note, $"The sale is paused since {LspsTime.Write(paused.Since)}{(paused.Reason is { } why ? $": {why}" : "")}.", "lsps-resume sells again."));
        }

        PriceList prices = desk.Provider.Prices.Current();
        if (prices.Entries.IsEmpty)
        {
            findings.Add(new("no_prices", Urgency.Now, "The price file was never read, so the menu is empty.", "The log has a line `the prices of FILE cannot be read` that says why; correct the file."));
        }
        else if (desk.Provider.Prices.Problem is { } unread)
        {
            findings.Add(new("old_prices", Urgency.Soon, $"The price file cannot be read, and the previous prices stay in force: {unread}.", "Correct the file; it is read again when it changes, and with each block."));
        }

        foreach (string remark in desk.Provider.Remarks)
        {
            findings.Add(new("record", Urgency.Soon, $"At the start: {remark}.", "A record that cannot be read is left alone. If a newer version wrote it, go back to that version; else see the manual, RECORDS."));
        }

        foreach (SessionReport session in desk.Registry.Report().SelectMany(static offer => offer.Sessions))
        {
            if (session.State is Broadcasting { Attempt: >= StuckAfter } broadcasting)
            {
                findings.Add(new("broadcast_stuck", Urgency.Now, $"The funding of the paid channel {broadcasting.Plan.Channel} could not be broadcast {broadcasting.Attempt} times.", "See the error in the log and whether the chain daemon answers; then lsps-retry."));
            }
            else if (session.State is Unwinding { Funding: Releasing { Attempt: >= StuckAfter } releasing })
            {
                findings.Add(new("release_stuck", Urgency.Now, $"What the failed payment {session.PaymentHash} left on the node could not be released {releasing.Attempt} times.", "See the error in the log; then lsps-retry."));
            }
            else if (session.State is Underpaid underpaid)
            {
                findings.Add(new("underpaid", Urgency.Soon, $"The wallet paid only a part of the opening fee of {underpaid.Plan.Channel}: its funding is withheld.", "It is funded when the rest is paid, or when lsps2-max-loss-sat allows the loss."));
            }
        }
    }

    private static void LookAtLimits(OperatorDesk desk, List<Finding> findings)
    {
        RegistryLimits bounds = desk.Options.Bounds;
        if (desk.Registry.Offers.Count >= bounds.MaxOffers / 2)
        {
            findings.Add(new("many_offers", Urgency.Soon, $"{desk.Registry.Offers.Count} of {bounds.MaxOffers} offers are live: from half of them on, each wallet may have only one.", "Raise lsps2-max-offers, or lower lsps2-offer-validity."));
        }

        Sat lost = desk.Registry.Losses.Lost + desk.Registry.Losses.AtRisk;
        if (lost.Value > 0 && lost >= bounds.Losses.Total)
        {
            findings.Add(new("losses", Urgency.Soon, $"{lost} are lost or at risk, and lsps2-max-loss-sat is {bounds.Losses.Total.Value}: no further risk is taken.", "See lsps-clients for who caused it; raise the limit if the business bears it."));
        }

        int refused = desk.Registry.Admission.Reputation.Listed().Count(static client => client.Level == ReputationLevel.Refused);
        if (refused > 0) findings.Add(new("refused_clients", Urgency.Note, $"{refused} wallet(s) are refused for openings that they wasted.", "lsps-clients lists them; lsps-forgive clears one."));
        if (desk.Options.Limits.CltvDelta < desk.Provider.Settings.CltvDelta)
        {
            findings.Add(new("cltv_delta", Urgency.Note, $"lsps2-cltv-expiry-delta is {desk.Options.Limits.CltvDelta.Value}, below the node's cltv-delta of {desk.Provider.Settings.CltvDelta.Value}, which is used instead.", "Raise lsps2-cltv-expiry-delta."));
        }
    }

    /// <returns>False if the node does not answer.</returns>
    private static async Task<bool> LookAtNodeAsync(OperatorDesk desk, List<Finding> findings)
    {
        var info = await desk.Node.GetInfoAsync(desk.Stopping);
        if (!info.IsOk)
        {
            findings.Add(Unanswered($"getinfo: {info.Error}"));
            return false;
        }

        if (info.Value.Behind() is { } because)
        {
            findings.Add(new("behind", Urgency.Now, $"The node is behind the chain, so nothing is sold and no channel is opened. It says: {because}", "See whether the chain daemon runs and is synchronized."));
        }

        return true;
    }

    /// <returns>False if the node does not answer.</returns>
    private static async Task<bool> LookAtAutocleanAsync(OperatorDesk desk, List<Finding> findings)
    {
        foreach (string option in ForwardsAges)
        {
            (ulong? age, bool isKnown) = await NodeSettings.LookAsync(desk.Node, option, desk.Stopping);
            if (!isKnown) return false;
            if (age is not ({ } seconds and > 0 and < ShortestForwardsAge)) continue;
            findings.Add(new("autoclean", Urgency.Soon, $"{option} is {seconds}: a row may be deleted before the plugin has seen what became of the forward.", $"Set it to {ShortestForwardsAge} (a day) or more, or to 0."));
        }

        return true;
    }

    /// <returns>False if the node does not answer.</returns>
    private static bool LookAtMoney(OperatorDesk desk, (LiquidityView? View, string? Problem) money, List<Finding> findings)
    {
        (LiquidityView? view, string? problem) = money;
        if (view is null)
        {
            findings.Add(Unanswered(problem!));
            return false;
        }

        if (view.Fees is null)
        {
            findings.Add(new("no_feerates", Urgency.Now, "The node has no fee estimates: prices that follow the chain are not offered.", "See `lightning-cli feerates perkw` and the chain daemon (estimatesmartfee)."));
        }

        PriceList prices = desk.Provider.Prices.Current();
        Offer[] unpaid = [.. desk.Registry.Report().Where(static offer => offer.PaidChannel is null).Select(static offer => offer.Offer)];
        if (CoinsFor(view, desk.Provider, unpaid.Length) is { } lacking) findings.Add(lacking);
        if (view.Fees is { } fees && Shortfall.Of(unpaid, fees.CostOfChannel(), desk.Options.Limits.MaxShortfall) is { Offers: > 0 } rise
            && (rise.Refused > 0 || prices.Entries.Any(static entry => entry.ChainFeePercent > 0)))
        {
            // A price list that ignores on-chain fees is meant to sell below them.
            findings.Add(new(
                "feerates_rose",
                Urgency.Soon,
                $"{rise.Offers} unpaid offer(s) were sold for less than their channels cost at the present feerates: {rise.Sum} less if all are paid{(rise.Refused > 0 ? $", without {rise.Refused} for which no channel is opened now (lsps2-max-shortfall-sat)" : "")}.",
                "An offer that nobody pays costs nothing. lsps-cancel takes one back; if it happens often, lower lsps2-offer-validity or raise lsps2-chain-fee-percent."));
        }

        PeerChannel[] ways = [.. view.WaysIn.Where(static way => way.PeerConnected)];
        Msat receivable = ways.Select(static way => way.ReceivableMsat ?? Msat.Zero).Aggregate(Msat.Zero, static (sum, one) => Msat.TryAdd(sum, one, out Msat more) ? more : Msat.Max);
        Msat largest = prices.Entries.Select(static entry => entry.MaxPaymentSize).DefaultIfEmpty().Max();
        if (ways.Length == 0)
        {
            findings.Add(new("no_ways_in", Urgency.Now, "No public channel is usable, so no payment can come.", "Have others open channels to this node, and see that their peers are connected."));
        }
        else if (receivable < largest)
        {
            findings.Add(new("few_ways_in", Urgency.Soon, $"The public channels can receive {receivable}, and payments up to {largest} are on the price list.", "Get more inbound liquidity, or lower lsps2-max-payment-msat."));
        }

        return true;
    }

    private static Finding? CoinsFor(LiquidityView view, RunningProvider provider, int unpaid)
    {
        PriceList prices = provider.Prices.Current();
        var usual = UsualChannel.Of(provider);
        Sat largest = UsualChannel.For(prices), smallest = prices.Size.For(prices.Entries.Select(static entry => entry.MinPaymentSize).DefaultIfEmpty().Min());
        int openings = view.OpeningsLeft(usual.Size);
        if (openings == 0 && view.OpeningsLeft(smallest) == 0)
        {
            return new("no_coins", Urgency.Now, $"No channel of {usual.Size} can be opened: the free coins do not pay for one.", "Send coins to the node (lightning-cli newaddr); lsps-liquidity shows what is reserved or unconfirmed.");
        }

        if (openings == 0 && usual.IsSold)
        {
            return new("few_coins", Urgency.Soon, $"No channel of {usual.Size}, the usual size, can be opened: the free coins pay for smaller ones only.", "Send coins to the node, several of the size of a channel rather than a large one.");
        }

        if (openings < unpaid && openings > 0)
        {
            return new("few_coins", Urgency.Soon, $"{unpaid} offers wait for their payment, and the free coins pay for {openings} channel(s) of {usual.Size}.", "Send coins to the node, several of the size of a channel rather than a large one.");
        }

        return view.OpeningsLeft(largest) > 0
            ? null
            : new("small_coins", Urgency.Note, $"No channel of {largest}, for the largest payment on the price list, can be opened: the free coins pay for smaller ones only.", "Send coins to the node, or lower lsps2-max-payment-msat.");
    }

    private static Finding Unanswered(string problem) => new("node", Urgency.Now, $"The node does not answer: {problem}", "See the node's log.");
}

using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// One run with our plugin on all three nodes of a JIT sale: payer, provider and wallet. Programs pay JIT invoices and those of a shop in a storm of
/// faults; in the calm after it every payment must end, and one that nothing prevents must succeed.
/// </summary>
internal sealed class PayerStorm
{
    private const int MostBlocks = 700;
    private static readonly Sat HubSize = new(1_000_000);

    private readonly int _seed;
    private readonly VirtualClock _clock;
    private readonly SimRandom _draw;
    private readonly PayerPlan _plan;
    private readonly CheckerSet _checkers = new();
    private readonly StormTally _tally = new();
    private readonly JitWorld _world;
    private readonly SimNode _shop;
    private readonly List<Payout> _payouts = [];
    private readonly List<PayoutProgram> _programs = [];
    private readonly List<Task> _running = [];
    private bool _isCalm;
    private bool _isOver;

    private PayerStorm(int seed, VirtualClock clock, SimBuild build, Action<string>? tell)
    {
        (_seed, _clock, _draw, _plan) = (seed, clock, new SimRandom(seed, "payer's storm"), new PayerPlan(seed));
        _world = JitWorld.Build(clock, _plan.Channels, watch: Watch);
        _world.PayerNode.Build = build;
        _shop = _world.Network.AddNode("shop");
        foreach (PlannedHub planned in _plan.Hubs) Open(planned);
        (_world.Wallet.Behaviour, _world.Wallet.HoldTime) = (_plan.WalletDoes, _plan.HoldTime);
        (_shop.Behaviour, _shop.HoldTime) = (_plan.ShopDoes, _plan.HoldTime);

        void Watch(SimNetwork network)
        {
            _checkers.Attach(network);
            if (tell is null) return;
            network.Observed += e => tell($"{clock.Now:HH:mm:ss.fff} {e.Node} {e.What} {e.Content.ToJsonString()}");
            _tally.Counted += what => tell($"{clock.Now:HH:mm:ss.fff} * {what}");
        }
    }

    public static Task<(IReadOnlyList<string> Violations, StormTally Tally)> RunAsync(int seed, VirtualClock clock, SimBuild build, Action<string>? tell) => new PayerStorm(seed, clock, build, tell).RunAsync();

    private async Task<(IReadOnlyList<string> Violations, StormTally Tally)> RunAsync()
    {
        await _world.StartInProcessAsync(_seed);
        await _world.StartPayerAsync(_seed + 100);
        for (int i = 0; i < _plan.Sold; i++) await BuyAsync($"sold {i}");
        for (int i = 0; i < _plan.Ordinary; i++) AddOrdinary($"ordinary {i}", _draw.Pick<ulong?>(null, null, 100, 1000));
        LeaveRoom();
        var faults = new PayerFaults(_seed, _plan, _world, _tally);
        foreach (PlannedPayerCrash crash in _plan.Crashes.Where(static crash => crash.AtCommand is null)) _ = faults.RunAsync(crash);
        var follower = new PayoutFollower(new SimRandom(_seed, "follower"), _world, () => _isCalm);
        Task following = follower.RunAsync(() => _isOver);
        foreach (Payout payout in _payouts) Begin(payout);
        await StormAsync();
        faults.Enabled = false;
        Payout last = await CalmAsync();
        List<Payout> undecided = [.. _payouts.Where(static payout => !payout.WasDecided)];
        await EndAsync();
        _isOver = true;
        await following;
        foreach (Task program in _running) await program;
        List<string> violations = Violations(undecided, last);
        if (violations.Count == 0 && await follower.MissedAsync(_payouts) is { } missed) violations.Add(missed);
        await _world.StopAsync();
        return (violations, _tally);
    }

    private void Open(PlannedHub planned)
    {
        SimNode hub = _world.Network.AddNode($"hub {_world.Network.Nodes.Count}");
        hub.FeeBase = planned.FeeBase;
        _world.Network.OpenChannel(_world.PayerNode, hub, HubSize);
        SimChannel behind = _world.Network.OpenChannel(hub, _shop, HubSize);
        if (planned.IsEmpty) behind.Push(behind.Spendable(hub));
    }

    private async Task BuyAsync(string label)
    {
        var price = new Msat((ulong)_draw.Between(5_000_000L, 300_000_000L));
        SimPurchase bought = await _world.BuyAsync(0, price, label);
        _payouts.Add(new Payout(label, bought.Text, _world.Wallet, price, RetryFor(), maxFee: null));
    }

    /// <param name="label">Its label and id.</param>
    /// <param name="maxFee">In msat; null for the usual limit.</param>
    /// <param name="longEnough">Whether its time is long enough for a second part: a connection that the storm broke may be noticed by the first.</param>
    private Payout AddOrdinary(string label, ulong? maxFee, bool longEnough = false)
    {
        var price = new Msat((ulong)_draw.Between(100_000L, 300_000_000L));
        string text = SimRandom.Of(_seed, "payer's offers", _payouts.Count).Chance(0.3)
            ? (string)_shop.OfferDesk.Make(new JsonObject { ["amount"] = price.Value, ["description"] = label })["bolt12"]!
            : (string)_shop.InvoiceDesk.Make(new JsonObject { ["amount_msat"] = price.Value, ["label"] = label, ["description"] = "tea" })["bolt11"]!;
        TimeSpan retryFor = RetryFor();
        var payout = new Payout(label, text, _shop, price, longEnough && retryFor < TimeSpan.FromMinutes(10) ? TimeSpan.FromMinutes(10) : retryFor, maxFee);
        _payouts.Add(payout);
        if (payout.IsOffer) _tally.Count("an offer instead of an invoice");
        return payout;
    }

    private TimeSpan RetryFor() => TimeSpan.FromSeconds(_draw.Pick(0, 30, 60, 600, 7200, 7200));

    /// <summary>Each channel to the provider carries only a part of the largest price.</summary>
    private void LeaveRoom()
    {
        ulong most = _payouts.Max(static payout => payout.Amount.Value), room = (ulong)(most * _plan.Room) + 10_000_000;
        foreach (SimChannel channel in _world.Channels)
        {
            ulong has = channel.Spendable(_world.PayerNode).Value;
            if (has > room) channel.Push(new Msat(has - room));
        }
    }

    /// <summary>One to three copies of a program, and nobody knows of the other.</summary>
    private void Begin(Payout payout)
    {
        for (int i = _draw.Pick(1, 1, 2, 3); i > 0; i--)
        {
            var program = new PayoutProgram(SimRandom.Of(_seed, "program", _programs.Count), _world, payout, _tally, () => _isCalm, () => _isOver);
            _programs.Add(program);
            _running.Add(program.RunAsync());
        }
    }

    private async Task StormAsync()
    {
        long end = _clock.GetTimestamp() + _draw.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(_draw.Pick(30, 120, 300))).Ticks;
        while (_clock.GetTimestamp() < end)
        {
            await Task.Delay(_draw.Between(TimeSpan.FromSeconds(1), _plan.BlockTime), _clock);
            _world.Network.Chain.Mine();
            if (_draw.Chance(_plan.Offline)) await DisconnectAsync();
        }

        _isCalm = true;
    }

    private async Task DisconnectAsync()
    {
        SimNode[] peers = [.. _world.PayerNode.Channels.Select(channel => channel.Other(_world.PayerNode)).Distinct()];
        SimNode peer = _draw.Pick(peers);
        _tally.Count("a peer of the payer's disconnected");
        _world.Network.Disconnect(_world.PayerNode, peer);
        await Task.Delay(_draw.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(_draw.Pick(2, 30))), _clock);
        _world.Network.Connect(_world.PayerNode, peer);
    }

    /// <summary>Brings everybody up, gives the payer channels with liquidity, and begins a payment that nothing prevents.</summary>
    private async Task<Payout> CalmAsync()
    {
        foreach (SimNode node in (SimNode[])[_world.PayerNode, _world.Provider])
        {
            while (!_world.IsUp(node) || node.Commands is null) await Task.Delay(TimeSpan.FromSeconds(1), _clock);
        }

        foreach (SimNode peer in _world.PayerNode.Channels.Select(channel => channel.Other(_world.PayerNode)).Distinct().ToArray()) _world.Network.Connect(_world.PayerNode, peer);
        _world.Network.Connect(_world.Provider, _world.Wallet);
        foreach (Payout payout in _payouts) payout.WasDecided = IsDecided(payout);
        (_world.Wallet.Behaviour, _shop.Behaviour) = (WalletBehaviour.Settles, WalletBehaviour.Settles);
        _world.Network.OpenChannel(_world.PayerNode, _world.Provider, new Sat(10_000_000));
        _world.Network.OpenChannel(_world.PayerNode, _shop, new Sat(10_000_000));
        Payout last = AddOrdinary("last", maxFee: null, longEnough: true);
        Begin(last);
        return last;
    }

    /// <summary>Whether its end, or that it is given up, is on record, though no program may have heard of it.</summary>
    private bool IsDecided(Payout payout) => Record("status", payout) is { } status && ((string?)status["status"] is "succeeded" or "failed" || status["reason"] is not null);

    private JsonNode? Record(string place, Payout payout) => _world.PayerNode.Datastore.Find("lsps-payer", place, Uri.EscapeDataString(payout.Id)) is { } text ? JsonNode.Parse(text) : null;

    /// <summary>Returns the hash of what is paid; that of an offer is on record once its invoice is fetched.</summary>
    private PaymentHash? HashOf(Payout payout) => payout.IsOffer
        ? Record("status", payout) is not null && (string?)Record("payments", payout)?["payment_hash"] is { } hash ? PaymentHash.Parse(hash) : null
        : Bolt11Invoice.TryParse(payout.Text, out Bolt11Invoice? invoice) ? invoice.PaymentHash : null;

    /// <summary>Mines blocks until every payment has ended.</summary>
    private async Task EndAsync()
    {
        for (int i = 0; i < MostBlocks && (i < 4 || IsAnyAlive()); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(30), _clock);
            _world.Network.Chain.Mine();
        }

        for (int i = 0; i < 20; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(20), _clock);
            _world.Network.Chain.Mine();
        }
    }

    private bool IsAnyAlive() =>
        _world.PayerNode.Datastore.Under("lsps-payer", "live").Any() || _payouts.Any(static payout => payout is { HasBegun: true, End: null, Rejected: null }) || _world.PayerNode.Channels.Any(static channel => channel.Htlcs.Count > 0);

    private List<string> Violations(List<Payout> undecided, Payout last)
    {
        _checkers.AtEnd(_world);
        List<string> violations = [.. _world.Network.Fatalities.Select(static fatality => $"{Trial.Node}: {fatality}"), .. _checkers.Violations, .. _programs.Select(static program => program.Violation).OfType<string>()];
        if (last.End != "succeeded") violations.Add($"nothing went wrong any more, and a payment ended as {last.End ?? last.Rejected ?? "nothing"}");
        foreach (Payout payout in _payouts)
        {
            if (PaidTo(payout) > payout.Amount.Value) violations.Add($"{payout.Id} was paid {PaidTo(payout)}msat of {payout.Amount.Value}msat");
            if (PaidTo(payout) == 0 && payout.End == "succeeded") violations.Add($"{payout.Id} succeeded, and its receiver got nothing");
        }

        // No fault any more, time left, and a receiver that takes it: it had to succeed.
        DateTimeOffset calm = last.AskedAt ?? DateTimeOffset.MinValue;
        foreach (Payout payout in undecided.Where(payout => payout.Receiver == _shop && payout is { HasBegun: true, IsDisturbed: false } && payout.AskedAt + payout.RetryFor > calm + TimeSpan.FromMinutes(30)))
        {
            if (payout.End != "succeeded" && !_plan.HasLongParts && !MayBeRefused(payout)) violations.Add($"{payout.Id} could still succeed in the calm, and ended as {payout.End ?? payout.Rejected ?? "nothing"}");
        }

        return violations;
    }

    /// <summary>Whether the receiver refused in the storm, which may be on record only in the calm.</summary>
    private bool MayBeRefused(Payout payout) => _plan.ShopDoes == WalletBehaviour.Rejects && HashOf(payout) is { } hash && _world.PayerNode.Paying.Parts.Ever.Any(row => row.Hash == hash);

    /// <summary>Returns what a receiver got of the payer, whoever sent it.</summary>
    private ulong PaidTo(Payout payout) => HashOf(payout) is { } hash
        ? _world.PayerNode.Paying.Parts.Ever.Where(row => row.Hash == hash && row.Htlc is { IsSettled: true }).Aggregate(0UL, static (sum, row) => sum + row.Amount.Value)
        : 0;
}

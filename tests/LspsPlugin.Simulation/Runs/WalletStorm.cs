using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Checkers;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Runs;

/// <summary>
/// One run of a wallet against a hostile provider, which sells channels, opens them by hand, funds them or does not, and sends any HTLCs
/// through them. The wallet has a real channel with another peer, over which it never pays anything itself, and also buys from an honest
/// provider.
/// </summary>
internal sealed class WalletStorm
{
    private const int Acts = 8;

    private readonly int _seed;
    private readonly VirtualClock _clock;
    private readonly SimRandom _draw;
    private readonly CheckerSet _checkers = new();
    private readonly StormTally _tally = new();
    private readonly JitWorld _world;
    private readonly HostileProvider _hostile;
    private readonly SimNode _shop;
    private readonly SimChannel _real;
    private readonly List<(SimPurchase Purchase, Sat Needed)> _bought = [];
    private readonly List<SimChannel> _opened = [];
    private readonly List<Task<SimOutcome>> _sent = [];
    private readonly ulong _before;
    private int _numbers;

    private WalletStorm(int seed, VirtualClock clock, SimBuild build, Action<string>? tell)
    {
        (_seed, _clock, _draw) = (seed, clock, new SimRandom(seed, "hostile provider"));
        _world = JitWorld.Build(clock, watch: Watch);
        _world.WalletTrust = _draw.Pick("never", "always", "ask");
        _world.Wallet.Build = build;
        _shop = _world.Network.AddNode("shop");
        _real = _world.Network.OpenChannel(_world.Wallet, _shop, new Sat(2_000_000), new Msat(500_000_000));
        _hostile = HostileProvider.Join(_world.Network, _world.Wallet);
        _hostile.WantsTrust = _world.WalletTrust == "always" && _draw.Chance(0.5);
        _before = _real.End(_world.Wallet).Balance;

        void Watch(SimNetwork network)
        {
            _checkers.Attach(network);
            if (tell is null) return;
            network.Observed += e => tell($"{clock.Now:HH:mm:ss.fff} {e.Node} {e.What} {e.Content.ToJsonString()}");
            _tally.Counted += what => tell($"{clock.Now:HH:mm:ss.fff} * {what}");
        }
    }

    private SimNode Wallet => _world.Wallet;

    public static Task<(IReadOnlyList<string> Violations, StormTally Tally)> RunAsync(int seed, VirtualClock clock, SimBuild build, Action<string>? tell) => new WalletStorm(seed, clock, build, tell).RunAsync();

    private async Task<(IReadOnlyList<string> Violations, StormTally Tally)> RunAsync()
    {
        await _world.StartInProcessAsync(_seed);
        for (int i = _draw.Pick(1, 1, 2); i > 0; i--) await BuyAsync();
        SimPurchase? honest = _draw.Chance(0.4) ? await BuyHonestAsync() : null;
        for (int i = 0; i < Acts; i++)
        {
            await ActAsync(_draw.Next(15));
            await Task.Delay(_draw.Between(TimeSpan.Zero, TimeSpan.FromSeconds(_draw.Pick(0, 0, 1, 30, 90))), _clock);
        }

        SimOutcome[] paid = honest is null ? [] : await PayHonestAsync(honest);
        await CalmAsync();
        _checkers.AtEnd(_world);
        List<string> violations = [.. _world.Network.Fatalities.Select(static fatality => $"{Trial.Node}: {fatality}"), .. _checkers.Violations];
        if (_real.End(Wallet).Balance < _before) violations.Add($"the wallet paid {_before - _real.End(Wallet).Balance}msat over its own channel, and bought nothing");
        if (_sent.Any(static sent => !sent.IsCompleted)) violations.Add("an HTLC is left hanging");
        if (paid.FirstOrDefault(static outcome => !outcome.IsSettled) is { } unpaid) violations.Add($"an honest payment through an honest provider failed with {unpaid.Failure}");
        await _world.StopAsync();
        return (violations, _tally);
    }

    private async Task BuyAsync()
    {
        var size = new Msat((ulong)_draw.Between(20_000L, 300_000L) * 1000);
        if (await OrderAsync(_hostile.Node, size) is not { } invoice) return;
        _bought.Add((new SimPurchase(Wallet, invoice, size), size.ToSatCeil()));
    }

    /// <summary>Buys from the honest provider; the hostile one sees the JIT scid in the invoice and may sell it too.</summary>
    private async Task<SimPurchase?> BuyHonestAsync()
    {
        var size = new Msat((ulong)_draw.Between(20_000L, 300_000L) * 1000);
        var order = new JsonObject { ["client_trusts_lsp"] = _world.WalletTrust == "ask" ? true : null };
        if (await OrderAsync(_world.Provider, size, order) is not { } invoice) return null; // it requires trust, and the wallet refuses
        var purchase = new SimPurchase(Wallet, invoice, size);
        _world.Purchases.Add(purchase);
        if (!_draw.Chance(0.5)) return purchase;
        _tally.Count("a JIT scid of another provider's sold");
        _hostile.Sells = purchase.JitScid;
        await BuyAsync();
        _hostile.Sells = null;
        return purchase;
    }

    private async Task<Bolt11Invoice?> OrderAsync(SimNode provider, Msat size, JsonObject? more = null)
    {
        var order = new JsonObject { ["lsp_id"] = provider.Id.ToString(), ["amount_msat"] = size.Value, ["description"] = "a coffee", ["label"] = $"invoice {++_numbers}" };
        foreach ((string name, JsonNode? value) in more ?? []) order[name] = value?.DeepClone();
        try
        {
            JsonNode? made = await _world.WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", order);
            return (string?)made?["bolt11"] is { } text && Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice) ? invoice : null;
        }
        catch (SimRpcException)
        {
            _tally.Count("a purchase that the wallet refused");
            return null;
        }
    }

    private async Task ActAsync(int act)
    {
        switch (act)
        {
            case < 4:
                await OpenAsync();
                break;
            case < 6 when Channel() is { } over:
                await SendOnAsync(over);
                break;
            case 6 when Channel() is { } over:
                Do("an ordinary invoice of the wallet's paid over a channel without confirmation", _hostile.PayAsync(over, Ordinary(), Some(over)));
                break;
            case 7 when Channel() is { } over:
                Do("a keysend over a channel without confirmation", _hostile.KeysendAsync(over, Some(over), Secret()));
                break;
            case 8 or 9 when Channel() is { } over && _bought.Count > 0:
                PayBought(over, _draw.Pick(_bought.ToArray()).Purchase);
                break;
            case 10 when _opened.Count > 0:
                _tally.Count("a channel funded after all");
                _hostile.Fund(_draw.Pick(_opened.ToArray()));
                _world.Network.Chain.Mine(_draw.Between(1, 3));
                break;
            case 11:
                _world.Network.Chain.Mine(_draw.Between(1, 8));
                break;
            case 12 or 14:
                await DisturbAsync();
                break;
            case 13 when _bought.Count > 0:
                SimPurchase other = _draw.Pick(_bought.ToArray()).Purchase;
                Do("a JIT invoice paid by another way", Elsewhere(other.Invoice));
                break;
            default:
                break;
        }
    }

    private async Task OpenAsync()
    {
        if (_bought.Count == 0 || !_world.Network.AreConnected(_hostile.Node, Wallet)) return;
        Sat needed = _draw.Pick(_bought.ToArray()).Needed;
        var capacity = new Sat(_draw.Pick(needed.Value + 20_000, needed.Value + 20_000, needed.Value * 20, needed.Value / 2));
        SimChannel? opened = await _hostile.OpenAsync(Wallet, capacity);
        _tally.Count(opened is null ? "an opening refused" : "a channel without confirmation opened");
        if (opened is not null) _opened.Add(opened);
    }

    /// <summary>The attack: an unbacked balance comes in, and real coins go out.</summary>
    private async Task SendOnAsync(SimChannel over)
    {
        Preimage preimage = Secret();
        var amount = new Msat(Some(over).Value / 2);
        _shop.Invoices.Add(new SimInvoice($"stolen {_numbers}", "", preimage, amount, ulong.MaxValue / 2, 1));
        Do("an HTLC over a channel without confirmation, to be sent on", _hostile.SendThroughAsync(over, _real.RealScid!.Value, amount, new Msat(1_000_000), preimage));
        await _world.Network.LatencyAsync();
    }

    private void PayBought(SimChannel over, SimPurchase purchase)
    {
        Msat price = purchase.Price!.Value, fee = new(price.Value / 1000);
        switch (_draw.Next(5))
        {
            case 0:
                Do("a crumb of a JIT payment with another total", _hostile.PayAsync(over, purchase.Invoice, new Msat(1000), new Msat(price.Value * 2)));
                break;
            case 1:
                Do("a JIT payment without its secret", _hostile.PayAsync(over, purchase.Invoice, price, secret: Secret().DeriveSecret()));
                break;
            case 2:
                Do("half of a JIT payment", _hostile.PayAsync(over, purchase.Invoice, new Msat(price.Value / 2), fee: fee));
                Do("the other half of it", _hostile.PayAsync(over, purchase.Invoice, new Msat(price.Value - (price.Value / 2))));
                break;
            case 3:
                Do("a JIT payment that lacks more than was promised", _hostile.PayAsync(over, purchase.Invoice, price, fee: new Msat(fee.Value * 3)));
                break;
            default:
                Do("a JIT payment", _hostile.PayAsync(over, purchase.Invoice, price, fee: fee));
                break;
        }
    }

    private async Task DisturbAsync()
    {
        switch (_draw.Next(4))
        {
            case 0:
                _tally.Count("the wallet's node crashed");
                await _world.CrashAsync(Wallet, withNode: true, _draw.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)), _seed + 7);
                _world.Network.Connect(_hostile.Node, Wallet);
                _world.Network.Connect(_shop, Wallet);
                break;
            case 1:
                _tally.Count("the hostile provider disconnected");
                _world.Network.Disconnect(_hostile.Node, Wallet);
                await Task.Delay(_draw.Between(TimeSpan.Zero, TimeSpan.FromSeconds(30)), _clock);
                _world.Network.Connect(_hostile.Node, Wallet);
                break;
            case 2 when Channel() is { } closed:
                _tally.Count("a channel without confirmation given up");
                _world.Network.GiveUp(closed);
                break;
            default:
                _tally.Count("the wallet's plugin crashed");
                await _world.CrashAsync(Wallet, withNode: false, _draw.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)), _seed + 8);
                break;
        }
    }

    /// <summary>Pays over the wallet's real channel, as anybody with the invoice can.</summary>
    private Task<SimOutcome> Elsewhere(Bolt11Invoice invoice)
    {
        Msat amount = invoice.Amount!.Value;
        if (amount > _real.Spendable(_shop)) return Task.FromResult(new SimOutcome(null, "no room"));
        uint expiry = _world.Network.Chain.Height + 60;
        var done = new TaskCompletionSource<SimOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimHtlc htlc = _real.Offer(_shop, amount, expiry, invoice.PaymentHash, [SimHop.Final(amount, expiry, invoice.PaymentSecret, amount)], null, outcome => done.TrySetResult(outcome));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        return done.Task;
    }

    private async Task<SimOutcome[]> PayHonestAsync(SimPurchase purchase)
    {
        if (!_world.IsUp(Wallet) || !_world.Network.AreConnected(_world.Provider, Wallet)) return [];
        Task<PartResult>[] parts = _world.Payer.SendParts(purchase.Invoice, 2, _world.Channels);
        purchase.Sent.AddRange(parts);
        for (int i = 0; i < 60 && parts.Any(static part => !part.IsCompleted); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(30), _clock);
            _world.Network.Chain.Mine();
        }

        return [.. parts.Where(static part => part.IsCompleted).Select(static part => part.Result.Outcome)];
    }

    private async Task CalmAsync()
    {
        foreach (SimNode node in (SimNode[])[_hostile.Node, _shop, _world.Provider]) _world.Network.Connect(node, Wallet);
        for (int i = 0; i < 80 && (i < 14 || _sent.Any(static sent => !sent.IsCompleted)); i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(30), _clock);
            _world.Network.Chain.Mine();
        }

        await Task.Delay(TimeSpan.FromMinutes(3), _clock);
    }

    private SimChannel? Channel()
    {
        SimChannel[] alive = [.. _opened.Where(static channel => channel is { State: SimChannel.Normal, RealScid: null })];
        return alive.Length == 0 ? null : _draw.Pick(alive);
    }

    private Msat Some(SimChannel over) => new(Math.Max(10_000_000, over.Spendable(_hostile.Node).Value / 10));

    private Bolt11Invoice Ordinary()
    {
        JsonObject made = Wallet.InvoiceDesk.Make(new JsonObject { ["amount_msat"] = "any", ["label"] = $"ordinary {++_numbers}", ["description"] = "tea" });
        return Bolt11Invoice.TryParse((string)made["bolt11"]!, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException("no invoice");
    }

    private Preimage Secret() => Preimage.Parse($"{_seed:x32}{++_numbers:x32}");

    private void Do(string what, Task<SimOutcome> sent)
    {
        _tally.Count(what);
        _sent.Add(sent);
    }
}

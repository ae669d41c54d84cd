using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Host;

/// <summary>The usual stage: a payer with channels to a provider, and a wallet that has none.</summary>
public sealed class JitWorld
{
    private readonly SimPluginHost[] _walletPlugins;
    private readonly HashSet<SimNode> _crashed = [];

    /// <summary>Nodes that started and have not offered their held HTLCs yet.</summary>
    private readonly HashSet<SimNode> _replaying = [];

    private JsonObject _providerOptions = ProviderOptions;

    /// <summary>With which the provider starts again from now on.</summary>
    public void ChangeOptions(Action<JsonObject> change) => change(_providerOptions);

    private JitWorld(SimNetwork network, SimNode provider, SimNode[] wallets, SimNode payer, SimChannel[] channels)
    {
        (Network, Provider, Wallets, PayerNode, Channels) = (network, provider, wallets, payer, channels);
        Payer = new SimPayer(payer);
        _walletPlugins = new SimPluginHost[wallets.Length];
        (PayerBefore, CoinsBefore) = (payer.Balance, provider.Wallet.Total);
    }

    public SimNetwork Network { get; }

    public SimNode Provider { get; }

    /// <summary>The provider's clients, none of which has a channel of its own at first.</summary>
    public SimNode[] Wallets { get; }

    public SimNode Wallet => Wallets[0];

    public SimNode PayerNode { get; }

    /// <summary>From the payer to the provider.</summary>
    public SimChannel[] Channels { get; }

    public SimPayer Payer { get; }

    public SimPluginHost ProviderPlugin { get; private set; } = null!;

    public SimPluginHost WalletPlugin => _walletPlugins[0];

    /// <summary>The plugins of <see cref="Wallets"/>, in their order.</summary>
    public IReadOnlyList<SimPluginHost> WalletPlugins => _walletPlugins;

    /// <summary>Every purchase that was made, with what was paid for it.</summary>
    public List<SimPurchase> Purchases { get; } = [];

    /// <summary>What the operator's options bound on channels that are opened before they are paid for, in sat.</summary>
    /// <summary>What an operator may lose that sets nothing else.</summary>
    public const ulong UsualMaxLoss = 200_000;

    public ulong MaxLoss => Option("lsps2-max-loss-sat", UsualMaxLoss);

    /// <summary>The largest channel that the operator allows, in sat.</summary>
    public ulong MaxChannel => Option("lsps2-max-channel-sat", 16_777_215);

    public ulong MaxLossPerClient => Option("lsps2-max-loss-per-client-sat", 20_000);

    /// <summary>What the payer had before anything was sent.</summary>
    public Msat PayerBefore { get; }

    /// <summary>The provider's coins before anything was opened.</summary>
    public Sat CoinsBefore { get; }

    /// <summary>The JIT channel, once there is one.</summary>
    public SimChannel? JitChannel => Provider.ChannelsWith(Wallet).FirstOrDefault();

    public static JsonObject ProviderOptions => new()
    {
        ["experimental-lsps2-service"] = true,
        ["lsps2-min-fee-msat"] = 1_000_000,
        ["lsps2-chain-fee-percent"] = 0,
        ["lsps2-fee-ppm"] = 1000,
        ["lsps2-min-payment-msat"] = 2_000_000,
        ["lsps2-extra-inbound-sat"] = 20_000,
    };

    /// <summary>Whether the wallets take a payment before its channel is confirmed.</summary>
    public string WalletTrust { get; set; } = "always";

    private JsonObject WalletOptions => new() { ["experimental-lsps-client"] = true, ["lsps-client-trust"] = WalletTrust };

    /// <param name="channels">From the payer to the provider.</param>
    /// <param name="watch">Told of the network before anything happens in it.</param>
    /// <param name="wallets">How many clients there are.</param>
    /// <param name="coins">The provider's on-chain funds, unless it has none; one coin that is plenty unless told.</param>
    public static JitWorld Build(TimeProvider time, int channels = 1, bool withFunds = true, Action<SimNetwork>? watch = null, int wallets = 1, params IReadOnlyList<Sat> coins)
    {
        var network = new SimNetwork(time);
        watch?.Invoke(network);
        SimNode provider = network.AddNode("provider"), wallet = network.AddNode("wallet"), payer = network.AddNode("payer");
        SimNode[] clients = [wallet, .. Enumerable.Range(2, wallets - 1).Select(number => network.AddNode($"wallet{number}"))];
        SimChannel[] open = [.. Enumerable.Range(0, channels).Select(_ => network.OpenChannel(payer, provider, new Sat(10_000_000)))];
        if (withFunds && coins.Count == 0) provider.Wallet.Fund(new Sat(5_000_000));
        foreach (Sat coin in coins) provider.Wallet.Fund(coin);
        foreach (SimNode client in clients) network.Connect(provider, client);
        return new JitWorld(network, provider, clients, payer, open);
    }

    /// <summary>Starts both plugins as real processes.</summary>
    public async Task StartProcessesAsync(string executable, JsonObject? providerOptions = null)
    {
        ProviderPlugin = await SimPluginHost.StartProcessAsync(Provider, executable, _providerOptions = providerOptions ?? ProviderOptions);
        for (int i = 0; i < Wallets.Length; i++) _walletPlugins[i] = await SimPluginHost.StartProcessAsync(Wallets[i], executable, WalletOptions);
        await ReadyAsync();
    }

    /// <summary>The provider's node, back if it was down, starts the executable again with the options that it had.</summary>
    public async Task StartProviderAgainAsync(string executable)
    {
        Network.BringUp(Provider);
        ProviderPlugin = await SimPluginHost.StartProcessAsync(Provider, executable, _providerOptions);
    }

    /// <summary>Starts both plugins in this process.</summary>
    public async Task StartInProcessAsync(int seed, JsonObject? providerOptions = null)
    {
        _providerOptions = providerOptions ?? ProviderOptions;
        ProviderPlugin = await SimPluginHost.StartInProcessAsync(Provider, _providerOptions, new SeededEntropy(seed));
        for (int i = 0; i < Wallets.Length; i++) _walletPlugins[i] = await SimPluginHost.StartInProcessAsync(Wallets[i], WalletOptions, new SeededEntropy(seed + 1 + i));
        await ReadyAsync();
    }

    /// <summary>The provider's node crashes, and comes back after a while with what is on its disk.</summary>
    public Task CrashProviderAsync(TimeSpan down, int seed) => CrashAsync(Provider, withNode: true, down, seed);

    /// <summary>A plugin dies, or the whole node with it; both come back after a while. A node that is down already stays so.</summary>
    /// <param name="withNode">Only then does the node hold what the plugin held, and offer it again.</param>
    public async Task CrashAsync(SimNode node, bool withNode, TimeSpan down, int seed)
    {
        if (!_crashed.Add(node)) return;
        SimNode[] peers = node == Provider ? [PayerNode, .. Wallets] : [Provider];
        SimPluginHost host = PluginOf(node);
        if (withNode) host.CrashNode();
        else await host.KillAsync();

        // A plugin that dies before the node could offer it what it holds: the node goes on without it.
        if (!withNode && _replaying.Remove(node)) node.Forwarding.Replay();
        await Task.Delay(down, Network.Time);
        if (withNode) Network.BringUp(node);
        SimPluginHost next = SimPluginHost.Launch(node, new SeededEntropy(seed));
        if (node == Provider) ProviderPlugin = next;
        else _walletPlugins[Array.IndexOf(Wallets, node)] = next;
        Restarted?.Invoke(next);
        if (withNode) _replaying.Add(node);
        _crashed.Remove(node);
        try
        {
            await next.InitAsync(node == Provider ? _providerOptions : WalletOptions, "/simulated", replay: withNode);
        }
        catch (SimRpcException) when (next.Link.IsGone)
        {
            return; // it crashed again before it was up
        }

        if (!next.Link.IsGone) _replaying.Remove(node);
        if (!withNode) return;
        await Task.Delay(TimeSpan.FromMilliseconds(200), Network.Time);
        foreach (SimNode peer in peers) Network.Connect(node, peer);
    }

    /// <summary>Sends an HTLC through the provider that is none of the plugin's business, for a channel that nobody has.</summary>
    public Task<PartResult> SendForeign(Scid next)
    {
        SimChannel over = Channels[0];
        uint final = Network.Chain.Height + 60;
        var amount = new Msat(1_000_000);
        PaymentHash hash = Preimage.Parse($"{Network.NextCall():x64}").Hash();
        SimHop[] onion = [SimHop.Forward(amount, final, next), SimHop.Final(amount, final, Preimage.Parse(new string('7', 64)).DeriveSecret(), amount)];
        var done = new TaskCompletionSource<PartResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        SimHtlc htlc = over.Offer(PayerNode, amount + new Msat(10_000), final + 60, hash, onion, null, outcome => done.TrySetResult(new PartResult(over, amount, outcome)));
        _ = htlc.To.Forwarding.ReceiveAsync(htlc);
        return done.Task;
    }

    /// <summary>Told of a plugin that starts again, before it is asked anything.</summary>
    public event Action<SimPluginHost>? Restarted;

    /// <summary>Whether neither the node nor its plugin is down.</summary>
    public bool IsUp(SimNode node) => !_crashed.Contains(node);

    public SimPluginHost PluginOf(SimNode node) => node == Provider ? ProviderPlugin : _walletPlugins[Array.IndexOf(Wallets, node)];

    /// <summary>Buys a JIT channel and makes its invoice, by the wallet's command.</summary>
    /// <param name="amount">Null for an amount that the payer chooses.</param>
    public async Task<Bolt11Invoice> InvoiceAsync(Msat? amount, string label = "invoice") => (await BuyAsync(0, amount, label)).Invoice;

    /// <summary>As <see cref="InvoiceAsync"/>, by the wallet of that number.</summary>
    public async Task<SimPurchase> BuyAsync(int wallet, Msat? amount, string label, string? token = null)
    {
        var parameters = new JsonObject
        {
            ["lsp_id"] = Provider.Id.ToString(),
            ["amount_msat"] = amount is { } msat ? msat.Value : "any",
            ["description"] = "a coffee",
            ["label"] = label,
        };
        if (token is not null) parameters["token"] = token;
        JsonNode? answer = await WalletPlugins[wallet].Link.CallAsync("lsps-lsps2-invoice", parameters);
        string text = (string?)answer?["bolt11"] ?? throw new InvalidOperationException($"no invoice: {answer?.ToJsonString()}");
        if (!Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice)) throw new InvalidOperationException($"not an invoice: {text}");
        var purchase = new SimPurchase(Wallets[wallet], invoice, amount, token);
        Purchases.Add(purchase);
        return purchase;
    }

    /// <summary>Waits until <paramref name="holds"/>, by the clock of the world.</summary>
    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public async Task UntilAsync(Func<bool> holds, string what, int seconds = 30)
    {
        long start = Network.Time.GetTimestamp();
        while (!holds())
        {
            if (Network.Time.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds)) throw new TimeoutException($"not within {seconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Network.Time);
        }
    }

    public async Task StopAsync()
    {
        await ProviderPlugin.StopAsync();
        foreach (SimPluginHost plugin in WalletPlugins) await plugin.StopAsync();
    }

    private ulong Option(string name, ulong usual) => _providerOptions[name] is { } set ? ulong.Parse(set.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) : usual;

    private Task ReadyAsync() => UntilAsync(
        () => ProviderPlugin.Link.Log.Any(line => line.Contains("selling JIT channels", StringComparison.Ordinal))
            && WalletPlugins.All(plugin => plugin.Link.Log.Any(line => line.Contains("ready to buy", StringComparison.Ordinal))),
        "all plugins are ready");
}

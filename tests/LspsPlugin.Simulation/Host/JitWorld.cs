using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Host;

/// <summary>The standard setup: a payer with channels to a provider, and wallets without channels.</summary>
public sealed class JitWorld
{
    private readonly SimPluginHost[] _walletPlugins;
    private readonly HashSet<SimNode> _crashed = [];

    /// <summary>Nodes that have started but not yet replayed their held HTLCs.</summary>
    private readonly HashSet<SimNode> _replaying = [];

    private JsonObject _providerOptions = ProviderOptions;

    /// <summary>Changes the options for the provider's next starts.</summary>
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

    /// <summary>The provider's clients, which have no channels at first.</summary>
    public SimNode[] Wallets { get; }

    public SimNode Wallet => Wallets[0];

    public SimNode PayerNode { get; }

    /// <summary>The channels from the payer to the provider.</summary>
    public SimChannel[] Channels { get; }

    public SimPayer Payer { get; }

    public SimPluginHost ProviderPlugin { get; private set; } = null!;

    public SimPluginHost WalletPlugin => _walletPlugins[0];

    /// <summary>The payer's plugin; null if the payer's node runs none, which is usual.</summary>
    public SimPluginHost? PayerPlugin { get; private set; }

    /// <summary>The plugins of <see cref="Wallets"/>, in the same order.</summary>
    public IReadOnlyList<SimPluginHost> WalletPlugins => _walletPlugins;

    /// <summary>All purchases, with the payments for them.</summary>
    public List<SimPurchase> Purchases { get; } = [];

    /// <summary>The default of the operator's loss limit, in sat.</summary>
    public const ulong UsualMaxLoss = 200_000;

    /// <summary>The operator's limit on losses from unpaid channels, in sat.</summary>
    public ulong MaxLoss => Option("lsps2-max-loss-sat", UsualMaxLoss);

    /// <summary>The largest channel that the operator allows, in sat.</summary>
    public ulong MaxChannel => Option("lsps2-max-channel-sat", 16_777_215);

    public ulong MaxLossPerClient => Option("lsps2-max-loss-per-client-sat", 20_000);

    /// <summary>The payer's balance before the first payment.</summary>
    public Msat PayerBefore { get; }

    /// <summary>The provider's coins before the first opening.</summary>
    public Sat CoinsBefore { get; }

    /// <summary>The JIT channel; null until it exists.</summary>
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

    /// <summary>Whether the wallets accept a payment before its channel is confirmed.</summary>
    public string WalletTrust { get; set; } = "always";

    private static JsonObject PayerOptions => new() { ["lsps-payer"] = true };

    private JsonObject WalletOptions => new() { ["experimental-lsps-client"] = true, ["lsps-client-trust"] = WalletTrust };

    /// <param name="channels">Number of channels from the payer to the provider.</param>
    /// <param name="watch">Called with the network before anything happens in it.</param>
    /// <param name="wallets">Number of clients.</param>
    /// <param name="coins">The provider's on-chain outputs, unless it has no funds; one large output by default.</param>
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

    /// <summary>Starts the provider's executable again with the same options; its node comes back first if it was down.</summary>
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

    /// <summary>Starts the executable on the payer's node too, as a payer; also again, after it was killed.</summary>
    public async Task StartPayerProcessAsync(string executable)
    {
        PayerPlugin = await SimPluginHost.StartProcessAsync(PayerNode, executable, PayerOptions);
        await PayerReadyAsync();
    }

    /// <summary>Starts the plugin on the payer's node too, as a payer.</summary>
    public async Task StartPayerAsync(int seed)
    {
        PayerPlugin = await SimPluginHost.StartInProcessAsync(PayerNode, PayerOptions, new SeededEntropy(seed));
        await PayerReadyAsync();
    }

    /// <summary>Crashes the provider's node; it restarts after a while with its stored data.</summary>
    public Task CrashProviderAsync(TimeSpan down, int seed) => CrashAsync(Provider, withNode: true, down, seed);

    /// <summary>Crashes a plugin, or its whole node; both restart after a while. A node that is already down stays down.</summary>
    /// <param name="withNode">Whether the node crashes too; only then does it keep what the plugin held and replay it.</param>
    public async Task CrashAsync(SimNode node, bool withNode, TimeSpan down, int seed)
    {
        if (!_crashed.Add(node)) return;
        SimNode[] peers = node == Provider ? [PayerNode, .. Wallets] : node == PayerNode ? [.. node.Channels.Select(channel => channel.Other(node)).Distinct()] : [Provider];
        SimPluginHost host = PluginOf(node);
        if (withNode) host.CrashNode();
        else await host.KillAsync();

        // The plugin died before the node could replay the held HTLCs: the node continues without it.
        if (!withNode && _replaying.Remove(node)) node.Forwarding.Replay();
        await Task.Delay(down, Network.Time);
        if (withNode) Network.BringUp(node);
        SimPluginHost next = SimPluginHost.Launch(node, new SeededEntropy(seed));
        if (node == Provider) ProviderPlugin = next;
        else if (node == PayerNode) PayerPlugin = next;
        else _walletPlugins[Array.IndexOf(Wallets, node)] = next;
        Restarted?.Invoke(next);
        if (withNode) _replaying.Add(node);
        _crashed.Remove(node);
        try
        {
            await next.InitAsync(node == Provider ? _providerOptions : node == PayerNode ? PayerOptions : WalletOptions, "/simulated", replay: withNode);
        }
        catch (SimRpcException) when (next.Link.IsGone)
        {
            return; // it crashed again during the wait
        }

        if (!next.Link.IsGone) _replaying.Remove(node);
        if (!withNode) return;
        await Task.Delay(TimeSpan.FromMilliseconds(200), Network.Time);
        foreach (SimNode peer in peers) Network.Connect(node, peer);
    }

    /// <summary>Sends an HTLC through the provider that is not the plugin's, to a channel that does not exist.</summary>
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

    /// <summary>Raised when a plugin has restarted, before it gets any call.</summary>
    public event Action<SimPluginHost>? Restarted;

    /// <summary>Returns whether the node and its plugin are up.</summary>
    public bool IsUp(SimNode node) => !_crashed.Contains(node);

    public SimPluginHost PluginOf(SimNode node) => node == Provider ? ProviderPlugin : node == PayerNode ? PayerPlugin! : _walletPlugins[Array.IndexOf(Wallets, node)];

    /// <summary>Buys a JIT channel and makes its invoice with the wallet's command.</summary>
    /// <param name="amount">Null if the payer chooses the amount.</param>
    public async Task<Bolt11Invoice> InvoiceAsync(Msat? amount, string label = "invoice") => (await BuyAsync(0, amount, label)).Invoice;

    /// <summary>Does the same as <see cref="InvoiceAsync"/> for the wallet with that number.</summary>
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
        var purchase = new SimPurchase(Wallets[wallet], invoice, amount, token) { Text = text };
        Purchases.Add(purchase);
        return purchase;
    }

    /// <summary>Waits until <paramref name="holds"/> is true, by the world's clock.</summary>
    /// <exception cref="TimeoutException">The condition did not become true in time.</exception>
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
        if (PayerPlugin is not null) await PayerPlugin.StopAsync();
    }

    private ulong Option(string name, ulong usual) => _providerOptions[name] is { } set ? ulong.Parse(set.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) : usual;

    private Task PayerReadyAsync() => UntilAsync(() => PayerPlugin!.Link.Log.Any(static line => line.Contains("payer: ready", StringComparison.Ordinal)), "the payer is ready");

    private Task ReadyAsync() => UntilAsync(
        () => ProviderPlugin.Link.Log.Any(line => line.Contains("selling JIT channels", StringComparison.Ordinal))
            && WalletPlugins.All(plugin => plugin.Link.Log.Any(line => line.Contains("ready to buy", StringComparison.Ordinal))),
        "all plugins are ready");
}

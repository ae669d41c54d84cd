using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

namespace LspsPlugin.Simulation.Host;

/// <summary>The usual stage: a payer with channels to a provider, and a wallet that has none.</summary>
public sealed class JitWorld
{
    private JitWorld(SimNetwork network, SimNode provider, SimNode wallet, SimNode payer, SimChannel[] channels)
    {
        (Network, Provider, Wallet, PayerNode, Channels) = (network, provider, wallet, payer, channels);
        Payer = new SimPayer(payer);
    }

    public SimNetwork Network { get; }

    public SimNode Provider { get; }

    public SimNode Wallet { get; }

    public SimNode PayerNode { get; }

    /// <summary>From the payer to the provider.</summary>
    public SimChannel[] Channels { get; }

    public SimPayer Payer { get; }

    public SimPluginHost ProviderPlugin { get; private set; } = null!;

    public SimPluginHost WalletPlugin { get; private set; } = null!;

    /// <summary>The JIT channel, once there is one.</summary>
    public SimChannel? JitChannel => Provider.ChannelsWith(Wallet).FirstOrDefault();

    public static JsonObject ProviderOptions => new()
    {
        ["experimental-lsps2-service"] = true,
        ["lsps2-min-fee-msat"] = 1_000_000,
        ["lsps2-fee-ppm"] = 1000,
        ["lsps2-min-payment-msat"] = 2_000_000,
        ["lsps2-extra-inbound-sat"] = 20_000,
    };

    public static JsonObject WalletOptions => new() { ["experimental-lsps-client"] = true };

    public static JitWorld Build(TimeProvider time, int channels = 1, bool withFunds = true)
    {
        var network = new SimNetwork(time);
        SimNode provider = network.AddNode("provider"), wallet = network.AddNode("wallet"), payer = network.AddNode("payer");
        SimChannel[] open = [.. Enumerable.Range(0, channels).Select(_ => network.OpenChannel(payer, provider, new Sat(10_000_000)))];
        if (withFunds) provider.Wallet.Fund(new Sat(5_000_000));
        network.Connect(provider, wallet);
        return new JitWorld(network, provider, wallet, payer, open);
    }

    /// <summary>Starts both plugins as real processes.</summary>
    public async Task StartProcessesAsync(string executable, JsonObject? providerOptions = null)
    {
        ProviderPlugin = await SimPluginHost.StartProcessAsync(Provider, executable, providerOptions ?? ProviderOptions);
        WalletPlugin = await SimPluginHost.StartProcessAsync(Wallet, executable, WalletOptions);
        await ReadyAsync();
    }

    /// <summary>Starts both plugins in this process.</summary>
    public async Task StartInProcessAsync(int seed, JsonObject? providerOptions = null)
    {
        ProviderPlugin = await SimPluginHost.StartInProcessAsync(Provider, providerOptions ?? ProviderOptions, new SeededEntropy(seed));
        WalletPlugin = await SimPluginHost.StartInProcessAsync(Wallet, WalletOptions, new SeededEntropy(seed + 1));
        await ReadyAsync();
    }

    /// <summary>The provider's node crashes, and comes back after a while with what is on its disk.</summary>
    public async Task CrashProviderAsync(TimeSpan down, int seed)
    {
        SimNode[] peers = [.. Network.Nodes.Where(node => Network.AreConnected(Provider, node))];
        await ProviderPlugin.CrashNodeAsync();
        await Task.Delay(down, Network.Time);
        Network.BringUp(Provider);
        ProviderPlugin = await SimPluginHost.StartInProcessAsync(Provider, ProviderOptions, new SeededEntropy(seed));
        await Task.Delay(TimeSpan.FromMilliseconds(200), Network.Time);
        foreach (SimNode peer in peers) Network.Connect(Provider, peer);
    }

    /// <summary>Buys a JIT channel and makes its invoice, by the wallet's command.</summary>
    /// <param name="amount">Null for an amount that the payer chooses.</param>
    public async Task<Bolt11Invoice> InvoiceAsync(Msat? amount, string label = "invoice")
    {
        JsonNode? answer = await WalletPlugin.Link.CallAsync("lsps-lsps2-invoice", new JsonObject
        {
            ["lsp_id"] = Provider.Id.ToString(),
            ["amount_msat"] = amount is { } msat ? msat.Value : "any",
            ["description"] = "a coffee",
            ["label"] = label,
        });
        string text = (string?)answer?["bolt11"] ?? throw new InvalidOperationException($"no invoice: {answer?.ToJsonString()}");
        return Bolt11Invoice.TryParse(text, out Bolt11Invoice? invoice) ? invoice : throw new InvalidOperationException($"not an invoice: {text}");
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
        await WalletPlugin.StopAsync();
    }

    private Task ReadyAsync() => UntilAsync(
        () => ProviderPlugin.Link.Log.Any(line => line.Contains("selling JIT channels", StringComparison.Ordinal))
            && WalletPlugin.Link.Log.Any(line => line.Contains("ready to buy", StringComparison.Ordinal)),
        "both plugins are ready");
}

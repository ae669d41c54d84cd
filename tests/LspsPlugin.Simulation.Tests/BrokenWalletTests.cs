using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Runs;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>Wallets that do what the checker must not let pass.</summary>
public class BrokenWalletTests
{
    [Fact]
    public void A_wallet_that_is_content_with_its_first_part_is_seen() =>
        Assert.Matches("^([0-9]+ of [0-9]+ parts were settled|the preimage is out and the funding is not confirmed)", FirstViolation(plugin => new ContentWithLess(plugin)));

    [Fact]
    public void A_wallet_that_aborts_its_node_is_seen() =>
        Assert.StartsWith("a node aborts: wallet", FirstViolation(plugin => new Senseless(plugin)), StringComparison.Ordinal);

    private static string FirstViolation(Func<ISimPlugin, ISimPlugin> wrap)
    {
        for (int seed = 1; seed <= 50; seed++)
        {
            if (SimulationRuns.One(seed, null, tamper: world => world.Wallet.Plugin = wrap(world.Wallet.Plugin!)).Violation is { } violation) return violation;
        }

        return "none in 50 seeds";
    }

    /// <summary>Tells its node that each part is the whole payment.</summary>
    private sealed class ContentWithLess(ISimPlugin plugin) : ISimPlugin
    {
        public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
        {
            JsonObject? answer = await plugin.HookAsync(hook, parameters);
            if (hook != "htlc_accepted" || (string?)answer?["result"] != "continue") return answer;
            ulong amount = parameters["htlc"]!["amount_msat"]!.GetValue<ulong>();
            PaymentSecret secret = PaymentSecret.Parse((string)parameters["onion"]!["payment_secret"]!);
            uint cltv = parameters["onion"]!["outgoing_cltv_value"]!.GetValue<uint>();
            byte[] payload = SimHop.Final(new Msat(amount), cltv, secret, new Msat(amount)).Tlvs.ToBytes();
            return new JsonObject { ["result"] = "continue", ["payload"] = Convert.ToHexStringLower(payload), ["invoice_msat"] = amount };
        }

        public void Notify(string topic, JsonObject parameters) => plugin.Notify(topic, parameters);
    }

    private sealed class Senseless(ISimPlugin plugin) : ISimPlugin
    {
        public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters) =>
            hook == "htlc_accepted" ? new JsonObject { ["result"] = "perhaps" } : await plugin.HookAsync(hook, parameters);

        public void Notify(string topic, JsonObject parameters) => plugin.Notify(topic, parameters);
    }
}

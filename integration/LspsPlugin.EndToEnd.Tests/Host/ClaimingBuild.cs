using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Canaries;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.EndToEnd.Tests.Host;

/// <summary>A dishonest wallet's build: it settles or fails a part by itself, before its plugin sees the part.</summary>
internal sealed class ClaimingBuild(Preimage preimage) : SimBuild
{
    public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => new Before(node, preimage, shipping);

    private sealed class Before(SimNode node, Preimage preimage, ISimPlugin shipping) : ISimPlugin
    {
        public Task<JsonObject?> HookAsync(string hook, JsonObject parameters) =>
            hook == "htlc_accepted" && parameters["htlc"] is JsonObject htlc && (string?)htlc["payment_hash"] == preimage.Hash().ToString() && Decision(htlc) is { } decision
                ? Task.FromResult<JsonObject?>(decision)
                : shipping.HookAsync(hook, parameters);

        public void Notify(string topic, JsonObject parameters) => shipping.Notify(topic, parameters);

        private JsonObject? Decision(JsonObject htlc) => node.Behaviour switch
        {
            WalletBehaviour.KeepsFee when htlc["extra_tlvs"] is not null => new JsonObject { ["result"] = "fail", ["failure_message"] = $"400f{(ulong)htlc["amount_msat"]!:x16}{0:x8}" },
            WalletBehaviour.KeepsFee or WalletBehaviour.Settles => new JsonObject { ["result"] = "resolve", ["payment_key"] = preimage.ToHex() },
            _ => null,
        };
    }
}

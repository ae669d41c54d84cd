using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>What becomes of payments that end at the node.</summary>
internal sealed class PaymentDesk(Action<string, JsonObject> answer)
{
    /// <summary>In the node's own folder, which is a plugin's current one: a conduct outlives the process, as the scenario's word does.</summary>
    private const string Memory = "regtest-conduct";

    private readonly List<(string Id, JsonObject Htlc)> _kept = [];
    private Conduct _conduct;

    /// <summary>Tells a desk that will start in a folder what its conduct is.</summary>
    public static void Leave(string folder, Conduct conduct) => File.WriteAllText(Path.Combine(folder, Memory), conduct.ToString());

    public void Remember()
    {
        if (File.Exists(Memory) && Enum.TryParse(File.ReadAllText(Memory), out Conduct told)) _conduct = told;
    }

    public void Set(Conduct conduct)
    {
        File.WriteAllText(Memory, conduct.ToString());
        _conduct = conduct;
        (string Id, JsonObject Htlc)[] kept = [.. _kept];
        _kept.Clear();
        foreach ((string id, JsonObject htlc) in kept) Decide(id, htlc);
    }

    public void OnHtlc(string id, JsonObject parameters)
    {
        var onion = (JsonObject)parameters["onion"]!;
        if (onion.ContainsKey("short_channel_id") || onion.ContainsKey("next_node_id")) answer(id, new JsonObject { ["result"] = "continue" });
        else Decide(id, (JsonObject)parameters["htlc"]!);
    }

    private void Decide(string id, JsonObject htlc)
    {
        switch (_conduct)
        {
            case Conduct.Settles:
                answer(id, new JsonObject { ["result"] = "continue" });
                break;
            case Conduct.Holds:
                _kept.Add((id, htlc));
                break;
            case Conduct.Rejects:
                answer(id, new JsonObject { ["result"] = "fail", ["failure_message"] = $"400f{(ulong)htlc["amount_msat"]!:x16}{0:x8}" });
                break;
        }
    }
}

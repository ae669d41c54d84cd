using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>What becomes of payments that end at the node.</summary>
internal sealed class PaymentDesk(Action<string, JsonObject> answer)
{
    /// <summary>In the node's own folder, which is a plugin's current one: a conduct outlives the process, as the scenario's word does.</summary>
    private const string Memory = "regtest-conduct";

    /// <summary>
    /// TLVs that fill an update_add_htlc: 65,535 bytes less the message's own; an odd record of which type and length take eight bytes.
    /// </summary>
    private static readonly string FullMessage = Convert.ToHexStringLower(TlvStream.Empty.With(70_001, new byte[65_535 - (2 + 32 + 8 + 8 + 32 + 4 + 1366) - 8]).ToBytes());

    private readonly bool _fills = Environment.GetEnvironmentVariable(HelperPlugin.FillVariable) is not null;
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
        if (onion.ContainsKey("short_channel_id") || onion.ContainsKey("next_node_id")) answer(id, Forwarded());
        else Decide(id, (JsonObject)parameters["htlc"]!);
    }

    private JsonObject Forwarded()
    {
        var forwarded = new JsonObject { ["result"] = "continue" };
        if (_fills) forwarded["extra_tlvs"] = FullMessage;
        return forwarded;
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

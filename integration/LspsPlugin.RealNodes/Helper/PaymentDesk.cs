using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>Decides payments that end at the node.</summary>
internal sealed class PaymentDesk(Action<string, JsonObject> answer)
{
    /// <summary>
    /// A file in the node's directory, which is the plugin's working directory: the conduct survives a restart of the process.
    /// </summary>
    private const string Memory = "regtest-conduct";

    private const string TemporaryChannelFailure = "10070000";

    /// <summary>
    /// TLVs that fill an update_add_htlc: 65,535 bytes less the message's own, in an odd record whose type and length take eight bytes.
    /// </summary>
    private static readonly string FullMessage = Convert.ToHexStringLower(TlvStream.Empty.With(70_001, new byte[65_535 - (2 + 32 + 8 + 8 + 32 + 4 + 1366) - 8]).ToBytes());

    private readonly Preimage? _claims = Environment.GetEnvironmentVariable(HelperPlugin.ClaimVariable) is { } hex ? Preimage.Parse(hex) : null;
    private readonly bool _fills = Environment.GetEnvironmentVariable(HelperPlugin.FillVariable) is not null;
    private readonly List<(string Id, JsonObject Htlc)> _kept = [];
    private Conduct _conduct;

    public bool ClaimsAlone => _claims is not null;

    /// <summary>Stores the conduct for a helper that will start in a directory.</summary>
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
        if (_conduct == Conduct.DropsForwards) return Failed(TemporaryChannelFailure);
        var forwarded = new JsonObject { ["result"] = "continue" };
        if (_fills) forwarded["extra_tlvs"] = FullMessage;
        return forwarded;
    }

    private void Decide(string id, JsonObject htlc)
    {
        if (_conduct == Conduct.Holds) _kept.Add((id, htlc));
        else answer(id, Decision(htlc));
    }

    private JsonObject Decision(JsonObject htlc) => _conduct switch
    {
        Conduct.Rejects => Failed(UnknownDetails(htlc)),
        Conduct.KeepsFee when htlc["extra_tlvs"] is not null => Failed(UnknownDetails(htlc)),
        _ when _claims is { } preimage && (string?)htlc["payment_hash"] == preimage.Hash().ToString() => new JsonObject { ["result"] = "resolve", ["payment_key"] = preimage.ToHex() },
        _ => new JsonObject { ["result"] = "continue" },
    };

    private static string UnknownDetails(JsonObject htlc) => $"400f{(ulong)htlc["amount_msat"]!:x16}{0:x8}";

    private static JsonObject Failed(string message) => new() { ["result"] = "fail", ["failure_message"] = message };
}

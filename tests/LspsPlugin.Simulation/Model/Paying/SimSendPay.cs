using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>How the failure of a part is told to those who wait for it (struct routing_failure).</summary>
/// <param name="Index">The hop that failed it, 0 for the node itself.</param>
/// <param name="Message">The failure message, if another node made it; it is not stored.</param>
public sealed record SimPartFailure(int Index, ushort Code, NodeId? Node, SimDirection? Channel, byte[]? Message)
{
    /// <summary>Adds the members of a routing failure (json_add_routefail_info).</summary>
    public void AddTo(JsonObject o)
    {
        o["erring_index"] = Index;
        o["failcode"] = Code;
        if (OnionWords.Find(Code) is { } name) o["failcodename"] = name;
        if (Node is { } node) o["erring_node"] = node.ToString();
        if (Channel is { } channel)
        {
            o["erring_channel"] = channel.Scid.ToString();
            o["erring_direction"] = channel.Side;
        }

        if (Message is not null) o["raw_message"] = Convert.ToHexStringLower(Message);
    }
}

/// <summary>A row of listsendpays.</summary>
public sealed class SimSendPay(ulong id, PaymentHash hash, ulong partId, ulong groupId, Msat amount, Msat sent, Msat total, long createdAt)
{
    public const string Pending = "pending", Complete = "complete", Failed = "failed";

    public ulong Id => id;

    public PaymentHash Hash => hash;

    public ulong PartId => partId;

    public ulong GroupId => groupId;

    /// <summary>What arrives at the destination; zero if the sender did not say.</summary>
    public Msat Amount => amount;

    public Msat Sent => sent;

    /// <summary>What all parts are to deliver; zero for parts of injectpaymentonion.</summary>
    public Msat Total => total;

    public long CreatedAt => createdAt;

    public NodeId? Destination { get; init; }

    public string? Label { get; init; }

    public string? InvString { get; init; }

    public string? Description { get; init; }

    /// <summary>The secrets with which the node itself unwraps a failure: only for sendpay.</summary>
    public IReadOnlyList<byte[]>? Secrets { get; init; }

    /// <summary>The channels and nodes of the route of sendpay.</summary>
    public IReadOnlyList<(SimDirection Channel, NodeId To)> Route { get; init; } = [];

    public string Status { get; set; } = Pending;

    public ulong UpdatedIndex { get; set; }

    public long? CompletedAt { get; set; }

    public Preimage? Preimage { get; set; }

    /// <summary>The failure of a part of injectpaymentonion, as the first peer sent it; a failure of the node's own leaves none.</summary>
    public byte[]? Reply { get; set; }

    /// <summary>The failure as it is stored, without the message.</summary>
    public SimPartFailure? Failure { get; set; }

    public string? FailDetail { get; set; }

    public bool IsPermanent { get; set; }

    /// <summary>The HTLC; null for a row whose HTLC never was.</summary>
    public SimHtlc? Htlc { get; set; }

    /// <summary>Calls that wait for the end of this part; a restart of the node forgets them.</summary>
    internal List<Action<SimPartEnd>> Waiters { get; } = [];

    /// <summary>Adds the members of the row (json_add_payment_fields).</summary>
    public JsonObject AddTo(JsonObject o)
    {
        o["created_index"] = id;
        o["id"] = id;
        o["payment_hash"] = hash.ToString();
        o["groupid"] = groupId;
        if (UpdatedIndex != 0) o["updated_index"] = UpdatedIndex;
        if (partId != 0) o["partid"] = partId;
        if (Destination is { } to) o["destination"] = to.ToString();
        if (amount != Msat.Zero) o["amount_msat"] = amount.Value;
        o["amount_sent_msat"] = sent.Value;
        o["created_at"] = createdAt;
        if (CompletedAt is { } at) o["completed_at"] = at;
        o["status"] = Status;
        if (Preimage is { } known) o["payment_preimage"] = known.ToHex();
        if (Label is not null) o["label"] = Label;
        if (InvString is not null) o[InvString.StartsWith("lni", StringComparison.Ordinal) ? "bolt12" : "bolt11"] = InvString;
        if (Description is not null) o["description"] = Description;
        if (Reply is not null) o["erroronion"] = Convert.ToHexStringLower(Reply);
        return o;
    }
}

/// <summary>The end of a part: complete, or failed with an error of the node.</summary>
/// <param name="Code">The code of waitsendpay's error; zero if it is complete.</param>
internal sealed record SimPartEnd(SimSendPay Row, int Code, string Message, SimPartFailure? Failure, byte[]? Reply);

/// <summary>The names of the failure codes (BOLT 4), as the node writes them.</summary>
internal static class OnionWords
{
    public const ushort TemporaryChannelFailure = 0x1007, PermanentChannelFailure = 0x4008, UnknownNextPeer = 0x400a, BadOnion = 0x8000, Permanent = 0x4000, InvalidOnionBlinding = 0xc018;

    private static readonly Dictionary<ushort, string> Names = new()
    {
        [0x2002] = "WIRE_TEMPORARY_NODE_FAILURE",
        [0x6002] = "WIRE_PERMANENT_NODE_FAILURE",
        [0x6003] = "WIRE_REQUIRED_NODE_FEATURE_MISSING",
        [0xc004] = "WIRE_INVALID_ONION_VERSION",
        [0xc005] = "WIRE_INVALID_ONION_HMAC",
        [0xc006] = "WIRE_INVALID_ONION_KEY",
        [TemporaryChannelFailure] = "WIRE_TEMPORARY_CHANNEL_FAILURE",
        [PermanentChannelFailure] = "WIRE_PERMANENT_CHANNEL_FAILURE",
        [0x4009] = "WIRE_REQUIRED_CHANNEL_FEATURE_MISSING",
        [UnknownNextPeer] = "WIRE_UNKNOWN_NEXT_PEER",
        [0x100b] = "WIRE_AMOUNT_BELOW_MINIMUM",
        [0x100c] = "WIRE_FEE_INSUFFICIENT",
        [0x100d] = "WIRE_INCORRECT_CLTV_EXPIRY",
        [0x100e] = "WIRE_EXPIRY_TOO_SOON",
        [0x400f] = "WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS",
        [0x0012] = "WIRE_FINAL_INCORRECT_CLTV_EXPIRY",
        [0x0013] = "WIRE_FINAL_INCORRECT_HTLC_AMOUNT",
        [0x1014] = "WIRE_CHANNEL_DISABLED",
        [0x0015] = "WIRE_EXPIRY_TOO_FAR",
        [0x4016] = "WIRE_INVALID_ONION_PAYLOAD",
        [0x0017] = "WIRE_MPP_TIMEOUT",
        [InvalidOnionBlinding] = "WIRE_INVALID_ONION_BLINDING",
    };

    public static string? Find(ushort code) => Names.GetValueOrDefault(code);

    public static string Of(ushort code) => Find(code) ?? $"INVALID {code}";

    public static ushort CodeOf(byte[] message) => message.Length < 2 ? (ushort)0 : (ushort)((message[0] << 8) | message[1]);
}

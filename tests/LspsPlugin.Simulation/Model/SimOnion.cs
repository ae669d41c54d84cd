using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>What one hop reads of the onion, as real TLVs.</summary>
public sealed record SimHop(TlvStream Tlvs)
{
    private const ulong EncryptedRecipientData = 10;
    private const ulong CurrentPathKey = 12;

    public Msat? Amount => Read.Amount;

    public uint? Cltv => Read.Cltv;

    public Scid? Next => Read.Next;

    /// <summary>Whether a node takes it: BOLT 4 allows nothing else in the hop of a blinded path that is not the last.</summary>
    public bool IsValid => Tlvs.Find(EncryptedRecipientData) is null || Tlvs.Records.All(static tlv => tlv.Type is EncryptedRecipientData or CurrentPathKey);

    public PaymentSecret? Secret => Tlvs.Find(8) is { Length: >= 32 } value ? PaymentSecret.FromBytes(value.AsSpan()[..32]) : null;

    public Msat? Total => Tlvs.Find(8) is { Length: >= 32 } value && Truncated.TryRead(value.AsSpan()[32..], out ulong total) ? new Msat(total) : null;

    private const ulong KeysendType = 5_482_373_484;

    /// <summary>A payment without an invoice: its payer chose the preimage, and tells it to the last hop.</summary>
    public Preimage? KeysendPreimage => Tlvs.Find(KeysendType) is { Length: 32 } value ? Preimage.FromBytes(value.AsSpan()) : null;

    /// <summary>As the hook shows it: behind its length.</summary>
    public string HexWithLength()
    {
        byte[] bytes = Tlvs.ToBytes();
        var all = new List<byte>();
        BigSize.Write(all, (ulong)bytes.Length);
        all.AddRange(bytes);
        return Convert.ToHexStringLower(all.ToArray());
    }

    public static SimHop Forward(Msat amount, uint cltv, Scid next)
    {
        byte[] scid = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(scid, next.Value);
        return new SimHop(Basic(amount, cltv).With(6, scid));
    }

    /// <summary>The same in a blinded path: in the model nobody encrypts, but only the node reads it.</summary>
    public static SimHop Blinded(Msat amount, uint cltv, Scid next) => new(TlvStream.Empty
        .With(EncryptedRecipientData, Forward(amount, cltv, next).Tlvs.ToBytes())
        .With(CurrentPathKey, [2, .. Enumerable.Repeat((byte)0x5a, 32)]));

    public static SimHop Final(Msat amount, uint cltv, PaymentSecret secret, Msat total)
    {
        byte[] number = Truncated.Write(total.Value);
        byte[] data = new byte[32 + number.Length];
        secret.CopyTo(data);
        number.CopyTo(data, 32);
        return new SimHop(Basic(amount, cltv).With(8, data));
    }

    public static SimHop Keysend(Msat amount, uint cltv, Preimage preimage) => new(Basic(amount, cltv).With(KeysendType, Convert.FromHexString(preimage.ToHex())));

    /// <summary>A payload that a plugin gave back, without its length.</summary>
    public static SimHop? FromHex(string hex) => TlvStream.TryParse(Convert.FromHexString(hex), out TlvStream? tlvs) ? new SimHop(tlvs) : null;

    /// <summary>What the node reads of it, out of the encrypted part where there is one.</summary>
    private (Msat? Amount, uint? Cltv, Scid? Next) Read
    {
        get
        {
            TlvStream told = Tlvs.Find(EncryptedRecipientData) is { } data && TlvStream.TryParse(data.AsSpan(), out TlvStream? encrypted) ? encrypted : Tlvs;
            return (
                Number(told, 2) is { } amount ? new Msat(amount) : null,
                (uint?)Number(told, 4),
                told.Find(6) is { Length: 8 } scid ? new Scid(BinaryPrimitives.ReadUInt64BigEndian(scid.AsSpan())) : null);
        }
    }

    private static ulong? Number(TlvStream tlvs, ulong type) => tlvs.Find(type) is { } value && Truncated.TryRead(value.AsSpan(), out ulong number) ? number : null;

    private static TlvStream Basic(Msat amount, uint cltv) => TlvStream.Empty.With(2, Truncated.Write(amount.Value)).With(4, Truncated.Write(cltv));
}

/// <summary>How an HTLC ended: with a preimage, or with the failure_message that travels back.</summary>
public sealed record SimOutcome(Preimage? Preimage, string? Failure)
{
    public bool IsSettled => Preimage is not null;

    /// <summary>The channel that carried it vanished: the node fails it upstream and tells no event.</summary>
    public bool ChannelDied { get; init; }
}

/// <summary>One HTLC on one channel.</summary>
public sealed class SimHtlc(SimChannel channel, SimNode from, ulong id, Msat amount, uint cltv, PaymentHash hash, IReadOnlyList<SimHop> onion, string? extraTlvs, Action<SimOutcome> resolved)
{
    public SimChannel Channel => channel;

    public SimNode From => from;

    public SimNode To => channel.Other(from);

    public ulong Id => id;

    public Msat Amount => amount;

    public uint Cltv => cltv;

    public PaymentHash Hash => hash;

    public IReadOnlyList<SimHop> Onion => onion;

    public string? ExtraTlvs => extraTlvs;

    /// <summary>The HTLC that carries it on, once there is one.</summary>
    public SimHtlc? Outgoing { get; set; }

    private SimOutcome? _decision;

    /// <summary>Whether the receiving node has made up its mind; it does so once, also about what was decided before it crashed.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Whether the sending node knows the outcome.</summary>
    public bool IsResolved { get; private set; }

    public bool IsSettled { get; private set; }

    public JsonObject Describe() => new()
    {
        ["channel_id"] = channel.Id.ToString(),
        ["id"] = id,
        ["amount_msat"] = amount.Value,
        ["cltv_expiry"] = cltv,
        ["settled"] = IsSettled,
    };

    /// <summary>The receiver's decision; it reaches the sender when the two are connected, and never when the channel dies first.</summary>
    public void Resolve(SimOutcome outcome)
    {
        if (outcome.ChannelDied) Finish(outcome);
        if (IsDecided) return;
        IsDecided = true;
        _decision = outcome;

        // A node that goes down in good order hangs up when the last HTLC is gone for itself, and not yet for its peer.
        if (To.State.IsGraceful && To.ChannelsWith(from).All(static one => one.Htlcs.All(static htlc => htlc.IsDecided))) channel.Network.Disconnect(To, from);
        channel.Network.WhenConnected(from, To, () => Finish(outcome));
    }

    /// <summary>The channel went to the chain: a preimage that is out is seen there, everything else fails.</summary>
    public void RunOut() => Finish(_decision ?? new SimOutcome(null, "4008"));

    private void Finish(SimOutcome outcome)
    {
        if (IsResolved) return;
        IsDecided = IsResolved = true;
        IsSettled = outcome.IsSettled;
        channel.Settle(this, outcome);
        channel.Opener.Network.Tell(new SimEvent(To, "htlc resolved", Describe()) { Htlc = this });
        resolved(outcome);
    }
}

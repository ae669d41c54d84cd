using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>One hop's payload in the onion, as real TLVs.</summary>
public sealed record SimHop(TlvStream Tlvs)
{
    private const ulong EncryptedRecipientData = 10;
    private const ulong CurrentPathKey = 12;

    public Msat? Amount => Read.Amount;

    public uint? Cltv => Read.Cltv;

    public Scid? Next => Read.Next;

    /// <summary>Whether a node accepts it: BOLT 4 allows no other records for a blinded hop that is not the last.</summary>
    public bool IsValid => Tlvs.Find(EncryptedRecipientData) is null || Tlvs.Records.All(static tlv => tlv.Type is EncryptedRecipientData or CurrentPathKey);

    public PaymentSecret? Secret => Tlvs.Find(8) is { Length: >= 32 } value ? PaymentSecret.FromBytes(value.AsSpan()[..32]) : null;

    public Msat? Total => Tlvs.Find(8) is { Length: >= 32 } value && Truncated.TryRead(value.AsSpan()[32..], out ulong total) ? new Msat(total) : null;

    private const ulong KeysendType = 5_482_373_484;

    /// <summary>The preimage of a keysend payment, which the payer chose and sends to the last hop.</summary>
    public Preimage? KeysendPreimage => Tlvs.Find(KeysendType) is { Length: 32 } value ? Preimage.FromBytes(value.AsSpan()) : null;

    /// <summary>Returns the payload as the hook shows it: with a length prefix.</summary>
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

    /// <summary>Creates a payload in a blinded path; the model does not encrypt, but only the node reads it.</summary>
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

    /// <summary>Parses a payload that a plugin returned, without the length prefix.</summary>
    public static SimHop? FromHex(string hex) => TlvStream.TryParse(Convert.FromHexString(hex), out TlvStream? tlvs) ? new SimHop(tlvs) : null;

    /// <summary>The values that the node reads, from the encrypted record if there is one.</summary>
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

/// <summary>How an HTLC ended: with a preimage, or with the failure_message that is returned to the payer.</summary>
public sealed record SimOutcome(Preimage? Preimage, string? Failure)
{
    public bool IsSettled => Preimage is not null;

    /// <summary>Whether its channel was deleted: the node fails the HTLC upstream and sends no event.</summary>
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

    /// <summary>The HTLC that forwards it, once there is one.</summary>
    public SimHtlc? Outgoing { get; set; }

    private SimOutcome? _decision;

    /// <summary>Whether the receiving node has decided; it decides once, and its decision survives a crash.</summary>
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

    /// <summary>
    /// Records the receiver's decision; it reaches the sender when the two are connected, and never if the channel dies first.
    /// </summary>
    public void Resolve(SimOutcome outcome)
    {
        if (outcome.ChannelDied) Finish(outcome);
        if (IsDecided) return;
        IsDecided = true;
        _decision = outcome;

        // A node in graceful shutdown disconnects when the last HTLC is gone on its own side, before it is gone on the peer's.
        if (To.State.IsGraceful && To.ChannelsWith(from).All(static one => one.Htlcs.All(static htlc => htlc.IsDecided))) channel.Network.Disconnect(To, from);
        channel.Network.WhenConnected(from, To, () => Finish(outcome));
    }

    /// <summary>Resolves the HTLC on chain: a released preimage is seen there, everything else fails.</summary>
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

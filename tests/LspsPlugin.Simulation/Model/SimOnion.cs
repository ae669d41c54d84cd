using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;
using NBitcoin;

namespace LspsPlugin.Simulation.Model;

/// <summary>One hop's payload in the onion, as real TLVs.</summary>
public sealed record SimHop(TlvStream Tlvs)
{
    private const ulong EncryptedRecipientData = 10;
    private const ulong CurrentPathKey = 12;

    /// <summary>What the node computed, if the payload is one of a real blinded path.</summary>
    public SimBlinding? Blinding { get; init; }

    public Msat? Amount => Blinding?.Amount ?? Read.Amount;

    public uint? Cltv => Blinding?.Cltv ?? Read.Cltv;

    public Scid? Next => Blinding is null ? Read.Next : Blinding.Next;

    /// <summary>The peer to forward to, if a blinded path names a peer and no channel.</summary>
    public NodeId? NextNode => Blinding?.NextNode;

    public bool IsFinal => Next is null && NextNode is null;

    /// <summary>Whether a node accepts it: BOLT 4 allows no other records for a blinded hop that is not the last.</summary>
    public bool IsValid => Tlvs.Find(EncryptedRecipientData) is null || Tlvs.Records.All(static tlv => tlv.Type is EncryptedRecipientData or CurrentPathKey);

    public PaymentSecret? Secret => Blinding is not null ? Blinding.PathId : Tlvs.Find(8) is { Length: >= 32 } value ? PaymentSecret.FromBytes(value.AsSpan()[..32]) : null;

    public Msat? Total => Blinding is not null ? Blinding.Total : Tlvs.Find(8) is { Length: >= 32 } value && Truncated.TryRead(value.AsSpan()[32..], out ulong total) ? new Msat(total) : null;

    private const ulong KeysendType = 5_482_373_484;

    /// <summary>The preimage of a keysend payment, which the payer chose and sends to the last hop.</summary>
    public Preimage? KeysendPreimage => Tlvs.Find(KeysendType) is { Length: 32 } value ? Preimage.FromBytes(value.AsSpan()) : null;

    /// <summary>Returns the payload as the hook shows it: with a length prefix.</summary>
    public string HexWithLength() => HexWithLength(Tlvs.ToBytes());

    internal static string HexWithLength(byte[] payload)
    {
        var all = new List<byte>();
        BigSize.Write(all, (ulong)payload.Length);
        all.AddRange(payload);
        return Convert.ToHexStringLower([.. all]);
    }

    public static SimHop Forward(Msat amount, uint cltv, Scid next)
    {
        byte[] scid = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(scid, next.Value);
        return new SimHop(Basic(amount, cltv).With(6, scid));
    }

    /// <summary>Creates a payload in a blinded path for an onion whose hops are listed in the open: it is not encrypted, but only the node reads it.</summary>
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

    /// <summary>Creates the last hop's payload for a payment without a payment_secret.</summary>
    public static SimHop Bare(Msat amount, uint cltv) => new(Basic(amount, cltv));

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

    /// <summary>The failure as it returns for an encrypted onion, wrapped by each hop that it passed; null if the peer sent none.</summary>
    public byte[]? Reply { get; init; }
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

    /// <summary>The encrypted onion; null if the hops are listed in <see cref="Onion"/>.</summary>
    public byte[]? Packet { get; init; }

    /// <summary>The path key (path_key of update_add_htlc) for a node inside a blinded path.</summary>
    public PubKey? PathKey { get; init; }

    /// <summary>What the receiving node has read of <see cref="Packet"/>.</summary>
    public SphinxLayer? Layer { get; private set; }

    internal PayloadReading? Reading { get; private set; }

    internal void Take(SphinxLayer layer, PayloadReading reading) => (Layer, Reading) = (layer, reading);

    /// <summary>The receiving node's payload. Of an encrypted onion it is null until that node has read it.</summary>
    public SimHop? Hop => Packet is null ? onion[0] : Reading?.Hop;

    /// <summary>The HTLC's numbers in the two nodes' databases.</summary>
    public SimHtlcNumbers Numbers { get; init; } = new();

    /// <summary>The HTLC that forwards it, once there is one.</summary>
    public SimHtlc? Outgoing { get; set; }

    private SimOutcome? _decision;

    /// <summary>Whether the receiving node has decided; it decides once, and its decision survives a crash.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Whether the sending node knows the outcome.</summary>
    public bool IsResolved { get; private set; }

    public bool IsSettled { get; private set; }

    /// <summary>Whether the chain resolved it, and not the two nodes.</summary>
    public bool EndedOnChain { get; private set; }

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
        _decision = outcome = Sealed(outcome);
        if (IsOnChain) return;

        // A node in graceful shutdown disconnects when the last HTLC is gone on its own side, before it is gone on the peer's.
        if (To.State.IsGraceful && To.ChannelsWith(from).All(static one => one.Htlcs.All(static htlc => htlc.IsDecided))) channel.Network.Disconnect(To, from);
        channel.Network.WhenConnected(from, To, () =>
        {
            if (!IsOnChain) Finish(outcome);
        });
    }

    /// <summary>Whether it waits for the chain; an HTLC whose hops are listed in the open does not wait, but runs out at once.</summary>
    private bool IsOnChain => Packet is not null && channel.State == SimChannel.OnChain;

    /// <summary>Resolves the HTLC on chain: a released preimage is seen there, everything else fails.</summary>
    public void RunOut()
    {
        SimOutcome expired = new(null, "4008");
        EndedOnChain = !IsResolved;
        Finish(Packet is null ? _decision ?? expired : _decision is { IsSettled: true } claimed ? claimed : expired);
    }

    /// <summary>Resolves an HTLC with an encrypted onion once the chain decides: a claim with its block, an expiry when it is deep enough.</summary>
    /// <param name="since">The height at which the channel went on chain.</param>
    public void LookAtChain(uint height, uint since)
    {
        bool isClaimed = _decision is { IsSettled: true } && height > since;
        if (isClaimed || height >= Math.Max(cltv, since) + ReasonableDepth) RunOut();
    }

    /// <summary>The depth at which the node takes an output as final (onchaind's get_reasonable_depth).</summary>
    private const uint ReasonableDepth = 3;

    /// <summary>Wraps a failure for an encrypted onion; a receiver that could not read the onion has no secret to do it with.</summary>
    private SimOutcome Sealed(SimOutcome outcome)
    {
        if (outcome is not { IsSettled: false, ChannelDied: false, Failure: { } failure }) return outcome;
        if (HidesFailures) outcome = outcome with { Failure = failure = InvalidOnionBlinding + Convert.ToHexStringLower(SHA256.HashData(Packet!)), Reply = null };
        return Layer is { Secret: var secret } ? outcome with { Reply = FailureOnion.Wrap(secret, outcome.Reply ?? FailureOnion.Create(secret, Convert.FromHexString(failure))) } : outcome;
    }

    /// <summary>
    /// Whether every failure becomes invalid_onion_blinding, whoever failed the HTLC and why: inside a blinded path, and at its introduction point
    /// unless that is the recipient (blind_error_return).
    /// </summary>
    private bool HidesFailures => PathKey is not null || (Reading?.Hop is { Blinding: not null } && !Layer!.IsLast);

    private const string InvalidOnionBlinding = "c018";

    private void Finish(SimOutcome outcome)
    {
        if (IsResolved) return;
        IsDecided = IsResolved = true;
        IsSettled = outcome.IsSettled;
        Numbers.Update(from, To);
        channel.Settle(this, outcome);
        channel.Opener.Network.Tell(new SimEvent(To, "htlc resolved", Describe()) { Htlc = this });
        resolved(outcome);
    }
}

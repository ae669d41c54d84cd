using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model;

/// <summary>A channel between two nodes, with the view of each end.</summary>
public sealed class SimChannel(SimNode opener, SimNode acceptor, Sat capacity, Outpoint funding, int[] type, bool isPrivate)
{
    public const string AwaitingLockin = "CHANNELD_AWAITING_LOCKIN";
    public const string Normal = "CHANNELD_NORMAL";
    public const string OnChain = "AWAITING_UNILATERAL";
    private const ulong FeeratePerKw = 2500;
    private const ulong DustLimit = 546_000;

    private readonly Dictionary<SimNode, SimEnd> _ends = new()
    {
        [opener] = new SimEnd(opener, capacity.ToMsat().Value, Alias(opener, funding)) { Reserve = ReserveBy(acceptor, capacity) },
        [acceptor] = new SimEnd(acceptor, 0, Alias(acceptor, funding)) { Reserve = ReserveBy(opener, capacity) },
    };

    private readonly List<SimHtlc> _htlcs = [];
    private readonly List<SimHtlc> _known = [];

    public SimNetwork Network => opener.Network;

    public SimNode Opener => opener;

    public SimNode Acceptor => acceptor;

    public Sat Capacity => capacity;

    public Outpoint Funding => funding;

    public ChannelId Id { get; } = ChannelId.FromOutpoint(funding);

    public string State { get; set; } = AwaitingLockin;

    /// <summary>The funding transaction without signatures.</summary>
    public SimTx? FundingTx { get; init; }

    /// <summary>The output that both nodes have to sign to spend it.</summary>
    public required SimFundingScript Script { get; init; }

    /// <summary>Returns a transaction of both nodes that spends the funding.</summary>
    public SimTx Close(TxOutput output) => Script.Spend(funding, capacity, output);

    public bool Withheld { get; set; }

    /// <summary>Whether the channel is not announced.</summary>
    public bool IsPrivate => isPrivate;

    /// <summary>The funding PSBT that the node stores; signed once it was broadcast.</summary>
    public string? FundingPsbt { get; set; }

    /// <summary>Whether its HTLCs expired while the node that had to resolve them was down: no plugin could have prevented that.</summary>
    public bool LostInOutage { get; set; }

    /// <summary>Set once the funding is confirmed.</summary>
    public Scid? RealScid { get; set; }

    public IReadOnlyList<SimHtlc> Htlcs => _htlcs;

    /// <summary>All HTLCs that it ever had: the nodes keep them as long as the channel.</summary>
    public IReadOnlyList<SimHtlc> Known => _known;

    /// <summary>The height at which it went on chain.</summary>
    public uint? OnChainSince { get; set; }

    /// <summary>The height at which the last HTLC ended.</summary>
    private uint _lastEnd;

    /// <summary>Whether everything of it on chain is buried a hundred blocks deep: the node forgets the channel with its HTLCs (onchaind).</summary>
    public bool IsBuried => OnChainSince is { } since && _htlcs.Count == 0 && Network.Chain.Height >= Math.Max(since, _lastEnd) + 100;

    public SimNode Other(SimNode node) => node == opener ? acceptor : opener;

    public SimEnd End(SimNode node) => _ends[node];

    public bool Joins(SimNode node) => node == opener || node == acceptor;

    public Scid NameFor(SimNode node) => RealScid ?? _ends[node].Alias;

    /// <summary>
    /// Makes the peer of <paramref name="node"/> require no reserve of it; the node itself never goes below the dust limit.
    /// </summary>
    public void WaiveReserve(SimNode node) => _ends[node].Reserve = DustLimit;

    private static ulong ReserveBy(SimNode other, Sat capacity) => Math.Max(capacity.ToMsat().Value / 100 * other.ReservePercent, DustLimit);

    /// <summary>Returns the limit on HTLCs in flight to <paramref name="to"/>.</summary>
    public Msat InFlightTo(SimNode to) => InFlightIn(capacity, to);

    public static Msat InFlightIn(Sat capacity, SimNode to) =>
        to.InFlight ?? (to.InFlightPercent < 100 ? new Msat(capacity.ToMsat().Value / 100 * to.InFlightPercent) : Msat.Max);

    /// <summary>Returns whether the limits of both sides allow <paramref name="amount"/> now, besides balance and reserve.</summary>
    public bool HasRoom(SimNode from, Msat amount)
    {
        SimHtlc[] sent = [.. _htlcs.Where(htlc => htlc.From == from)];
        ulong underway = sent.Aggregate(amount.Value, static (sum, htlc) => sum + htlc.Amount.Value);
        return underway <= InFlightTo(Other(from)).Value && sent.Length < Other(from).MaxAcceptedHtlcs && sent.Length < from.MaxAcceptedHtlcs;
    }

    /// <summary>Moves balance during the setup.</summary>
    public void Push(Msat amount)
    {
        _ends[opener].Balance -= amount.Value;
        _ends[acceptor].Balance += amount.Value;
    }

    /// <summary>
    /// Returns what <paramref name="from"/> can send now, less its reserve and, for the opener, the fee of a commitment at twice the
    /// feerate.
    /// </summary>
    public Msat Spendable(SimNode from)
    {
        ulong kept = _ends[from].Reserve;
        if (from == opener)
        {
            bool anchors = type.Contains(22);
            ulong weight = (anchors ? 1124UL : 724UL) + (172 * (ulong)(_htlcs.Count + 1));
            kept += ((2 * (weight * FeeratePerKw / 1000)) + (anchors ? 660UL : 0)) * 1000;
        }

        ulong balance = _ends[from].Balance;
        return balance > kept ? new Msat(balance - kept) : Msat.Zero;
    }

    /// <param name="packet">The encrypted onion, in place of <paramref name="onion"/>.</param>
    /// <param name="pathKey">The path key for the peer, if it is a later node of a blinded path.</param>
    public SimHtlc Offer(
        SimNode from, Msat amount, uint cltv, PaymentHash hash, IReadOnlyList<SimHop> onion, string? extraTlvs, Action<SimOutcome> resolved, byte[]? packet = null, NBitcoin.PubKey? pathKey = null)
    {
        SimEnd end = _ends[from];
        end.Balance -= amount.Value;
        var htlc = new SimHtlc(this, from, end.NextHtlcId++, amount, cltv, hash, onion, extraTlvs, resolved) { Packet = packet, PathKey = pathKey, Numbers = SimHtlcNumbers.Next(from, Other(from)) };
        _htlcs.Add(htlc);
        _known.Add(htlc);
        return htlc;
    }

    public void Settle(SimHtlc htlc, SimOutcome outcome)
    {
        _htlcs.Remove(htlc);
        _lastEnd = Network.Chain.Height;
        _ends[outcome.IsSettled ? htlc.To : htlc.From].Balance += htlc.Amount.Value;
    }

    /// <summary>Returns the row of listpeerchannels from the view of <paramref name="node"/>.</summary>
    public JsonObject Row(SimNode node, bool connected)
    {
        SimEnd end = _ends[node];
        var row = new JsonObject
        {
            ["peer_id"] = Other(node).Id.ToString(),
            ["peer_connected"] = connected,
            ["state"] = State,
            ["channel_type"] = new JsonObject { ["bits"] = new JsonArray([.. type.Select(bit => (JsonNode)bit)]) },
            ["channel_id"] = Id.ToString(),
            ["funding_txid"] = funding.TxId.ToString(),
            ["funding_outnum"] = funding.Index,
            ["private"] = isPrivate,
            ["opener"] = node == opener ? "local" : "remote",
            ["alias"] = Aliases(node),
            ["status"] = new JsonArray($"{State}:{Status}"),
            ["funding"] = new JsonObject
            {
                ["local_funds_msat"] = node == opener ? capacity.ToMsat().Value : 0,
                ["remote_funds_msat"] = node == opener ? 0 : capacity.ToMsat().Value,
                ["pushed_msat"] = 0,
                ["withheld"] = node == opener && Withheld,
            },
            ["to_us_msat"] = end.Balance + _htlcs.Where(htlc => htlc.From == node).Aggregate(0UL, (sum, htlc) => sum + htlc.Amount.Value),
            ["total_msat"] = capacity.ToMsat().Value,
            ["fee_base_msat"] = end.FeeBase,
            ["fee_proportional_millionths"] = end.FeePpm,
            ["spendable_msat"] = Spendable(node).Value,
            ["receivable_msat"] = Spendable(Other(node)).Value,
            ["minimum_htlc_out_msat"] = Other(node).HtlcMinimum.Value,
            ["maximum_htlc_out_msat"] = Math.Min(capacity.ToMsat().Value * 99 / 100, InFlightTo(Other(node)).Value),
            ["their_to_self_delay"] = node.ToSelfDelay,
            ["our_to_self_delay"] = Other(node).ToSelfDelay,
            ["their_reserve_msat"] = _ends[Other(node)].Reserve,
            ["our_reserve_msat"] = end.Reserve,
            ["their_max_htlc_value_in_flight_msat"] = InFlightTo(Other(node)).Value,
            ["our_max_htlc_value_in_flight_msat"] = InFlightTo(node).Value,
            ["max_accepted_htlcs"] = node.MaxAcceptedHtlcs,
            ["htlcs"] = new JsonArray([.. _htlcs.Select(htlc => (JsonNode)new JsonObject
            {
                ["direction"] = htlc.From == node ? "out" : "in",
                ["id"] = htlc.Id,
                ["amount_msat"] = htlc.Amount.Value,
                ["expiry"] = htlc.Cltv,
                ["payment_hash"] = htlc.Hash.ToString(),
                ["state"] = htlc.From == node ? "SENT_ADD_ACK_REVOCATION" : "RCVD_ADD_ACK_REVOCATION",
            })]),
        };
        if (connected) row["reestablished"] = true;
        if (node == opener && FundingPsbt is { } psbt) row["funding"]!["psbt"] = psbt;
        if (RealScid is { } scid) row["short_channel_id"] = scid.ToString();
        return row;
    }

    /// <summary>
    /// Whether the channel waits for the mempool: nodes of this kind use a zero-conf channel only once its funding is there, even if it is
    /// withheld.
    /// </summary>
    public bool IsHeldBack => opener.State.AwaitsMempool && opener.Network.Chain.Find(funding.TxId) is null;

    /// <summary>Returns the aliases; the peer's comes with its channel_ready.</summary>
    private JsonObject Aliases(SimNode node)
    {
        var aliases = new JsonObject { ["local"] = _ends[node].Alias.ToString() };
        if (State != AwaitingLockin || acceptor.Behaviour != WalletBehaviour.NeverReady) aliases["remote"] = _ends[Other(node)].Alias.ToString();
        return aliases;
    }

    private string Status => State != AwaitingLockin ? "Channel ready for use."
        : IsHeldBack ? "They've confirmed channel ready, we haven't yet."
        : "We've confirmed channel ready, they haven't yet.";

    /// <summary>
    /// Returns the row of a deleted withheld channel at the node that accepted it. It stays for ever, as no transaction will end it there.
    /// </summary>
    public JsonObject Ghost(bool agreed)
    {
        JsonObject row = Row(acceptor, connected: false);
        row["state"] = agreed ? "CLOSINGD_COMPLETE" : "AWAITING_UNILATERAL";
        row["htlcs"] = new JsonArray();
        return row;
    }

    private static Scid Alias(SimNode node, Outpoint funding)
    {
        byte[] bytes = new byte[32];
        funding.TxId.CopyTo(bytes);
        return Scid.Of(15_000_000 + (uint)(bytes[0] << 8 | bytes[1]), (uint)(bytes[2] << 16 | bytes[3] << 8 | bytes[4]), (ushort)((bytes[5] << 8 | bytes[6]) ^ (int)node.Index));
    }
}

/// <summary>One end of a channel: balance in msat, forwarding fee, alias.</summary>
public sealed class SimEnd(SimNode owner, ulong balance, Scid alias)
{
    public ulong Balance { get; set; } = balance;

    public Scid Alias => alias;

    /// <summary>The reserve that the other side requires.</summary>
    public ulong Reserve { get; set; }

    public ulong NextHtlcId { get; set; }

    public ulong FeeBase { get; private set; } = owner.FeeBase;

    public uint FeePpm { get; private set; } = owner.FeePpm;

    private (ulong Base, uint Ppm, DateTimeOffset Until)? _before;

    /// <summary>
    /// Sets the fee for forwards over this end; a lower previous fee is still honoured for the delay. Like the node, setting fees without a
    /// raise leaves the honoured fee unchanged.
    /// </summary>
    public void SetFees(ulong feeBase, uint ppm, TimeSpan enforceDelay, DateTimeOffset now)
    {
        if (feeBase > FeeBase || ppm > FeePpm) _before = (FeeBase, FeePpm, now + enforceDelay);
        (FeeBase, FeePpm) = (feeBase, ppm);
    }

    /// <summary>Models a restart of the node, which remembers only the current fees.</summary>
    public void ForgetEarlierFees() => _before = null;

    public bool Pays(Msat incoming, Msat outgoing, DateTimeOffset now)
    {
        ulong offered = incoming.Value >= outgoing.Value ? incoming.Value - outgoing.Value : 0;
        if (incoming.Value < outgoing.Value) return false;
        if (offered >= FeeBase + (outgoing.Value * FeePpm / 1_000_000)) return true;
        return _before is { } old && now < old.Until && offered >= old.Base + (outgoing.Value * old.Ppm / 1_000_000);
    }
}

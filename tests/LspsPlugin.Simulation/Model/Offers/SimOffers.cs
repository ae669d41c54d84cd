using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Paying;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>A node's offers: the commands that make and withdraw them. They outlive a restart.</summary>
public sealed class SimOffers(SimNode node)
{
    private const int AlreadyExists = 1000, AlreadyDisabled = 1001;

    private readonly List<SimOffer> _offers = [];

    /// <summary>How many paths it puts into an invoice if it is not public: Core Lightning makes one, others make several.</summary>
    public int MostPaths { get; set; } = 1;

    /// <summary>How many paths it has made.</summary>
    internal int Paths { get; set; }

    internal SimOffer? Find(string id) => _offers.Find(offer => offer.Id == id);

    /// <summary>Makes an offer, without recurrence, currencies and single use (json_offer, json_createoffer).</summary>
    public JsonObject Make(JsonObject p)
    {
        p.Only("amount", "description", "issuer", "label", "quantity_max", "absolute_expiry");
        JsonNode amount = p.Need("amount");
        TlvStream offer = TlvStream.Empty.With(Bolt12Type.OfferChains, Bolt12Fields.Chain);
        if (SimParams.Text(amount) != "any")
        {
            Msat msat = SimParams.AmountOf(amount) ?? throw SimParams.Bad("amount", "should be 'any', msatoshis or <amount>[.<amount>]<ISO-4217>", amount);
            offer = offer.With(Bolt12Type.OfferAmount, msat.Value);
            if (p["description"] is null) throw SimParams.Bad("description", "description is required for the user to know what it was they paid for", p);
        }

        if (p.TextIf("description") is { } description) offer = offer.With(Bolt12Type.OfferDescription, Encoding.UTF8.GetBytes(description));
        if (p.U64If("absolute_expiry") is { } expiry) offer = offer.With(Bolt12Type.OfferAbsoluteExpiry, expiry);
        if (p.TextIf("issuer") is { } issuer) offer = offer.With(Bolt12Type.OfferIssuer, Encoding.UTF8.GetBytes(issuer));
        if (p.U64If("quantity_max") is { } most) offer = offer.With(Bolt12Type.OfferQuantityMax, most);
        offer = offer.With(Bolt12Type.OfferIssuerId, node.Id);
        if (SimInvoicePaths.ForMessages(node, offer) is { } path)
        {
            var bytes = new List<byte>();
            path.Write(bytes);
            offer = offer.With(Bolt12Type.OfferPaths, [.. bytes]);
        }

        string id = Bolt12Fields.OfferId(offer);
        if (Find(id) is { } known) return known.IsActive ? Row(known, created: false) : throw new SimRpcException(AlreadyExists, "Already exists, but isn't active");
        var made = new SimOffer(id, offer, p.TextIf("label"));
        _offers.Add(made);
        return Row(made, created: true);
    }

    public JsonObject List(JsonObject p)
    {
        p.Only("offer_id", "active_only");
        string? id = p.TextIf("offer_id");
        bool all = p.FlagIf("active_only") != true;
        IEnumerable<SimOffer> wanted = _offers.Where(offer => (id is null || id == offer.Id) && (all || offer.IsActive));
        return new JsonObject { ["offers"] = new JsonArray([.. wanted.Select(static offer => (JsonNode)Row(offer, null))]) };
    }

    /// <summary>Withdraws an offer: no invoice is made for it any more.</summary>
    public JsonObject Disable(JsonObject p)
    {
        p.Only("offer_id");
        SimOffer offer = Find(p.Hash("offer_id").ToString()) ?? throw new SimRpcException(SimParams.InvalidParams, "Unknown offer");
        if (!offer.IsActive) throw new SimRpcException(AlreadyDisabled, "offer already disabled");
        offer.IsActive = false;
        return Row(offer, null);
    }

    /// <summary>Returns what a path of an offer carries for its maker; it follows from the offer without its paths (bolt12_path_secret).</summary>
    internal byte[] PathId(TlvStream offer) => Secret("offer", Convert.FromHexString(Bolt12Fields.OfferId(offer.Without(Bolt12Type.OfferPaths))));

    /// <summary>Returns what a path of an invoice carries in place of a payment secret (bolt12_path_id).</summary>
    internal PaymentSecret PathId(PaymentHash hash) => PaymentSecret.FromBytes(Secret("invoice", hash.ToArray()));

    /// <summary>The node draws what has to be unpredictable; here it follows from the node's name, so that no other draw of a seed moves.</summary>
    internal byte[] Secret(string use, byte[] name) => SHA256.HashData([.. Encoding.UTF8.GetBytes($"{use} of {node.Name} "), .. name]);

    private static JsonObject Row(SimOffer offer, bool? created)
    {
        var row = new JsonObject
        {
            ["offer_id"] = offer.Id,
            ["active"] = offer.IsActive,
            ["single_use"] = false,
            ["bolt12"] = offer.Text,
            ["force_paths"] = false,
            ["used"] = offer.IsUsed,
        };
        if (created is null && offer.Tlvs.Text(Bolt12Type.OfferDescription) is { } description) row["description"] = description;
        if (offer.Label is not null) row["label"] = offer.Label;
        if (created is { } isNew) row["created"] = isNew;
        return row;
    }
}

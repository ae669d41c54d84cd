using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model.Offers;

/// <summary>An offer of a node.</summary>
/// <param name="Id">Its offer_id in hex.</param>
internal sealed record SimOffer(string Id, TlvStream Tlvs, string? Label)
{
    public bool IsActive { get; set; } = true;

    public bool IsUsed { get; set; }

    public string Text { get; } = Bolt12Text.Encode(Bolt12Text.Offer, Tlvs);
}

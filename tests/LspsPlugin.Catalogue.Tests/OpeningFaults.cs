namespace LspsPlugin.Catalogue.Tests;

/// <summary>B: opening the channel, step by step.</summary>
internal static class OpeningFaults
{
    public static readonly Fault[] All =
    [
        new("B01", "The client is not connected when its payment is complete.", "It is waited for as long as the parts may be held; then they come back as temporary failures and the offer stays."),
        new("B02", "connect hangs.", "The wait is bounded; every part is answered."),
        new("B03", "The client answers fundchannel_start with an error.", "unknown_next_peer for every part, and the offer is over."),
        new("B04", "The client disconnects before it has signed.", "A temporary failure; the offer waits for payment again."),
        new("B05", "The client agreed, and the wallet has no funds.", "The negotiation is cancelled, the parts come back as temporary failures, nothing stays reserved."),
        new("B06", "The funds are reserved by something else.", "As without funds; the next attempt succeeds once they are free."),
        new("B07", "addpsbtoutput fails.", "The negotiation is cancelled, no input stays reserved, the parts come back."),
        new("B08", "fundchannel_complete is refused.", "Inputs are free again, and the client's word decides between a temporary failure and the end of the offer."),
        new("B09", "fundchannel_complete was carried out and its answer is lost, or the plugin restarts.", "The channel is found by the id that was recorded before; it is used or released, and no second one is funded."),
        new("B10", "The node crashes between the completed funding and the next save.", "The record names the channel already; after the start it is used or released with its inputs."),
        new("B11", "The client never says channel_ready.", "The wait is bounded; the parts come back and the channel is released."),
        new("B12", "The channel becomes ready after the attempt was given up.", "It is released all the same."),
        new("B13", "The client asks for a longer to_self_delay than was agreed.", "Nothing is forwarded; the channel is released and the offer ends as a rejection."),
        new("B14", "The channel can carry less than the payment after reserve and commitment fee.", "It is sized for both; if it still cannot, the parts come back and it is released."),
        new("B15", "setchannel fails.", "It is tried again, or the parts come back before anything was forwarded; no forward meets a wrong fee."),
        new("B16", "The feerate jumps between purchase and opening.", "The opening uses the present rate or comes to nothing; nobody loses anything."),
        new("B17", "The reservation runs out while the session waits.", "It is taken again before it is needed, or the transaction is out already."),
        new("B18", "The operator spends a reserved input.", "Before the payment is settled it fails; afterwards the operator is told, again and again, that a paid funding cannot be sent."),
        new("B19", "sendpsbt is refused after the preimage is out.", "It is tried for as long as it takes; that the node calls the channel released proves nothing."),
        new("B20", "The funding falls out of the mempool.", "It is sent again with each block until it is in one."),
        new("B21", "The funding's block is reorganised away.", "It is sent again; it counts as unconfirmed."),
        new("B22", "The client force-closes before the funding is public.", "Nothing is on chain; the payer's parts fail unless the client took them."),
        new("B23", "The wallet is locked, or signpsbt fails.", "It is tried again like a refused broadcast."),
        new("B24", "A cancel by peer would hit another opening of the same peer.", "A negotiation is cancelled only while the node lists one; a funded channel is closed by its own id."),
        new("B25", "The client already has a channel with the provider.", "The JIT channel is opened all the same, and the payer loses nothing."),
        new("B26", "Two payments for the same client are complete at once.", "One opening at a time; both end, neither's parts hang."),
        new("B27", "Two clients' payments are complete at once, and the wallet has funds for one.", "One channel is opened, the other payment comes back; no input is used twice."),
        new("B28", "The client only negotiates dual funding (error 312).", "It is a refused opening, said clearly in the log."),
        new("B29", "The client refuses a channel without reserve.", "It is a rejection; by default channels have the usual reserve."),
        new("B30", "A client cannot take an HTLC right after channel_ready.", "Nothing is sent before the node calls the channel usable; a failed part comes back without loss."),
    ];
}

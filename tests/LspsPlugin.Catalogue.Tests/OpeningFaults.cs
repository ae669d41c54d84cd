namespace LspsPlugin.Catalogue.Tests;

/// <summary>Group B: opening the channel, step by step.</summary>
internal static class OpeningFaults
{
    public static readonly Fault[] All =
    [
        new("B01", "The client is not connected when its payment is complete.", "The plugin waits for it as long as the parts may be held; then it fails them with temporary failures, and the offer remains."),
        new("B02", "connect hangs.", "The wait is limited; every part is answered."),
        new("B03", "The client answers fundchannel_start with an error.", "unknown_next_peer for every part, and the offer ends."),
        new("B04", "The client disconnects before it has signed.", "A temporary failure; the offer accepts payments again."),
        new("B05", "The client accepted, and the wallet has no funds.", "The opening is cancelled, the parts are failed with temporary failures, nothing stays reserved."),
        new("B06", "The funds are reserved by another program.", "As without funds; the next attempt succeeds once they are free."),
        new("B07", "addpsbtoutput fails.", "The opening is cancelled, no input stays reserved, the parts are failed."),
        new("B08", "fundchannel_complete is refused.", "The inputs are freed, and the client's error decides between a temporary failure and the end of the offer."),
        new("B09", "fundchannel_complete was carried out and its answer is lost, or the plugin restarts.", "The channel is found by the id that was recorded before; it is used or released, and no second one is funded."),
        new("B10", "The node crashes between the completed funding and the next save.", "The record already has the channel id; after the start the channel is used, or released with its inputs."),
        new("B11", "The client never sends channel_ready.", "The wait is limited; the parts are failed and the channel is released."),
        new("B12", "The channel becomes ready after the attempt was abandoned.", "It is released all the same."),
        new("B13", "The client asks for a longer to_self_delay than was agreed.", "Nothing is forwarded; the channel is released and the offer ends as a rejection."),
        new("B14", "The channel can carry less than the payment after reserve and commitment fee.", "Its capacity includes both; if it still cannot carry the payment, the parts are failed and the channel is released."),
        new("B15", "setchannel fails.", "It is retried, or the parts are failed before anything was forwarded; no forward is charged a wrong fee."),
        new("B16", "The feerate jumps between purchase and opening.", "The opening uses the current feerate or is abandoned; nobody loses anything."),
        new("B17", "The reservation expires while the session waits.", "It is renewed before it is needed, or the transaction has been sent already."),
        new("B18", "The operator spends a reserved input.", "Before the settlement, the payment fails; afterwards the operator is told repeatedly that a paid funding cannot be sent."),
        new("B19", "sendpsbt is refused after the preimage is known.", "It is retried without a limit; the node's statement that the channel is released proves nothing."),
        new("B20", "The funding is evicted from the mempool.", "It is sent again with each block until a block contains it."),
        new("B21", "The funding's block is removed by a reorg.", "The funding is sent again; it counts as unconfirmed."),
        new("B22", "The client force-closes before the funding is public.", "Nothing is on chain; the payer's parts fail unless the client claimed them."),
        new("B23", "The wallet is locked, or signpsbt fails.", "It is retried like a refused broadcast."),
        new("B24", "Cancelling by peer id would cancel another opening of the same peer.", "An opening is cancelled only while the node lists one; a funded channel is closed by its own id."),
        new("B25", "The client already has a channel with the provider.", "The JIT channel is opened all the same, and the payer loses nothing."),
        new("B26", "Two payments for the same client are complete at once.", "One opening runs at a time; both sessions end, and all parts are answered."),
        new("B27", "Two clients' payments are complete at once, and the wallet has funds for one.", "One channel is opened, the other payment is failed; no input is used twice."),
        new("B28", "The client negotiates only dual funding (error 312).", "It counts as a refused opening, and the log says so."),
        new("B29", "The client refuses a channel without reserve.", "It counts as a rejection; by default channels have the usual reserve."),
        new("B30", "A client cannot accept an HTLC right after channel_ready.", "Nothing is sent before the node reports the channel as usable; a failed part is failed back without loss."),
    ];
}

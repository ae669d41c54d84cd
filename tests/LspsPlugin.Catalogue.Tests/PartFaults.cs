namespace LspsPlugin.Catalogue.Tests;

/// <summary>A: parts, amounts and timing.</summary>
internal static class PartFaults
{
    public static readonly Fault[] All =
    [
        new("A01", "The payment comes in one part of exactly the payment size.", "One channel is opened, the part is forwarded less the opening fee, and nothing else is taken."),
        new("A02", "The payment comes in two or more parts, in any order.", "Every order leads to the same channel, the same fee and the same sum forwarded."),
        new("A03", "Parts come over two upstream channels and bear the same HTLC id.", "They are two parts: a part is known by its channel and its id."),
        new("A04", "The node offers an HTLC again that the plugin holds already.", "It counts once; the new call replaces the old one, and the HTLC gets one answer."),
        new("A05", "A part for the right scid bears another payment hash while a first payment is collecting.", "Each hash is a payment of its own; no sum is ever made over two hashes."),
        new("A06", "One payment hash is paid to two JIT scids of the same client.", "Two separate payments: neither completes, settles or ends the other."),
        new("A07", "A stranger sends a copied payment hash to the JIT scid of another client.", "Nothing settles across clients; the first client's payment is not disturbed."),
        new("A08", "The sum stays below the payment size until the time for collecting is over.", "Every part is given back as a temporary failure, and the offer waits for payment again."),
        new("A09", "The payer sends more than the payment size, up to twice as much and beyond.", "The surplus goes to the client or the part comes back; the fee of a fixed payment does not grow."),
        new("A10", "The last part makes the total larger than the channel that was planned.", "The channel is made large enough or nothing is funded; no channel is funded that cannot carry the payment."),
        new("A11", "A further part arrives while the channel is being opened.", "It joins the forwards without costing more than the one fee, or comes back; it is not left hanging."),
        new("A12", "A part arrives after the payment was forwarded, or after it succeeded.", "It goes to the client over the channel that exists, untouched, or comes back; no second channel is opened for it."),
        new("A13", "A payment comes in more parts than are held for one payment.", "It is refused before anything is funded; what one payment may hold is bounded."),
        new("A14", "Taking the fee would leave parts below the client's smallest HTLC.", "The fee is spread so that every forward stays at or above it, or the payment comes back before anything is settled."),
        new("A15", "The fee is larger than each single part.", "It is taken from several parts and adds up to the promise exactly, or the payment comes back unfunded."),
        new("A16", "The fee would be the whole payment or more.", "The purchase is refused: the payment is too small."),
        new("A17", "An invoice without an amount is paid in two parts.", "The first HTLC is the payment; the second never opens another channel."),
        new("A18", "An invoice without an amount is paid with less or more than was offered.", "unknown_next_peer, and no channel."),
        new("A19", "A part leaves fewer blocks than the promised cltv_expiry_delta.", "It comes back before anything is funded."),
        new("A20", "A part expires too soon for an opening to finish.", "It comes back at once."),
        new("A21", "The expiry of held parts comes near while the payment collects.", "All parts come back before the margin; the offer stays."),
        new("A22", "The expiry of held parts comes near while the channel is being opened.", "The opening is undone, the parts come back, the inputs are free again."),
        new("A23", "The expiry comes near while the client has the payment and says nothing.", "The incoming part stays until the outgoing one is certainly dead; the node ends the outgoing one in time."),
        new("A24", "valid_until passes before the first part.", "unknown_next_peer; the offer is forgotten and its record ends."),
        new("A25", "valid_until passes while parts are missing.", "unknown_next_peer for all of them."),
        new("A26", "valid_until passes while the complete payment's channel is being opened.", "The payment is finished: it was complete in time."),
        new("A27", "Parts dribble in, and the node restarts in between.", "The time for collecting runs from the first part; later parts do not prolong it, a restart starts it once."),
        new("A28", "The payer sends a part again after one failed on another route.", "The new part joins those that are held; the sum counts what is held, exactly."),
        new("A29", "Amounts of zero, or near 2^63 and 2^64.", "Nothing overflows; the purchase or the part is refused."),
        new("A30", "A keysend, or a payment without a payment secret, comes to the JIT scid.", "It is treated as its amounts say and ends like any other; nothing crashes."),
        new("A31", "A forward names the next node instead of a channel.", "It is passed on at once and never held."),
        new("A32", "The HTLC already carries an extra_fee record from upstream.", "Ours replaces it; a part that paid nothing carries none."),
        new("A33", "The client puts a used JIT scid into a second invoice.", "The payment goes over the channel that exists or fails cleanly; no second fee, no second channel."),
        new("A34", "A part's hop at the provider is blinded: no amount can be written into its payload, and a node that is told to drops the HTLC without a word.", "It comes back at once, as temporary, before it is held; the payment goes on without it."),
        new("A35", "The upstream message is full to its last byte with odd records: with the fee's record it would be too long.", "What came from upstream is dropped, the fee is said; no connection is lost."),
        new("A36", "A retry comes while a failed attempt is being undone, and that takes long.", "It is held for as long as any incomplete payment, then it comes back as temporary."),
    ];
}

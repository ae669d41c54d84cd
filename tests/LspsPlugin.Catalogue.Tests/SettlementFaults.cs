namespace LspsPlugin.Catalogue.Tests;

/// <summary>C: forwarding, settlement, and where a crash may come.</summary>
internal static class SettlementFaults
{
    public static readonly Fault[] All =
    [
        new("C01", "The client never settles.", "The node ends the HTLCs in time; the withheld funding is not broadcast, channel and inputs are released."),
        new("C02", "The client settles one part and fails or holds the others.", "The preimage is kept, and of each part the payer pays what the client took. The funding is broadcast once those have brought the whole fee, or the operator bears the rest."),
        new("C03", "The client fails every part.", "Its failure goes back to the payer, the channel is released, the offer waits for payment again."),
        new("C04", "The client fails a part, and the payer sends the hash again.", "The fee is taken once at most, and no second funding lives beside the first."),
        new("C05", "The settlement is told before the forwarded state is on record.", "It counts."),
        new("C06", "The settlement happens while the plugin is down.", "The node's list of forwards tells after the start; the funding goes out."),
        new("C07", "Settlements and failures are told twice, or in another order.", "Nothing changes the second time; a failure after a settlement is an echo."),
        new("C08", "A preimage that does not fit the hash.", "It is not taken for a settlement's preimage."),
        new("C09", "A crash comes after one of several parts was answered.", "The record has the decision for all; the others get the same after the restart."),
        new("C10", "A crash comes after all parts were answered.", "The record was written first; the list of forwards tells the rest."),
        new("C11", "A crash comes after the first settlement, before the broadcast.", "The funding is broadcast after the start."),
        new("C12", "A crash comes after the broadcast, before it is on record.", "It is sent again, which does no harm."),
        new("C13", "A crash comes while the session's record is being closed.", "Closing it again is safe; the transaction is on record until it is confirmed."),
        new("C14", "The node crashes again and again.", "Each start goes on from the record; nothing is done twice, and in the end all is done."),
        new("C15", "The incoming channel is force-closed while its part is held.", "What becomes of that part on chain is the node's; nothing is forwarded for a part that is gone."),
        new("C16", "The incoming channel is force-closed after the part was forwarded.", "The node claims it on chain with the preimage; the session counts it as settled."),
        new("C17", "The client closes the JIT channel after the parts were forwarded.", "If the preimage is out, the funding is broadcast; if not, everything comes back."),
        new("C18", "The channel is not listed, or the list cannot be read.", "Two different things: an error never means that the channel is gone."),
        new("C19", "The client fails one part with a permanent code.", "The code goes back as it is; the other parts are not touched."),
        new("C20", "Somebody would close the channel before its promised lifetime is over.", "The plugin never closes a channel that was paid for."),
        new("C21", "The node offers a held HTLC again while its answer is being made.", "One decision per HTLC; a second, different answer cannot come to be."),
    ];
}

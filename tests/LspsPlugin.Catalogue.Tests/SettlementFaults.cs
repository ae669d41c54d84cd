namespace LspsPlugin.Catalogue.Tests;

/// <summary>Group C: forwarding, settlement, crashes.</summary>
internal static class SettlementFaults
{
    public static readonly Fault[] All =
    [
        new("C01", "The client never settles.", "The node ends the HTLCs in time; the withheld funding is not broadcast, channel and inputs are released."),
        new("C02", "The client settles one part and fails or holds the others.", "The preimage is saved, and the payer pays for exactly the parts that the client claimed. The funding is broadcast once those parts have paid the whole fee, or the operator bears the rest."),
        new("C03", "The client fails every part.", "Its failure is returned to the payer, the channel is released, the offer accepts payments again."),
        new("C04", "The client fails a part, and the payer sends the same hash again.", "The fee is taken at most once, and there is never a second funding besides the first."),
        new("C05", "The settlement is reported before the forwarded state is on record.", "It counts."),
        new("C06", "The settlement happens while the plugin is down.", "After the start the plugin finds it in listforwards; the funding is broadcast."),
        new("C07", "Settlements and failures are reported twice, or in another order.", "The second report changes nothing; a failure after a settlement is ignored."),
        new("C08", "A preimage does not match the hash.", "It is not accepted as a settlement."),
        new("C09", "The plugin crashes after one of several parts was answered.", "The record has the decision for all parts; the others get the same one after the restart."),
        new("C10", "The plugin crashes after all parts were answered.", "The record was written before the answers; listforwards has the rest."),
        new("C11", "The plugin crashes after the first settlement, before the broadcast.", "The funding is broadcast after the start."),
        new("C12", "The plugin crashes after the broadcast, before it is on record.", "The funding is sent again, which is harmless."),
        new("C13", "The plugin crashes while the session's record is being closed.", "Closing it again is safe; the transaction is on record until it is confirmed."),
        new("C14", "The node crashes again and again.", "Each start continues from the record; nothing is done twice, and in the end everything is done."),
        new("C15", "The incoming channel is force-closed while its part is held.", "The node resolves that part on chain; nothing is forwarded for a part that is gone."),
        new("C16", "The incoming channel is force-closed after the part was forwarded.", "The node claims it on chain with the preimage; the session counts it as settled."),
        new("C17", "The client closes the JIT channel after the parts were forwarded.", "If the preimage is known, the funding is broadcast; if not, all parts are failed."),
        new("C18", "The channel is not listed, or the list cannot be read.", "The two cases are distinguished: an error never means that the channel is gone."),
        new("C19", "The client fails one part with a permanent failure code.", "The code is returned unchanged; the other parts are not affected."),
        new("C20", "Somebody tries to close the channel before its promised lifetime is over.", "The plugin never closes a channel that was paid for."),
        new("C21", "The node calls the hook again for a held HTLC while its answer is being made.", "There is one decision for each HTLC; a second, different answer is impossible."),
    ];
}

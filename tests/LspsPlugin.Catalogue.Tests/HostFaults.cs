namespace LspsPlugin.Catalogue.Tests;

/// <summary>S: records, restarts and the host.</summary>
internal static class HostFaults
{
    public static readonly Fault[] All =
    [
        new("S01", "A save fails before the step that it is for.", "The step is not taken; the parts are answered."),
        new("S02", "Another writer changed the record.", "The newer record is not overwritten; what is there is read first."),
        new("S03", "A save was made and its answer is lost.", "The record is read again; the same save twice does no harm."),
        new("S04", "A record is broken, cut short, or of a later version.", "It stays where it is and is reported; all others are taken up."),
        new("S05", "Records of the built-in plugin lie under the same keys.", "They are carried on in every state: an unused offer, parts that are held or forwarded, a funding to be sent or followed; and a wallet's approvals."),
        new("S06", "Twenty thousand finished records.", "The start does not wait for them, and they do not grow without bound."),
        new("S07", "The datastore is lost, or older than the node.", "The node and the chain are right; nothing is spent because of a record alone, and what is nobody's is reported."),
        new("S08", "The node restarts in any phase, before or after that phase's save.", "The session ends as it would have, or gives everything back."),
        new("S09", "The plugin alone is killed while it holds parts; the node lets them continue and they fail.", "Nothing is funded for parts that are gone; what the attempt left behind is released."),
        new("S10", "The plugin is started while HTLCs are under way, and nothing is replayed.", "The list of forwards tells what there is; parts that it does not know are lost."),
        new("S11", "HTLCs are replayed before init is answered.", "They wait and are answered; nothing that needs peers is asked in init."),
        new("S12", "Taking up the records takes long.", "init is answered first."),
        new("S13", "The code of a hook throws.", "The hook gets a valid answer, never a JSON-RPC error; the operator is told."),
        new("S14", "Commands of the node hang.", "Each call has its deadline; held parts are answered in time all the same."),
        new("S15", "File descriptors run out.", "One connection to the node carries all calls, and their queue is bounded."),
        new("S16", "Block notifications are late, or lost.", "The next one tells the height as well, the margin is wide enough for that, and every wait is bounded in time too."),
        new("S17", "The wall clock jumps by an hour.", "Waits are measured by a clock that does not jump; only valid_until follows the wall."),
        new("S18", "The process stands still for ten seconds.", "The margins are far larger; deadlines hold."),
        new("S19", "The disk is full.", "As any failed save; no half session is left."),
        new("S20", "The plugin is up- or downgraded.", "Records carry their format; older ones are read, newer ones left alone."),
        new("S21", "Something else writes to stdout.", "It cannot be compiled in: the stream belongs to the protocol."),
        new("S22", "Another plugin also hooks htlc_accepted and rewrites the HTLC.", "What was delivered to us is what counts, and our answer carries what it must; the log says that it was seen."),
        new("S23", "Two LSPS plugins are enabled on one node.", "The node refuses the second one's names, says which file that is, and does not start."),
        new("S24", "The operator closes, reprices, unreserves or spends what belongs to a session.", "It is noticed; the session ends, and nothing is funded twice."),
        new("S25", "Old forwards are deleted from the node's list.", "Recovery asks only for forwards of sessions that are not over."),
        new("S26", "A file of the operator lies on a mount that does not answer.", "No HTLC waits for it; what was read before stays in force, and that is told."),
        new("S27", "The node is behind the chain, at its start or later.", "Nothing is opened or forwarded by an old height; parts wait for a while or go back, and what has run out goes back once the true height is known."),
        new("S28", "A role is switched off while something is owed by the records.", "What is owed is carried out, or at the least said; nothing is sold."),
        new("S29", "The node is told to go down in good order (`graceful`).", "What collects goes back at once, nothing begins until the next start, and what is settling ends."),
        new("S30", "The node refuses, is silent or answers oddly while the plugin starts.", "The start is tried again for as long as it takes, and the operator is told once; others' forwards pass, and parts go back before they expire."),
    ];
}

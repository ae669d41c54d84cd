namespace LspsPlugin.Catalogue.Tests;

/// <summary>Group S: records, restarts and the host.</summary>
internal static class HostFaults
{
    public static readonly Fault[] All =
    [
        new("S01", "The save before a step fails.", "The step is not taken; the parts are answered."),
        new("S02", "Another writer changed the record.", "The newer record is not overwritten; the plugin reads it first."),
        new("S03", "A save was made and its answer is lost.", "The record is read again; the same save twice is harmless."),
        new("S04", "A record is invalid, truncated, or of a later version.", "It is left unchanged and reported; all other records are loaded."),
        new("S05", "Records of the built-in plugin have the same keys.", "They are continued in every state: an unused offer, parts that are held or forwarded, a funding to be sent or monitored; and a wallet's approvals."),
        new("S06", "There are twenty thousand finished records.", "The start does not wait for them, and their number is limited."),
        new("S07", "The datastore is lost, or older than the node.", "The node and the chain take precedence; nothing is spent because of a record alone, and channels that belong to no record are reported."),
        new("S08", "The node restarts in any phase, before or after that phase's save.", "The session ends as it would have without the restart, or releases everything."),
        new("S09", "Only the plugin is killed while it holds parts; the node lets the parts continue and they fail.", "Nothing is funded for parts that are gone; whatever the attempt left behind is released."),
        new("S10", "The plugin is started while HTLCs are in flight, and nothing is replayed.", "listforwards shows which parts exist; parts that it does not have are lost."),
        new("S11", "HTLCs are replayed before init is answered.", "They wait and are answered; nothing that needs peers is called in init."),
        new("S12", "Loading the records takes long.", "init is answered first."),
        new("S13", "The code of a hook throws.", "The hook gets a valid answer, never a JSON-RPC error; the operator is told."),
        new("S14", "Commands of the node hang.", "Each call has a deadline; held parts are answered in time all the same."),
        new("S15", "File descriptors run out.", "One connection to the node carries all calls, and its queue is limited."),
        new("S16", "Block notifications are late or lost.", "The next notification has the height as well, the margin is wide enough, and every wait also has a time limit."),
        new("S17", "The wall clock jumps by an hour.", "Waits use a monotonic clock; only valid_until uses the wall clock."),
        new("S18", "The process is paused for ten seconds.", "The margins are far larger; deadlines are met."),
        new("S19", "The disk is full.", "As for any failed save; no partial session is left."),
        new("S20", "The plugin is upgraded or downgraded.", "Records contain their format version; older ones are read, newer ones are left unchanged."),
        new("S21", "Other code writes to stdout.", "Such code does not compile: the stream is reserved for the protocol."),
        new("S22", "Another plugin also hooks htlc_accepted and rewrites the HTLC.", "The HTLC as delivered to us counts, and our answer has everything that is required; the log mentions the other plugin's change."),
        new("S23", "Two LSPS plugins are enabled on one node.", "The node refuses the second plugin because its names are taken, names its file, and does not start."),
        new("S24", "The operator closes, reprices, unreserves or spends what belongs to a session.", "The plugin notices; the session ends, and nothing is funded twice."),
        new("S25", "Old forwards are deleted from the node's list.", "Recovery needs only the forwards of unfinished sessions."),
        new("S26", "A file of the operator is on a mount that does not respond.", "No HTLC waits for it; the values read before stay in force, and this is reported."),
        new("S27", "The node is behind the chain, at its start or later.", "Nothing is opened or forwarded based on an old height; parts wait for a while or are failed, and expired parts are failed once the true height is known."),
        new("S28", "A role is disabled while its records contain unfinished obligations.", "The obligations are completed, or at least reported; nothing is sold."),
        new("S29", "The node is stopped with `graceful`.", "Collecting payments are failed at once, nothing is opened until the next start, and settlements in progress finish."),
        new("S30", "The node refuses calls, does not answer or answers unexpectedly while the plugin starts.", "The start is retried without a limit, and the operator is told once; foreign forwards continue, and our parts are failed before they expire."),
    ];
}

using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The look that follows each forward. A node may fail what it was handed without telling anybody: its `forward_event`, and the row of its
/// list, come with the first commitment only. So what it has not listed by then is looked for.
/// </summary>
internal static class Listing
{
    /// <summary>Longer than the 30 s after which a node gives up on a commitment (lightningd's htlc_offer_timeout).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static StartTimer Timer { get; } = new(SessionTimer.Listing, Patience);

    /// <summary>
    /// News of an HTLC that no part has by its name. It may be a part under another name of its channel, or a stranger's HTLC with the same hash:
    /// the list of what went out over the JIT channel tells.
    /// </summary>
    public static Transition LookUp(SessionState s, ValueList<Forward> forwards, SessionInput told, HtlcKey htlc, CheckForwards look) => forwards.Locate(htlc) is null
        ? Transition.Ignore(s, told, "the part is not of this payment")
        : Transition.To(s, look);
}

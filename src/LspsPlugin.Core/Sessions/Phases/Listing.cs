using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>
/// The check that follows each forward. A node may fail a forward without a notification: its `forward_event` and its row in listforwards appear only
/// with the first commitment. So parts that are not listed after a timeout are looked up.
/// </summary>
internal static class Listing
{
    /// <summary>Longer than the 30 s after which lightningd gives up on a commitment (htlc_offer_timeout).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    public static StartTimer Timer { get; } = new(SessionTimer.Listing, Patience);

    /// <summary>
    /// Handles news of an HTLC that matches no part exactly. It may be a part under another scid of its channel, or a foreign HTLC with the same
    /// hash: the list of forwards over the JIT channel tells.
    /// </summary>
    public static Transition LookUp(SessionState s, ValueList<Forward> forwards, SessionInput told, HtlcKey htlc, CheckForwards look) => forwards.Locate(htlc) is null
        ? Transition.Ignore(s, told, "the part is not of this payment")
        : Transition.To(s, look);
}

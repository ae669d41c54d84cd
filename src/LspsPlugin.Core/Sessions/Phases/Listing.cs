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
}

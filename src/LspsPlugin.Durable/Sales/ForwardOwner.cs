using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>Finds the session of an HTLC among sessions with the same payment hash.</summary>
internal static class ForwardOwner
{
    /// <summary>
    /// Returns the session that forwarded <paramref name="htlc"/>; otherwise the only session with a part that matches under another scid of its
    /// channel. Null when there is none or it is ambiguous, because anybody can send an HTLC with a hash that they have seen.
    /// </summary>
    public static SessionActor? Find(IReadOnlyList<SessionActor> sessions, HtlcKey htlc)
    {
        SessionActor? only = null;
        bool several = false;
        foreach (SessionActor session in sessions)
        {
            if (SavedState.Of(session.State)?.Forwards.Locate(htlc) is not { } forward) continue;
            if (forward.Htlc == htlc) return session;
            several |= only is not null;
            only = session;
        }

        return several ? null : only;
    }
}

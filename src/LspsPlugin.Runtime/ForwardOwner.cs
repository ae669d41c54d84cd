using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>Whose part an HTLC is, among sessions of the same payment hash.</summary>
internal static class ForwardOwner
{
    /// <summary>
    /// The session that forwarded <paramref name="htlc"/>; else the only one whose part it can be under another name of its channel.
    /// Null when none, or when it would be a guess: anybody may put a hash that he has seen into a payment of his own.
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

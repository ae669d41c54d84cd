using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// The incoming channel of an HTLC is named by its alias until the channel confirms, and by its real scid afterwards; its id stays.
/// </summary>
internal static class ForwardKeys
{
    /// <summary>The key under which <paramref name="state"/> knows the HTLC that the node now calls <paramref name="htlc"/>.</summary>
    public static HtlcKey Resolve(SessionState state, HtlcKey htlc)
    {
        ValueList<Forward> forwards = SavedState.Of(state)?.Forwards ?? [];
        HtlcKey? sameId = null;
        foreach (Forward forward in forwards)
        {
            if (forward.Htlc == htlc) return htlc;
            if (forward.Htlc.Id != htlc.Id || forward.Status != ForwardStatus.Offered) continue;

            // Two of our parts share the id: only the channel tells them apart, so nothing is guessed.
            if (sameId is not null) return htlc;
            sameId = forward.Htlc;
        }

        return sameId ?? htlc;
    }
}

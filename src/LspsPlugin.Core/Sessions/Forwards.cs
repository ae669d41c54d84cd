using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Finding the forward that an HTLC belongs to.</summary>
public static class Forwards
{
    /// <summary>
    /// The forward of <paramref name="htlc"/>. An incoming channel is named by its alias until it confirms and by its real scid
    /// afterwards, while the HTLC's id stays: so one undecided forward with that id, and only one, is taken for it as well.
    /// </summary>
    public static Forward? Locate(this ValueList<Forward> forwards, HtlcKey htlc)
    {
        Forward? sameId = null;
        foreach (Forward forward in forwards)
        {
            if (forward.Htlc == htlc) return forward;
            if (forward.Htlc.Id != htlc.Id || forward.Status != ForwardStatus.Offered) continue;

            // Two of our parts share the id: only the channel tells them apart, so nothing is guessed.
            if (sameId is not null) return null;
            sameId = forward;
        }

        return sameId;
    }

    /// <summary>The same forwards, with that of <paramref name="htlc"/> decided. A settled part stays settled: a failure after it is an echo.</summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, HtlcKey htlc, ForwardStatus status) =>
        Mark(forwards, forwards.Locate(htlc), status);

    /// <summary>The forward that a row of the node's list is about.</summary>
    public static Forward? Locate(this ValueList<Forward> forwards, ForwardSeen seen) =>
        seen.MayBeForeign ? forwards.FirstOrDefault(f => f.Htlc == seen.Htlc) : forwards.Locate(seen.Htlc);

    /// <summary>The same forwards, with what the node's list says of them.</summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, ForwardsSeen seen)
    {
        foreach (ForwardSeen one in seen.Seen) forwards = Mark(forwards, forwards.Locate(one), one.Status);
        return forwards;
    }

    private static ValueList<Forward> Mark(ValueList<Forward> forwards, Forward? known, ForwardStatus status)
    {
        if (known is null || known.Status is ForwardStatus.Settled) return forwards;
        return new ValueList<Forward>([.. forwards.Select(f => f == known ? f with { Status = status } : f)]);
    }
}

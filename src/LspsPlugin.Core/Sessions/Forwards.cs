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
            if (forward.Htlc.Id != htlc.Id || !forward.IsOpen) continue;

            // Two of our parts share the id: only the channel tells them apart, so nothing is guessed.
            if (sameId is not null) return null;
            sameId = forward;
        }

        return sameId;
    }

    /// <summary>The same forwards, with that of <paramref name="htlc"/> decided. A settled part stays settled: a failure after it is an echo.</summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, HtlcKey htlc, ForwardStatus status) =>
        Mark(forwards, forwards.Locate(htlc), status);

    /// <summary>The same forwards: the node has sent that of <paramref name="htlc"/> on. What was decided before is no news.</summary>
    public static ValueList<Forward> MarkOffered(this ValueList<Forward> forwards, HtlcKey htlc) =>
        forwards.Locate(htlc) is { Status: ForwardStatus.Handed } handed ? Mark(forwards, handed, ForwardStatus.Offered) : forwards;

    /// <summary>The forward of <paramref name="htlc"/> under this very name of its channel.</summary>
    public static Forward? LocateExactly(this ValueList<Forward> forwards, HtlcKey htlc) => forwards.FirstOrDefault(f => f.Htlc == htlc);

    /// <summary>
    /// The forward that a row of the node's list is about. One that the list names itself is no earlier row's: what an earlier payment sent
    /// over the same channel is listed too. A later row may be its: the node begins one anew when a channel has got its real scid meanwhile,
    /// and leaves the one under the alias as it was.
    /// </summary>
    public static Forward? Locate(this ValueList<Forward> forwards, ForwardSeen row, ForwardsSeen list)
    {
        Forward? found = row.MayBeForeign ? forwards.LocateExactly(row.Htlc) : forwards.Locate(row.Htlc);
        if (found is null || found.Htlc == row.Htlc) return found;
        foreach (ForwardSeen other in list.Seen)
        {
            if (other.Htlc == found.Htlc) return other.Status == ForwardStatus.Offered ? found : null;
            if (other == row) return list.Seen.Any(later => later.Htlc == found.Htlc) ? null : found;
        }

        return found;
    }

    /// <summary>The same forwards, with what the node's list says of them.</summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, ForwardsSeen seen)
    {
        foreach (ForwardSeen row in seen.Seen) forwards = Mark(forwards, forwards.Locate(row, seen), row.Status);
        return forwards;
    }

    /// <summary>Whether <paramref name="forward"/> is undecided, and <paramref name="list"/> has no row of it.</summary>
    public static bool IsUnlisted(this ValueList<Forward> forwards, Forward forward, ForwardsSeen list) =>
        forward.IsOpen && !list.Seen.Any(row => forwards.Locate(row, list) == forward);

    /// <summary>The HTLCs that they came in as.</summary>
    public static ValueList<HtlcKey> Keys(this ValueList<Forward> forwards) => [.. forwards.Select(static f => f.Htlc)];

    /// <summary>What is put on record: whether the node lists a part already is asked again after a restart.</summary>
    public static ValueList<Forward> OnRecord(this ValueList<Forward> forwards) => forwards.Replace(ForwardStatus.Handed, ForwardStatus.Offered);

    /// <summary>What a restart knows of forwards that are on record.</summary>
    public static ValueList<Forward> FromRecord(this ValueList<Forward> forwards) => forwards.Replace(ForwardStatus.Offered, ForwardStatus.Handed);

    private static ValueList<Forward> Replace(this ValueList<Forward> forwards, ForwardStatus from, ForwardStatus to) =>
        forwards.Any(f => f.Status == from) ? [.. forwards.Select(f => f.Status == from ? f with { Status = to } : f)] : forwards;

    private static ValueList<Forward> Mark(ValueList<Forward> forwards, Forward? known, ForwardStatus status)
    {
        if (known is null || known.Status is ForwardStatus.Settled || known.Status == status) return forwards;

        // An answer from before the news: an HTLC that failed is not sent on again.
        if (known.Status is ForwardStatus.Failed && status is not ForwardStatus.Settled) return forwards;
        return new ValueList<Forward>([.. forwards.Select(f => f == known ? f with { Status = status } : f)]);
    }
}

using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Sessions;

/// <summary>Finds and updates the forwards of a session.</summary>
public static class Forwards
{
    /// <summary>
    /// Returns the forward of <paramref name="htlc"/>, or null. The node names an incoming channel by its alias until it confirms and by its real
    /// scid afterwards, while the HTLC id stays the same. So an undecided forward with the same id also matches, if it is the only one.
    /// </summary>
    public static Forward? Locate(this ValueList<Forward> forwards, HtlcKey htlc)
    {
        Forward? sameId = null;
        foreach (Forward forward in forwards)
        {
            if (forward.Htlc == htlc) return forward;
            if (forward.Htlc.Id != htlc.Id || !forward.IsOpen) continue;

            // Two of our parts have the same id: only the channel tells them apart.
            if (sameId is not null) return null;
            sameId = forward;
        }

        return sameId;
    }

    /// <summary>
    /// Returns the forwards with the status of <paramref name="htlc"/> set. A settled part stays settled: a failure reported after that is ignored.
    /// </summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, HtlcKey htlc, ForwardStatus status) =>
        Mark(forwards, forwards.Locate(htlc), status);

    /// <summary>
    /// Returns the forwards with <paramref name="htlc"/> marked as sent on by the node. A part that is already decided does not change.
    /// </summary>
    public static ValueList<Forward> MarkOffered(this ValueList<Forward> forwards, HtlcKey htlc) =>
        forwards.Locate(htlc) is { Status: ForwardStatus.Handed } handed ? Mark(forwards, handed, ForwardStatus.Offered) : forwards;

    /// <summary>Returns the forward with exactly this channel name and HTLC id, or null.</summary>
    public static Forward? LocateExactly(this ValueList<Forward> forwards, HtlcKey htlc) => forwards.FirstOrDefault(f => f.Htlc == htlc);

    /// <summary>
    /// Returns the forward that a row of the node's list is about, or null. A row that matches only by HTLC id does not count if it comes before the
    /// forward's own row, because payments that used the channel earlier are listed too. A row after it may count: when a channel gets its real scid,
    /// the node adds a new row and leaves the row under the alias unchanged.
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

    /// <summary>Returns the forwards updated from the node's list.</summary>
    public static ValueList<Forward> Mark(this ValueList<Forward> forwards, ForwardsSeen seen)
    {
        foreach (ForwardSeen row in seen.Seen) forwards = Mark(forwards, forwards.Locate(row, seen), row.Status);
        return forwards;
    }

    /// <summary>Whether <paramref name="forward"/> is undecided and has no row in <paramref name="list"/>.</summary>
    public static bool IsUnlisted(this ValueList<Forward> forwards, Forward forward, ForwardsSeen list) =>
        forward.IsOpen && !list.Seen.Any(row => forwards.Locate(row, list) == forward);

    /// <summary>Returns the keys of the incoming HTLCs.</summary>
    public static ValueList<HtlcKey> Keys(this ValueList<Forward> forwards) => [.. forwards.Select(static f => f.Htlc)];

    /// <summary>Returns the forwards as they are saved. Whether the node already lists a part is not saved; a restart asks again.</summary>
    public static ValueList<Forward> OnRecord(this ValueList<Forward> forwards) => forwards.Replace(ForwardStatus.Handed, ForwardStatus.Offered);

    /// <summary>Returns saved forwards as they are known after a restart.</summary>
    public static ValueList<Forward> FromRecord(this ValueList<Forward> forwards) => forwards.Replace(ForwardStatus.Offered, ForwardStatus.Handed);

    private static ValueList<Forward> Replace(this ValueList<Forward> forwards, ForwardStatus from, ForwardStatus to) =>
        forwards.Any(f => f.Status == from) ? [.. forwards.Select(f => f.Status == from ? f with { Status = to } : f)] : forwards;

    private static ValueList<Forward> Mark(ValueList<Forward> forwards, Forward? known, ForwardStatus status)
    {
        if (known is null || known.Status is ForwardStatus.Settled || known.Status == status) return forwards;

        // A late report: an HTLC that failed is not sent on again.
        if (known.Status is ForwardStatus.Failed && status is not ForwardStatus.Settled) return forwards;
        return new ValueList<Forward>([.. forwards.Select(f => f == known ? f with { Status = status } : f)]);
    }
}

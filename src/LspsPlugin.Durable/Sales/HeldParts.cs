using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>
/// The unanswered HTLCs of one payment, and the node resources that the payment occupies: these HTLCs and forwarded ones that the client has not
/// decided.
/// </summary>
internal sealed class HeldParts(HeldExposure exposure, NodeId client)
{
    private readonly Dictionary<HtlcKey, (Part Part, IHeldHtlc Held)> _held = [];
    private readonly HeldPayment _occupied = exposure.Open(client);

    public int Count => _held.Count;

    public Msat Sum => new(_held.Values.Aggregate(0UL, static (sum, one) => sum + one.Part.Received.Value));

    public IReadOnlyList<Part> Parts => [.. _held.Values.Select(static one => one.Part)];

    /// <summary>The sum of their shares of the payment, in msat.</summary>
    public UInt128 Collected => _held.Values.Aggregate(UInt128.Zero, static (sum, one) => sum + one.Part.Amount.Value);

    public HeldPayment Occupied => _occupied;

    public bool Has(HtlcKey htlc) => _held.ContainsKey(htlc);

    /// <summary>
    /// Returns the limit because of which <paramref name="part"/> is refused, or null. A part that is already held is always accepted.
    /// </summary>
    public RejectReason? GetRejection(Part part) => exposure.GetPartRejection(client, _occupied, part);

    /// <summary>Holds an HTLC. If the node replays one it has dropped the earlier hook call, so the new hook replaces the old one.</summary>
    public void Hold(Part part, IHeldHtlc held)
    {
        _occupied.Add(part.Htlc, part.Received);
        _held[part.Htlc] = (part, held);
    }

    /// <summary>Answers an HTLC if it is still unanswered.</summary>
    public void Answer(HtlcKey htlc, HtlcResolution resolution)
    {
        if (!_held.Remove(htlc, out (Part Part, IHeldHtlc Held) waiting)) return;
        if (resolution is not ForwardHtlc) _occupied.Remove(htlc);
        waiting.Held.Answer(resolution);
    }

    public void FailAll(OnionFailure failure)
    {
        foreach (HtlcKey htlc in _held.Keys.ToArray()) Answer(htlc, new FailHtlc(failure));
    }

    /// <summary>Removes and returns all HTLCs without answering them.</summary>
    public IReadOnlyList<(Part Part, IHeldHtlc Held)> TakeAll()
    {
        (Part, IHeldHtlc)[] all = [.. _held.Values];
        foreach (HtlcKey htlc in _held.Keys) _occupied.Remove(htlc);
        _held.Clear();
        return all;
    }

    /// <summary>
    /// Counts forwarded parts until they are settled or failed or the channel is paid for: until then only the client decides how long they stay
    /// pending.
    /// </summary>
    public void CountForwarded(SessionState state)
    {
        bool hasChannel = state is ForwardingOverExisting or Underpaid or Broadcasting or Confirming or Ended or AwaitingChannelReady { Sent: not null } or Forwarded { Sent: not null };
        if (hasChannel) _occupied.Arrived();
        Forward[] open = [.. ForwardsOf(state).Where(static forward => forward.IsOpen)];
        foreach (Forward forward in open) _occupied.Add(forward.Htlc, new Msat(unchecked(forward.Amount.Value + forward.OpeningFee.Value)));
        if (_occupied.Parts > _held.Count) _occupied.KeepOnly([.. _held.Keys, .. open.Select(static forward => forward.Htlc)]);
    }

    /// <summary>The payment is over and occupies nothing.</summary>
    public void Close() => _occupied.Close();

    private static ValueList<Forward> ForwardsOf(SessionState state) => state switch
    {
        Forwarded forwarded => forwarded.Forwards,
        Underpaid underpaid => underpaid.Forwards,
        ForwardingOverExisting over => over.Forwards,
        Unwinding unwinding => unwinding.Forwards,
        _ => [],
    };
}

using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Funding;

/// <summary>The node's data about a usable JIT channel.</summary>
/// <param name="Spendable">The amount that can be sent now, after reserve, commitment fee and pending HTLCs.</param>
/// <param name="HtlcMinimum">The client's htlc_minimum_msat.</param>
/// <param name="HtlcMaximum">The largest HTLC that can be sent.</param>
/// <param name="ToSelfDelay">The to_self_delay that the client imposes on the provider; bounded by the offer (R52-64).</param>
/// <param name="Alias">This node's alias for the channel, under which the node lists its forwards until it confirms.</param>
/// <param name="Reserve">The channel reserve that the client demands from us.</param>
/// <param name="InFlight">The rest of the client's max_htlc_value_in_flight_msat after pending HTLCs; null when there is no limit.</param>
/// <param name="Slots">
/// How many more HTLCs our node sends over the channel: its max-concurrent-htlcs. The node does not report the client's max_accepted_htlcs.
/// </param>
/// <param name="Narrowed">Whether the client allows less than it did when the channel was sized.</param>
public sealed record ChannelFacts(
    Msat Spendable, Msat HtlcMinimum, Msat HtlcMaximum, BlockCount ToSelfDelay, Scid? Alias = null, Msat Reserve = default, Msat? InFlight = null, int? Slots = null, bool Narrowed = false)
{
    /// <summary>The amount that can be forwarded in HTLCs now.</summary>
    public Msat Room => InFlight is { } most && most < Spendable ? most : Spendable;

    /// <inheritdoc/>
    public override string ToString() =>
        $"spendable {Spendable}, reserve {Reserve}, htlc_minimum {HtlcMinimum}, in flight at most {(InFlight is { } most ? most.ToString() : "anything")}, {Slots?.ToString() ?? "any number of"} HTLCs";
}

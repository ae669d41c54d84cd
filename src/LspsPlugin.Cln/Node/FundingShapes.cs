using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2.Pricing;

namespace LspsPlugin.Cln.Node;

// Calls that fund channels: openings, PSBTs, reservations, outputs of the chain. See NodeShapes.cs for what may be missing.
/// <summary>The params of fundchannel_start.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="Amount">The channel's capacity in sat.</param>
/// <param name="Announce">Whether the channel is public; false for a JIT channel (R52-63).</param>
/// <param name="Mindepth">The confirmations that we require of our own funding; 0 for a zero-conf channel.</param>
/// <param name="ChannelType">The feature bits of the channel type (BOLT 2).</param>
/// <param name="Reserve">The reserve that we demand of the peer, in sat; null for the node's default, 1 % of the capacity.</param>
internal sealed record FundChannelStartParams(string Id, ulong Amount, bool Announce, uint? Mindepth, int[] ChannelType, ulong? Reserve);

/// <summary>The answer of fundchannel_start: where the funding output must pay to.</summary>
/// <param name="FundingAddress">As an address.</param>
/// <param name="Scriptpubkey">As a scriptPubKey, in hex.</param>
internal sealed record FundChannelStartAnswer(string FundingAddress, string Scriptpubkey);

/// <summary>The params of fundpsbt.</summary>
/// <param name="Satoshi">The value that the inputs must provide in addition to their own fee, in sat.</param>
/// <param name="Feerate">A feerate with its unit, such as <c>1000perkw</c>, or a name such as <c>opening</c>.</param>
/// <param name="Startweight">The weight of the transaction without inputs.</param>
/// <param name="Reserve">How many blocks the inputs are reserved; 0 for not at all.</param>
/// <param name="ExcessAsChange">Whether the node adds a change output.</param>
/// <param name="Nonwrapped">Whether to leave out inputs that are wrapped in P2SH: their signatures would change the transaction id.</param>
/// <param name="OpeningAnchorChannel">Whether to keep the node's emergency reserve for anchor channels; null for the node's rule.</param>
internal sealed record FundPsbtParams(
    ulong Satoshi, string Feerate, uint Startweight, uint Reserve, bool ExcessAsChange, bool Nonwrapped, bool? OpeningAnchorChannel);

/// <summary>The answer of commands that return only a PSBT.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
internal sealed record PsbtAnswer(string Psbt);

/// <summary>The answer of fundpsbt.</summary>
/// <param name="Psbt">The PSBT in base64; its version depends on the node's version.</param>
/// <param name="FeeratePerKw">The feerate that was used, in sat per 1000 weight.</param>
/// <param name="EstimatedFinalWeight">Weight of the complete transaction, signed and with change.</param>
/// <param name="ExcessMsat">The remaining amount that is too small for a change output.</param>
internal sealed record FundPsbtAnswer(string Psbt, uint? FeeratePerKw = null, uint? EstimatedFinalWeight = null, Msat? ExcessMsat = null)
{
    /// <summary>Returns the on-chain cost of closing the channel at the same feerate.</summary>
    public Sat CostOfClosing() => FeeratePerKw is { } rate ? new ChainFees(new FeeratePerKw(rate), new FeeratePerKw(rate)).CostOfClosing() : default;

    /// <summary>Returns the on-chain cost of the transaction by the node's estimate.</summary>
    public Sat Cost() => new((((ulong)(FeeratePerKw ?? 0) * (EstimatedFinalWeight ?? 0)) + (ExcessMsat?.Value ?? 0) + 999) / 1000);
}

/// <summary>The params of setpsbtversion.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
/// <param name="Version">0 or 2.</param>
internal sealed record SetPsbtVersionParams(string Psbt, uint Version);

/// <summary>The params of addpsbtoutput.</summary>
/// <param name="Satoshi">The output's value in sat.</param>
/// <param name="Initialpsbt">The PSBT to add it to, in base64.</param>
/// <param name="Destination">The address that it pays to.</param>
internal sealed record AddPsbtOutputParams(ulong Satoshi, string Initialpsbt, string Destination);

/// <summary>The params of reserveinputs.</summary>
/// <param name="Psbt">The transaction, in base64.</param>
/// <param name="Exclusive">Whether to fail if an input is reserved already.</param>
/// <param name="Reserve">The number of blocks.</param>
internal sealed record ReserveInputsParams(string Psbt, bool Exclusive, uint Reserve);

/// <summary>The params of unreserveinputs.</summary>
/// <param name="Psbt">The transaction, in base64.</param>
/// <param name="Reserve">The number of blocks by which the reservation is shortened.</param>
internal sealed record UnreserveInputsParams(string Psbt, uint Reserve);

/// <summary>The answer of reserveinputs and unreserveinputs: one row per input that the node knows.</summary>
internal sealed record ReservationsAnswer(Reservation[] Reservations);

/// <summary>The reservation of one input.</summary>
/// <param name="Txid">The transaction of the output that is spent.</param>
/// <param name="Vout">The output's index.</param>
/// <param name="WasReserved">Whether it was reserved before the call.</param>
/// <param name="Reserved">Whether it is reserved now.</param>
/// <param name="ReservedToBlock">The block height at which the reservation ends; null if it is not reserved.</param>
internal sealed record Reservation(TxId Txid, uint Vout, bool WasReserved, bool Reserved, uint? ReservedToBlock = null);

/// <summary>The params of fundchannel_complete.</summary>
/// <param name="Id">The peer's node id.</param>
/// <param name="Psbt">The funding transaction in base64; exactly one output must pay to the funding address.</param>
/// <param name="Withhold">Whether the node waits for sendpsbt before it broadcasts.</param>
internal sealed record FundChannelCompleteParams(string Id, string Psbt, bool Withhold);

/// <summary>The answer of fundchannel_complete.</summary>
internal sealed record FundChannelCompleteAnswer(ChannelId ChannelId);

/// <summary>The params of signpsbt.</summary>
/// <param name="Psbt">The PSBT in base64.</param>
internal sealed record SignPsbtParams(string Psbt);

/// <summary>The answer of signpsbt.</summary>
/// <param name="SignedPsbt">The signed PSBT in base64.</param>
internal sealed record SignPsbtAnswer(string SignedPsbt);

/// <summary>The params of sendpsbt.</summary>
/// <param name="Psbt">The signed PSBT in base64.</param>
internal sealed record SendPsbtParams(string Psbt);

/// <summary>The answer of sendpsbt.</summary>
internal sealed record SendPsbtAnswer(TxId Txid);

/// <summary>The params of getutxout, a method of the node's chain backend.</summary>
/// <param name="Txid">A transaction in the chain or the mempool.</param>
/// <param name="Vout">The output's index in it.</param>
internal sealed record GetUtxOutParams(TxId Txid, uint Vout);

/// <summary>The answer of getutxout.</summary>
/// <param name="Script">The scriptPubKey in hex; null if the output is spent or unknown, or if the backend cannot reach its daemon.</param>
internal sealed record GetUtxOutAnswer(string? Script = null);

using LspsPlugin.Core.Lightning;
using NBitcoin;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>What a node of a blinded path has computed from its payload and its encrypted data.</summary>
/// <param name="Next">The channel to forward over, if the path names one.</param>
/// <param name="NextNode">The peer to forward to, if the path names one; neither is set for the recipient.</param>
/// <param name="PathId">The path_id, which stands for the payment secret if it has 32 bytes (onion_decode).</param>
/// <param name="Total">What all parts deliver; only for the recipient.</param>
/// <param name="NextPathKey">The path key for the next node.</param>
public sealed record SimBlinding(Msat Amount, uint Cltv, Scid? Next, NodeId? NextNode, PaymentSecret? PathId, Msat? Total, PubKey NextPathKey);

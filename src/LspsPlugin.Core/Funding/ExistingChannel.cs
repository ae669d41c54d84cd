using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Funding;

/// <summary>A channel that the client already has with this node, with the node's forwarding fee for it.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Alias">This node's alias for the channel, under which the node may list its forwards.</param>
/// <param name="FeeBase">The node's base forwarding fee over the channel.</param>
/// <param name="FeeProportional">The node's proportional forwarding fee over the channel.</param>
public sealed record ExistingChannel(ChannelId Channel, Scid? Alias, Msat FeeBase, Ppm FeeProportional);

namespace LspsPlugin.Cln.Options;

/// <summary>Which side acts first (bLIP-52, trust models): the client with its preimage, or we with the funding transaction.</summary>
internal enum TrustModel : byte
{
    /// <summary>The funding is withheld until the client has released the preimage: we risk nothing.</summary>
    ClientTrustsLsp,

    /// <summary>The funding is broadcast first. The possible loss is bounded, and beyond the bound nothing is sold.</summary>
    LspTrustsClient,

    /// <summary>We trust within the bounds; beyond them, and from clients that wasted an opening, we require trust.</summary>
    Auto,
}

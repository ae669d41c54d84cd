namespace LspsPlugin.Cln.Provider;

/// <summary>Who moves first (bLIP-52, trust models): the client with its preimage, or we with the funding transaction.</summary>
public enum TrustModel : byte
{
    /// <summary>The funding is withheld until the client has released the preimage: nothing of ours is at stake.</summary>
    ClientTrustsLsp,

    /// <summary>The funding goes out first; what that may cost is bounded, and beyond the bound nothing is sold.</summary>
    LspTrustsClient,

    /// <summary>We trust within the bounds, and ask for trust beyond them and of clients that wasted an opening.</summary>
    Auto,
}

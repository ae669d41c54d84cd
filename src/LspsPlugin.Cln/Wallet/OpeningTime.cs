namespace LspsPlugin.Cln.Wallet;

/// <summary>How much later than its offer a payment may still come to its end that was complete in the offer's last second.</summary>
internal static class OpeningTime
{
    /// <summary>
    /// The provider holds parts for a minute and a half until they are all there (bLIP-52), opens the channel, waits until it is usable (two
    /// minutes with this plugin's own defaults) and forwards; twice that, for slow nodes, and the wallet's clock that may be ahead.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
}

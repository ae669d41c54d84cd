namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>How much later than the end of its offer a payment may complete that was whole in the offer's last second.</summary>
internal static class OpeningTime
{
    /// <summary>
    /// The provider holds parts for up to 90 seconds until all have arrived (bLIP-52), opens the channel, waits until it is usable (two
    /// minutes by this plugin's defaults) and forwards. Doubled, for slow nodes and a wallet's clock that is ahead.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
}

using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>
/// Accepts an unconfirmed channel from a provider with a live approval, for the channel that was bought, one at a time, and from nobody
/// else. Without a grant the node refuses such a channel, unless the operator or another plugin allows it.
/// </summary>
internal sealed class ZeroConfApprovals(PurchaseStore purchases, GrantedChannels granted, TrustedChannels owed, ChannelMonitor watch, PeerLog log, Func<WalletOptions> options)
{
    private const int ZeroConfBit = 50;
    private const int ScidAliasBit = 46;

    /// <summary>
    /// Two weeks: coins should not be locked for longer if the provider disappears, and no node requires more by default.
    /// </summary>
    private const ulong LongestToSelfDelay = 2016;

    public async Task DecideAsync(HookOpenChannel open, HookCall hook)
    {
        try
        {
            if (await GetRejectionAsync(open) is not { } because) Grant(open, hook);
            else if (IsZeroConf(open)) log.Unusual("opening", open.Id, $"wallet: a zero-conf channel from {open.Id} is not approved: {because}");
        }
        finally
        {
            hook.Continue(); // the hook call may have been answered already; it takes no second answer
        }
    }

    private void Grant(HookOpenChannel open, HookCall hook) => hook.Answer("continue"u8, json =>
    {
        json.WriteNumber("mindepth"u8, 0);
        if (options().ZeroReserve || options().ZeroReserveProviders.Contains(open.Id)) json.WriteNumber("reserve"u8, 0);
    });

    /// <summary>
    /// Finds the approval that an opening is for, and stores the grant. If several approvals match, those for larger payments are tried
    /// first, since fewer openings match them.
    /// </summary>
    /// <returns>Null if it may be granted; otherwise the reason.</returns>
    private async ValueTask<string?> GetRejectionAsync(HookOpenChannel open)
    {
        string? because = null;
        foreach (Purchase approved in purchases.LiveApprovals(open.Id).OrderByDescending(Smallest).ToArray())
        {
            if ((Misfit(open, approved) ?? await GetRejectionAsync(open, approved)) is not { } reason) return null;
            because ??= reason;
        }

        return because ?? "no channel was bought from it";
    }

    /// <summary>Checks one matching approval: no second channel while the first may still exist (a failed attempt left none).</summary>
    private async ValueTask<string?> GetRejectionAsync(HookOpenChannel open, Purchase approved)
    {
        if (granted.Find(approved) is not null)
        {
            // A peer has one opening at a time: the result of the last one is in the node's list by now.
            if (!await watch.LookAsync(open.Id)) return "the node does not report the state of its last opening";
            if (granted.Find(approved) is { ChannelId: { } channel }) return $"{channel} was opened for {approved.JitScid} and is not confirmed yet";
        }

        return await granted.AddAsync(new GrantedChannel(open.Id, approved.JitScid, open.FundingMsat, !approved.AwaitsConfirmation));
    }

    /// <summary>
    /// Returns why an opening is not the one that was bought; null if it is. The channel may be larger: how much the provider adds for its
    /// reserve, its commitment fees and later payments is its own policy and costs the wallet nothing, since an unconfirmed channel only
    /// carries what it was bought for, whatever its size (<see cref="IncomingGuard"/>).
    /// </summary>
    private string? Misfit(HookOpenChannel open, Purchase purchase)
    {
        if (!purchase.AwaitsConfirmation && owed.OverdueOf(purchase.Provider) is { } unpaid) return $"it must first fund {unpaid.ChannelId}, which is paid for";
        if (open.ToSelfDelay > LongestToSelfDelay) return $"a to_self_delay of {open.ToSelfDelay} blocks is more than {LongestToSelfDelay}";
        if ((open.ChannelFlags & 1) != 0) return "the channel must not be announced"; // R52-63
        if (!Bits(open).Contains(ScidAliasBit)) return "the channel needs option_scid_alias"; // R52-62
        if (Smallest(purchase) is not { } least) return "the opening fee overflows";
        return open.FundingMsat < least ? $"the channel of {open.FundingMsat} is smaller than bought: it must carry at least {least}" : null;
    }

    /// <summary>Returns the smallest amount that the channel must carry; null if the fee overflows.</summary>
    private static Msat? Smallest(Purchase purchase)
    {
        Msat size = purchase.PaymentSize ?? purchase.FeeParams.MinPaymentSize;
        return OpeningFee.TryCompute(size, purchase.FeeParams, out Msat fee) ? size > fee ? size - fee : Msat.Zero : null;
    }

    /// <summary>Returns whether the opening asks for zero-conf; ordinary channels are the node's own decision and not logged.</summary>
    private static bool IsZeroConf(HookOpenChannel open) => Bits(open).Contains(ZeroConfBit);

    private static int[] Bits(HookOpenChannel open) => open.ChannelType?.Bits ?? [];
}

using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// Grants a channel without confirmation to a provider with a live approval, for the channel that was bought, one at a time; and to nobody
/// else. A refusal is the node's: without a grant it takes no such channel unless the operator or another plugin says so.
/// </summary>
internal sealed class Openings(PurchaseBook book, GrantedChannels granted, OwedChannels owed, ChannelWatch watch, StrangersLog log, Func<WalletOptions> options)
{
    private const int ZeroConfBit = 50;
    private const int ScidAliasBit = 46;

    /// <summary>Two weeks: nobody's coins should be locked for longer when the provider goes away, and no node asks for more by itself.</summary>
    private const ulong LongestToSelfDelay = 2016;

    public async Task DecideAsync(HookOpenChannel open, HookCall hook)
    {
        try
        {
            if (await RefuseAsync(open) is not { } because) Grant(open, hook);
            else if (IsZeroConf(open)) log.Unusual("opening", open.Id, $"wallet: a zero-conf channel from {open.Id} is not approved: {because}");
        }
        finally
        {
            hook.Continue(); // a call that was answered takes no second answer
        }
    }

    private void Grant(HookOpenChannel open, HookCall hook) => hook.Answer("continue"u8, json =>
    {
        json.WriteNumber("mindepth"u8, 0);
        if (options().ZeroReserve || options().ZeroReserveProviders.Contains(open.Id)) json.WriteNumber("reserve"u8, 0);
    });

    /// <summary>
    /// Finds the approval that an opening is for, and puts it on record. Where it fits several, those for larger payments have fewer
    /// openings that fit them.
    /// </summary>
    /// <returns>Null when it may be granted, else why not.</returns>
    private async ValueTask<string?> RefuseAsync(HookOpenChannel open)
    {
        string? because = null;
        foreach (Purchase approved in book.LiveApprovals(open.Id).OrderByDescending(Smallest).ToArray())
        {
            if ((Misfit(open, approved) ?? await RefuseAsync(open, approved)) is not { } reason) return null;
            because ??= reason;
        }

        return because ?? "no channel was bought from it";
    }

    /// <summary>The same for one approval that it fits: no second channel while the first may still be there (an attempt that failed left none).</summary>
    private async ValueTask<string?> RefuseAsync(HookOpenChannel open, Purchase approved)
    {
        if (granted.Find(approved) is not null)
        {
            // A peer has one opening at a time: whatever came of the last one is in the node's list by now.
            if (!await watch.LookAsync(open.Id)) return "the node does not report the state of its last opening";
            if (granted.Find(approved) is { ChannelId: { } channel }) return $"{channel} was opened for {approved.JitScid} and is not confirmed yet";
        }

        return await granted.AddAsync(new GrantedChannel(open.Id, approved.JitScid, open.FundingMsat, !approved.AwaitsConfirmation));
    }

    /// <summary>
    /// What is wrong with an opening as the one that was bought; null when nothing is. It may be larger: what the provider adds for its
    /// reserve, its commitment fees and later payments is for its policy to say, and costs the wallet nothing, for a channel without
    /// confirmation carries no more than it was bought for whatever its size (<see cref="IncomingGuard"/>).
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

    /// <summary>The least that the channel must carry; null when the fee overflows.</summary>
    private static Msat? Smallest(Purchase purchase)
    {
        Msat size = purchase.PaymentSize ?? purchase.FeeParams.MinPaymentSize;
        return OpeningFee.TryCompute(size, purchase.FeeParams, out Msat fee) ? size > fee ? size - fee : Msat.Zero : null;
    }

    /// <summary>An ordinary channel is the node's business, and worth no line.</summary>
    private static bool IsZeroConf(HookOpenChannel open) => Bits(open).Contains(ZeroConfBit);

    private static int[] Bits(HookOpenChannel open) => open.ChannelType?.Bits ?? [];
}

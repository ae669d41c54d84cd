using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>A part that is held, with what its answer needs.</summary>
internal sealed record HeldPart(ReceivedPart Part, PaymentSecret Secret, BlockHeight Expiry, HtlcHook Hook);

/// <summary>
/// The JIT payments that are arriving: parts are held until the payment is whole, so that every part gets the same total; and on until
/// the channel's funding is confirmed, where the provider is not trusted.
/// </summary>
internal sealed class Receipts(FundingLook funding, TimeProvider time, HostLog log)
{
    /// <summary>How long parts of an incomplete payment are held (BOLT 4 asks the last hop for at least 60 s).</summary>
    private static readonly TimeSpan MppTimeout = TimeSpan.FromSeconds(60);

    private const int MostParts = 483;

    private readonly Dictionary<PaymentHash, Arriving> _arriving = [];

    /// <summary>Payments that the node was told to take, with the channels that they came through.</summary>
    private readonly Dictionary<PaymentHash, IReadOnlyCollection<Scid>> _taken = [];

    private BlockHeight _height;
    private BlockCount _final;

    /// <summary>Whether all parts are here or were taken: such a payment is decided by nobody but the chain.</summary>
    public bool IsWhole(PaymentHash hash) => _taken.ContainsKey(hash) || (_arriving.TryGetValue(hash, out Arriving? arriving) && arriving.IsWhole);

    /// <summary>The channels that a payment came through; nothing when it was taken before we started.</summary>
    public IReadOnlyCollection<Scid> ChannelsOf(PaymentHash hash) => _taken.GetValueOrDefault(hash) ?? [];

    public void Add(Purchase purchase, HeldPart held, bool replayed)
    {
        PaymentHash hash = purchase.PaymentHash!.Value;
        if (!_arriving.TryGetValue(hash, out Arriving? arriving)) _arriving.Add(hash, arriving = Begin(hash, purchase));
        arriving.Parts[held.Part.Htlc] = held;
        (Verdict verdict, string? problem) = arriving.Parts.Count > MostParts
            ? (Verdict.Refuse, "too many parts")
            : arriving.Receipt.Add(held.Part, replayed);
        switch (verdict)
        {
            case Verdict.Hold:
                break;
            case Verdict.Accept when purchase.AwaitsConfirmation:
                if (!arriving.IsWhole) Wait(hash, arriving);
                _ = LookAsync(hash, arriving);
                break;
            case Verdict.Accept:
                Take(hash, arriving);
                break;
            case Verdict.Refuse:
                GiveBack(hash, arriving);
                log.Unusual($"wallet: JIT payment {hash} over {purchase.Provider} refused: {problem}");
                break;
        }
    }

    /// <param name="final">The blocks that the node wants to be left when it takes a part.</param>
    public void OnBlock(BlockHeight height, BlockCount final)
    {
        (_height, _final) = (height, final);
        foreach ((PaymentHash hash, Arriving arriving) in _arriving.Where(pair => pair.Value.IsWhole).ToArray()) _ = LookAsync(hash, arriving);
    }

    /// <summary>Gives back the parts of a payment that is not whole; one that comes now is none of ours.</summary>
    public void Revoke(PaymentHash hash)
    {
        if (_arriving.TryGetValue(hash, out Arriving? arriving)) GiveBack(hash, arriving);
    }

    /// <summary>The payment is over for the wallet.</summary>
    public void Forget(PaymentHash hash) => _taken.Remove(hash);

    private Arriving Begin(PaymentHash hash, Purchase purchase)
    {
        var arriving = new Arriving(purchase, new Receipt(purchase));
        SetTimer(hash, arriving, MppTimeout);
        return arriving;
    }

    private void Wait(PaymentHash hash, Arriving arriving)
    {
        log.Info($"wallet: JIT payment {hash} is whole and waits for the confirmation of its channel");
        arriving.IsWhole = true;
        SetTimer(hash, arriving, ConfirmationWait.Look);
    }

    private void SetTimer(PaymentHash hash, Arriving arriving, TimeSpan due)
    {
        SynchronizationContext? loop = SynchronizationContext.Current;
        arriving.Timer?.Dispose();
        arriving.Timer = time.CreateTimer(
            _ =>
            {
                if (loop is null) OnTimer(hash, arriving);
                else loop.Post(_ => OnTimer(hash, arriving), null);
            },
            null,
            due,
            Timeout.InfiniteTimeSpan);
    }

    private void OnTimer(PaymentHash hash, Arriving arriving)
    {
        if (_arriving.GetValueOrDefault(hash) != arriving) return;
        if (arriving.IsWhole)
        {
            SetTimer(hash, arriving, ConfirmationWait.Look);
            _ = LookAsync(hash, arriving);
            return;
        }

        End(hash, arriving, static held => held.Hook.Fail(OnionFailure.MppTimeout));
        log.Info($"wallet: JIT payment {hash} did not become whole in time; its parts are given back");
    }

    /// <summary>Takes a whole payment whose channel is confirmed, gives back one that can wait no longer.</summary>
    private async Task LookAsync(PaymentHash hash, Arriving arriving)
    {
        if (WhyTooLate(arriving) is { } late)
        {
            GiveBackWaiting(hash, arriving, late);
            return;
        }

        FundingSight sight;
        try
        {
            sight = await funding.AtAsync(arriving.Purchase.Provider, arriving.Channels);
        }
        catch (OperationCanceledException)
        {
            return; // the node stops, and offers the parts again when it runs
        }

        if (_arriving.GetValueOrDefault(hash) != arriving) return;
        if (sight == FundingSight.Confirmed) Take(hash, arriving);
        else if (sight == FundingSight.Gone) GiveBackWaiting(hash, arriving, "the channel is gone");
    }

    private string? WhyTooLate(Arriving arriving)
    {
        BlockHeight first = arriving.Parts.Values.Min(held => held.Expiry);
        if (first < _height + new BlockCount(_final.Value + ConfirmationWait.Spare)) return $"at {_height} only {_final} are left to take it";
        return time.GetUtcNow() >= arriving.Purchase.LastUse ? "the invoice ran out" : null;
    }

    private void GiveBackWaiting(PaymentHash hash, Arriving arriving, string because)
    {
        GiveBack(hash, arriving);
        log.Unusual($"wallet: JIT payment {hash} is given back, the funding of its channel by {arriving.Purchase.Provider} was not confirmed: {because}");
    }

    private void Take(PaymentHash hash, Arriving arriving)
    {
        Msat total = arriving.Receipt.Received;
        _taken[hash] = arriving.Channels;
        End(hash, arriving, held => held.Hook.Accept(held.Part.Received, held.Secret, total));
        log.Info($"wallet: JIT payment {hash} is whole: {total} in {arriving.Receipt.Count} part(s)");
    }

    private void GiveBack(PaymentHash hash, Arriving arriving) =>
        End(hash, arriving, held => held.Hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(held.Part.Received, _height)));

    private void End(PaymentHash hash, Arriving arriving, Action<HeldPart> answer)
    {
        _arriving.Remove(hash);
        arriving.Timer?.Dispose();
        foreach (HeldPart held in arriving.Parts.Values) answer(held);
    }

    private sealed class Arriving(Purchase purchase, Receipt receipt)
    {
        public Purchase Purchase => purchase;

        public Receipt Receipt => receipt;

        public bool IsWhole { get; set; }

        public Dictionary<HtlcKey, HeldPart> Parts { get; } = [];

        public IReadOnlyCollection<Scid> Channels => [.. Parts.Keys.Select(htlc => htlc.Channel).Distinct()];

        public ITimer? Timer { get; set; }
    }
}

using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Receiving;

/// <summary>A held part, with the data that its answer needs.</summary>
internal sealed record HeldPart(ReceivedPart Part, PaymentSecret Secret, BlockHeight Expiry, HtlcHook Hook);

/// <summary>
/// The arriving JIT payments. Parts are held until the payment is complete, so that every part gets the same total, and further until the
/// channel's funding is confirmed if the provider is not trusted.
/// </summary>
/// <remarks>
/// Anybody who has seen an invoice can send parts for it. Parts with another secret or total are a separate attempt; no attempt can end or
/// complete another one.
/// </remarks>
internal sealed class IncomingPayments(FundingCheck funding, TimeProvider time, HostLog log, PeerLog peerLog, Background background)
{
    /// <summary>How long parts of an incomplete payment are held (BOLT 4 requires at least 60 s at the last hop).</summary>
    private static readonly TimeSpan MppTimeout = TimeSpan.FromSeconds(60);

    private const int MostParts = 483;

    private readonly Dictionary<Attempt, Arriving> _arriving = [];

    /// <summary>Payments that the node was told to accept, with the channels that they came through.</summary>
    private readonly Dictionary<PaymentHash, HashSet<Scid>> _taken = [];

    private BlockHeight _height;
    private BlockCount _final;

    /// <summary>Returns whether all parts have arrived or were accepted: such a payment is then decided only by the chain.</summary>
    public bool IsWhole(PaymentHash hash) => _taken.ContainsKey(hash) || Of(hash).Any(static arriving => arriving.IsWhole);

    /// <summary>
    /// Returns the channels that a payment came through; empty if it was accepted before this start or did not pass through us.
    /// </summary>
    public IReadOnlyCollection<Scid> ChannelsOf(PaymentHash hash) => _taken.GetValueOrDefault(hash) ?? [];

    /// <summary>Takes a part of the payment that a purchase was made for; it is always answered in the end.</summary>
    /// <param name="purchase">The purchase, approved for the payment's hash.</param>
    /// <param name="held">The part with its hook.</param>
    /// <param name="replayed">Whether the node held it at its last stop, so that extra_fee may be lost.</param>
    public void Add(Purchase purchase, HeldPart held, bool replayed)
    {
        PaymentHash hash = purchase.PaymentHash!.Value;
        if (purchase.PaymentSecret is { } secret && held.Secret != secret)
        {
            Refuse(purchase, held, "its payment_secret is wrong");
            return;
        }

        var attempt = new Attempt(hash, held.Secret, held.Part.Total);
        if (!_arriving.TryGetValue(attempt, out Arriving? arriving)) arriving = new Arriving(attempt, purchase);
        if (arriving.IsWhole || arriving.Parts.Count >= MostParts)
        {
            Refuse(purchase, held, arriving.IsWhole ? "the payment is complete without it" : "there are too many parts");
            return;
        }

        (Verdict verdict, string? problem) = arriving.Payment.Add(held.Part, replayed);
        if (verdict == Verdict.Refuse)
        {
            Refuse(purchase, held, problem!);
            return;
        }

        if (arriving.Parts.Count == 0) Begin(arriving);
        arriving.Parts[held.Part.Htlc] = held;
        if (verdict == Verdict.Hold) return;
        if (purchase.AwaitsConfirmation)
        {
            Wait(arriving);
            StartToLook(arriving);
        }
        else
        {
            Take(arriving);
        }
    }

    /// <summary>Takes a new block: fundings that complete payments wait for are looked up again, and parts that expire soon are failed.</summary>
    /// <param name="height">Its height.</param>
    /// <param name="final">The number of blocks that the node requires to be left when it accepts a part.</param>
    public void OnBlock(BlockHeight height, BlockCount final)
    {
        (_height, _final) = (height, final);
        foreach (Arriving arriving in _arriving.Values.Where(static arriving => arriving.IsWhole).ToArray()) StartToLook(arriving);
    }

    /// <summary>Fails the parts of a payment; later parts are not ours.</summary>
    public void Revoke(PaymentHash hash)
    {
        foreach (Arriving arriving in Of(hash).ToArray()) GiveBack(arriving);
    }

    /// <summary>Forgets a payment that is over for the wallet: its parts, now or later, will not be accepted.</summary>
    public void Forget(PaymentHash hash)
    {
        _taken.Remove(hash);
        Revoke(hash);
    }

    private IEnumerable<Arriving> Of(PaymentHash hash) => _arriving.Values.Where(arriving => arriving.Attempt.Hash == hash);

    private void Begin(Arriving arriving)
    {
        _arriving[arriving.Attempt] = arriving;
        SetTimer(arriving, MppTimeout);
    }

    private void Wait(Arriving arriving)
    {
        log.Info($"wallet: JIT payment {arriving.Attempt.Hash} is complete and waits for the confirmation of its channel");
        arriving.IsWhole = true;
        SetTimer(arriving, ConfirmationWait.Look);
    }

    private void SetTimer(Arriving arriving, TimeSpan due)
    {
        SynchronizationContext? loop = SynchronizationContext.Current;
        arriving.Timer?.Dispose();
        arriving.Timer = time.CreateTimer(
            _ =>
            {
                if (loop is null) OnTimer(arriving);
                else loop.Post(_ => OnTimer(arriving), null);
            },
            null,
            due,
            Timeout.InfiniteTimeSpan);
    }

    private void OnTimer(Arriving arriving)
    {
        if (IsOver(arriving)) return;
        if (arriving.IsWhole)
        {
            SetTimer(arriving, ConfirmationWait.Look);
            StartToLook(arriving);
            return;
        }

        End(arriving, static held => held.Hook.Fail(OnionFailure.MppTimeout));
        log.Info($"wallet: JIT payment {arriving.Attempt.Hash} was not complete in time; its parts are failed");
    }

    /// <summary>Starts the check. If it fails because of a bug, the parts are failed back: nobody else would answer them.</summary>
    private void StartToLook(Arriving arriving) => background.Start($"JIT payment {arriving.Attempt.Hash}", LookAsync(arriving), () =>
    {
        if (_arriving.GetValueOrDefault(arriving.Attempt) == arriving) GiveBack(arriving);
    });

    /// <summary>Accepts a complete payment whose channel is confirmed; fails back one that can wait no longer.</summary>
    private async Task LookAsync(Arriving arriving)
    {
        if (IsOver(arriving)) return;
        if (WhyTooLate(arriving) is { } late)
        {
            GiveBackWaiting(arriving, late);
            return;
        }

        FundingSight sight;
        try
        {
            sight = await funding.AtAsync(arriving.Purchase.Provider, arriving.Channels);
        }
        catch (OperationCanceledException)
        {
            return; // the node is stopping, and replays the parts after its restart
        }

        if (IsOver(arriving)) return;
        if (sight == FundingSight.Confirmed) Take(arriving);
        else if (sight == FundingSight.Gone) GiveBackWaiting(arriving, "the channel is gone");
    }

    private bool IsOver(Arriving arriving) => _arriving.GetValueOrDefault(arriving.Attempt) != arriving;

    private string? WhyTooLate(Arriving arriving)
    {
        BlockHeight first = arriving.Parts.Values.Min(held => held.Expiry);
        if (first < _height + new BlockCount(_final.Value + ConfirmationWait.Spare)) return $"at {_height} only {_final} are left to claim it";
        return time.GetUtcNow() >= arriving.Purchase.LastUse ? "the invoice expired" : null;
    }

    private void GiveBackWaiting(Arriving arriving, string because)
    {
        GiveBack(arriving);
        log.Unusual($"wallet: JIT payment {arriving.Attempt.Hash} is failed, the funding of its channel by {arriving.Purchase.Provider} was not confirmed: {because}");
    }

    private void Take(Arriving arriving)
    {
        Msat total = arriving.Payment.Received;
        PaymentHash hash = arriving.Attempt.Hash;
        if (!_taken.TryGetValue(hash, out HashSet<Scid>? channels)) _taken.Add(hash, channels = []);
        channels.UnionWith(arriving.Channels);
        End(arriving, held => held.Hook.Accept(held.Part.Received, held.Secret, total));
        log.Info($"wallet: JIT payment {hash} is complete: {total} in {arriving.Payment.Count} part(s)");
    }

    /// <summary>Refuses a single part, which anybody may have sent.</summary>
    private void Refuse(Purchase purchase, HeldPart held, string because)
    {
        held.Hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(held.Part.Received, _height));
        peerLog.Unusual("part", purchase.Provider, $"wallet: a part of {held.Part.Received} of JIT payment {purchase.PaymentHash} over {purchase.Provider} is refused: {because}");
    }

    private void GiveBack(Arriving arriving) =>
        End(arriving, held => held.Hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(held.Part.Received, _height)));

    private void End(Arriving arriving, Action<HeldPart> answer)
    {
        _arriving.Remove(arriving.Attempt);
        arriving.Timer?.Dispose();
        foreach (HeldPart held in arriving.Parts.Values) answer(held);
    }

    /// <summary>What parts must share to be added up.</summary>
    private readonly record struct Attempt(PaymentHash Hash, PaymentSecret Secret, Msat Total);

    private sealed class Arriving(Attempt attempt, Purchase purchase)
    {
        public Attempt Attempt => attempt;

        public Purchase Purchase => purchase;

        public IncomingPayment Payment { get; } = new(purchase);

        public bool IsWhole { get; set; }

        public Dictionary<HtlcKey, HeldPart> Parts { get; } = [];

        public IReadOnlyCollection<Scid> Channels => [.. Parts.Keys.Select(htlc => htlc.Channel).Distinct()];

        public ITimer? Timer { get; set; }
    }
}

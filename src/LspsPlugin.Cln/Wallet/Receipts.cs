using LspsPlugin.Cln.Host;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet;

/// <summary>The JIT payments that are arriving: parts are held until the payment is whole, so that every part gets the same total.</summary>
internal sealed class Receipts(TimeProvider time, HostLog log)
{
    /// <summary>How long parts of an incomplete payment are held (BOLT 4 asks the last hop for at least 60 s).</summary>
    private static readonly TimeSpan MppTimeout = TimeSpan.FromSeconds(60);

    private const int MostParts = 483;

    private readonly Dictionary<PaymentHash, Arriving> _arriving = [];

    public void Add(Purchase purchase, ReceivedPart part, PaymentSecret secret, HtlcHook hook, BlockHeight height, bool replayed)
    {
        PaymentHash hash = purchase.PaymentHash!.Value;
        if (!_arriving.TryGetValue(hash, out Arriving? arriving)) _arriving.Add(hash, arriving = Begin(hash, purchase));
        arriving.Hooks[part.Htlc] = (hook, part.Received, secret);
        (Verdict verdict, string? problem) = arriving.Hooks.Count > MostParts
            ? (Verdict.Refuse, "too many parts")
            : arriving.Receipt.Add(part, replayed);
        switch (verdict)
        {
            case Verdict.Hold:
                break;
            case Verdict.Accept:
                Msat total = arriving.Receipt.Received;
                End(hash, arriving, held => held.Hook.Accept(held.Received, held.Secret, total));
                log.Info($"wallet: JIT payment {hash} is whole: {total} in {arriving.Receipt.Count} part(s)");
                break;
            case Verdict.Refuse:
                End(hash, arriving, held => held.Hook.Fail(OnionFailure.IncorrectOrUnknownPaymentDetails(held.Received, height)));
                log.Unusual($"wallet: JIT payment {hash} over {purchase.Provider} refused: {problem}");
                break;
        }
    }

    private Arriving Begin(PaymentHash hash, Purchase purchase)
    {
        var arriving = new Arriving(new Receipt(purchase));
        SynchronizationContext? loop = SynchronizationContext.Current;
        arriving.Timer = time.CreateTimer(
            _ =>
            {
                if (loop is null) TimeOut(hash, arriving);
                else loop.Post(_ => TimeOut(hash, arriving), null);
            },
            null,
            MppTimeout,
            Timeout.InfiniteTimeSpan);
        return arriving;
    }

    private void TimeOut(PaymentHash hash, Arriving arriving)
    {
        if (_arriving.GetValueOrDefault(hash) != arriving) return;
        End(hash, arriving, held => held.Hook.Fail(OnionFailure.MppTimeout));
        log.Info($"wallet: JIT payment {hash} did not become whole in time; its parts are given back");
    }

    private void End(PaymentHash hash, Arriving arriving, Action<(HtlcHook Hook, Msat Received, PaymentSecret Secret)> answer)
    {
        _arriving.Remove(hash);
        arriving.Timer?.Dispose();
        foreach ((HtlcHook, Msat, PaymentSecret) held in arriving.Hooks.Values) answer(held);
    }

    private sealed class Arriving(Receipt receipt)
    {
        public Receipt Receipt => receipt;

        public Dictionary<HtlcKey, (HtlcHook Hook, Msat Received, PaymentSecret Secret)> Hooks { get; } = [];

        public ITimer? Timer { get; set; }
    }
}

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>
/// Tracks the progress of a round of requests. It uses cancellation tokens because their waiters continue on the cancelling thread, which
/// is the loop's; waiting for one of several tasks may continue on another thread.
/// </summary>
internal sealed class OfferAnswers(int asked, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource _first = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly CancellationTokenSource _all = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private int _open = asked;
    private bool _isOver;

    /// <summary>Cancelled when there is an offer that can be bought, or when none can arrive any more.</summary>
    public CancellationToken First => _first.Token;

    /// <summary>Cancelled when all providers have answered.</summary>
    public CancellationToken All => _all.Token;

    /// <param name="offer">Null if the request failed.</param>
    public void Count(ProviderOffer? offer)
    {
        if (_isOver) return;
        bool isLast = --_open == 0;
        if (isLast || offer is { PassedOver: null }) _first.Cancel();
        if (isLast && !_isOver) _all.Cancel(); // a waiter may have continued and finished
    }

    public void Dispose()
    {
        _isOver = true;
        _first.Dispose();
        _all.Dispose();
    }
}

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// How far a round of questions is. Told by tokens: whoever waits for one goes on on the thread that cancels it, which is the loop's. To
/// wait for one of several tasks may end on another thread.
/// </summary>
internal sealed class OfferAnswers(int asked, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource _first = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private readonly CancellationTokenSource _all = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private int _open = asked;
    private bool _isOver;

    /// <summary>Cancelled when there is an offer that can be bought, or none to be waited for.</summary>
    public CancellationToken First => _first.Token;

    /// <summary>Cancelled when all have answered.</summary>
    public CancellationToken All => _all.Token;

    /// <param name="offer">Null when asking failed.</param>
    public void Count(Offer? offer)
    {
        if (_isOver) return;
        bool isLast = --_open == 0;
        if (isLast || offer is { PassedOver: null }) _first.Cancel();
        if (isLast && !_isOver) _all.Cancel(); // whoever waited may have gone on, and be done
    }

    public void Dispose()
    {
        _isOver = true;
        _first.Dispose();
        _all.Dispose();
    }
}

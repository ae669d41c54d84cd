namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>Wakes whoever looks for what an operator must act on: something happened that makes it likely.</summary>
internal sealed class Attention(TimeProvider time, CancellationToken stopping)
{
    private CancellationTokenSource? _waiting;
    private bool _isCalled;

    /// <summary>Ends the wait, or the next one. Cheap, and may be called at any rate.</summary>
    public void Call()
    {
        _isCalled = true;
        _waiting?.Cancel();
    }

    /// <summary>Waits until <see cref="Call"/> is called, or for a limited time.</summary>
    /// <exception cref="OperationCanceledException">The plugin stops.</exception>
    public async Task WaitAsync(TimeSpan longest)
    {
        if (!_isCalled)
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            _waiting = waiting;
            try
            {
                await Task.Delay(longest, time, waiting.Token);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                // called
            }
            finally
            {
                _waiting = null;
            }
        }

        _isCalled = false;
        await Task.Yield(); // whoever called has work of its own to do first
    }
}

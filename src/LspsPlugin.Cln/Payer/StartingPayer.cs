using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Sending;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer;

/// <summary>The payer before its records are read. A failed start is retried without limit.</summary>
internal sealed class StartingPayer(PayerParts parts)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How long a command waits for the records.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);

    /// <summary>Cancelled when the records are read; waiters continue on the loop.</summary>
    private readonly CancellationTokenSource _unread = CancellationTokenSource.CreateLinkedTokenSource(parts.Stopping);

    /// <param name="started">Called in the step of the loop in which the payments continue.</param>
    public async Task<RunningPayer> RunAsync(Action<RunningPayer> started)
    {
        while (true)
        {
            (RunningPayer? running, string? problem) = await TryAsync();
            if (running is not null)
            {
                started(running);
                _unread.Cancel();
                return running;
            }

            parts.Log.Unusual($"payer: the node does not answer yet: {problem}");
            await Task.Delay(Pause, parts.Time, parts.Stopping);
        }
    }

    /// <summary>Waits for a limited time until the records are read.</summary>
    public async ValueTask WaitAsync()
    {
        try
        {
            await Task.Delay(CommandPatience, parts.Time, _unread.Token);
        }
        catch (OperationCanceledException)
        {
            // They are read, or the node stops.
        }
    }

    private async ValueTask<(RunningPayer? Running, string? Problem)> TryAsync()
    {
        (NodeSettings? settings, Core.Lightning.BlockHeight height, string? problem) = await NodeSettings.ReadAsync(parts.Node, parts.Time, parts.Stopping);
        if (settings is null) return (null, problem);
        parts.Tip.OnBlock(height);
        var secret = await parts.Node.MakeSecretAsync(OnionMaker.Purpose, parts.Stopping);
        if (!secret.IsOk) return (null, $"makesecret: {secret.Error}");
        var running = new RunningPayer(parts, settings, Convert.FromHexString(secret.Value.Secret));
        if (await running.PrepareAsync() is { } unprepared) return (null, unprepared);
        try
        {
            running.Load(await parts.Journal.LoadAsync(parts.Stopping));
            return (running, null);
        }
        catch (PaymentJournalUnavailableException e)
        {
            return (null, e.Message);
        }
    }
}

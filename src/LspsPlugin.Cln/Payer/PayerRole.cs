using System.Text.Json;
using LspsPlugin.Cln.Payer.Commands;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer;

/// <summary>Pays invoices so that a payment is one thing whatever dies in between. What a call means depends on whether the records are read.</summary>
internal sealed class PayerRole(PayerParts parts)
{
    private readonly StartingPayer _starting = new(parts);
    private RunningPayer? _running;

    /// <summary>Reads the records, and continues the payments.</summary>
    public async Task StartAsync()
    {
        RunningPayer running = await _starting.RunAsync(started: running => _running = running);
        await running.RunAsync();
    }

    /// <summary>The number of payments that are not final; 0 until the records are read.</summary>
    public int LiveCount => _running?.LiveCount ?? 0;

    public void OnBlock(BlockHeight height)
    {
        parts.Tip.OnBlock(height);
        _running?.OnBlock();
    }

    public void WriteStatus(Utf8JsonWriter json)
    {
        json.WriteBoolean("ready"u8, _running is not null);
        json.WriteNumber("live_payments"u8, LiveCount);
    }

    /// <summary>Waits for a limited time until the records are read; false if they are not.</summary>
    public async ValueTask<bool> UntilReadyAsync()
    {
        if (_running is null) await _starting.WaitAsync();
        return _running is not null;
    }

    public Task SendAsync(MethodCall call) => RunAsync(call, SendPaymentCommand.RunAsync(call, _running?.Desk, parts.Time.GetUtcNow()));

    public Task SendPartAsync(MethodCall call) => RunAsync(call, PartCommands.SendAsync(call, _running?.Desk, parts.Time.GetUtcNow()));

    public Task WaitAsync(MethodCall call) => RunAsync(call, PaymentCommands.WaitAsync(call, _running?.Desk));

    public Task CancelAsync(MethodCall call) => RunAsync(call, PaymentCommands.CancelAsync(call, _running?.Desk));

    public Task ListAsync(MethodCall call) => RunAsync(call, PaymentCommands.ListAsync(call, _running?.Desk));

    public Task WaitPartAsync(MethodCall call) => RunAsync(call, PartCommands.WaitAsync(call, _running?.Desk));

    public Task ListPartsAsync(MethodCall call) => RunAsync(call, PartCommands.ListAsync(call, _running?.Desk));

    public Task ForgetAsync(MethodCall call) => RunAsync(call, PaymentCommands.ForgetAsync(call, _running?.Desk));

    /// <summary>Without the archive nobody knows whether an id is free, so nothing begins.</summary>
    private static async Task RunAsync(MethodCall call, Task command)
    {
        try
        {
            await command;
        }
        catch (PaymentJournalUnavailableException e)
        {
            call.Error(PayerCodes.Failed, $"the records of payments cannot be read now, and nothing was done: {e.Message}");
        }
    }
}

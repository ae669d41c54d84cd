using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>An event of a session, with its payment and time.</summary>
public readonly record struct SessionEventEnvelope(Scid JitScid, PaymentHash PaymentHash, DateTimeOffset At, SessionEvent Event);

/// <summary>Receives the events of all sessions. No decision depends on it.</summary>
public interface IEventSink
{
    /// <summary>Receives one event. Must not throw.</summary>
    void Publish(in SessionEventEnvelope envelope);
}

/// <summary>Passes every event on to several sinks.</summary>
public sealed class CompositeEventSink(params IReadOnlyList<IEventSink> sinks) : IEventSink
{
    /// <inheritdoc/>
    public void Publish(in SessionEventEnvelope envelope)
    {
        foreach (IEventSink sink in sinks) sink.Publish(envelope);
    }
}

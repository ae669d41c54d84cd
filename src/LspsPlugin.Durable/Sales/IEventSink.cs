using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>An event of a session, with its payment and time.</summary>
/// <param name="JitScid">The JIT scid of the offer.</param>
/// <param name="PaymentHash">The payment's hash; with the scid it identifies the session.</param>
/// <param name="At">When it happened, by the provider's clock.</param>
/// <param name="Event">What happened.</param>
public readonly record struct SessionEventEnvelope(Scid JitScid, PaymentHash PaymentHash, DateTimeOffset At, SessionEvent Event);

/// <summary>Receives the events of all sessions. No decision depends on it.</summary>
public interface IEventSink
{
    /// <summary>Receives one event. Must not throw.</summary>
    void Publish(in SessionEventEnvelope envelope);

    /// <summary>
    /// Receives the events of a step that is about to be saved, so that its record can have them. They are published once it is saved. If it cannot be saved, the
    /// events of another step are announced instead. Must not throw.
    /// </summary>
    /// <param name="jitScid">The JIT scid of the offer.</param>
    /// <param name="hash">The payment's hash.</param>
    /// <param name="at">The time of the step, with which they are published.</param>
    /// <param name="events">The events, in order; may be empty.</param>
    void Announce(Scid jitScid, PaymentHash hash, DateTimeOffset at, ImmutableArray<SessionEvent> events)
    {
    }
}

/// <summary>Passes every event on to several sinks.</summary>
/// <param name="sinks">The sinks, in the order in which they receive each event.</param>
public sealed class CompositeEventSink(params IReadOnlyList<IEventSink> sinks) : IEventSink
{
    /// <inheritdoc/>
    public void Publish(in SessionEventEnvelope envelope)
    {
        foreach (IEventSink sink in sinks) sink.Publish(envelope);
    }

    /// <inheritdoc/>
    public void Announce(Scid jitScid, PaymentHash hash, DateTimeOffset at, ImmutableArray<SessionEvent> events)
    {
        foreach (IEventSink sink in sinks) sink.Announce(jitScid, hash, at, events);
    }
}

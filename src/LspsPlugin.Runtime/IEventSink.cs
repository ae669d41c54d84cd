using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>One thing that happened in one session.</summary>
public readonly record struct SessionEventEnvelope(Scid JitScid, PaymentHash PaymentHash, DateTimeOffset At, SessionEvent Event);

/// <summary>Told everything that sessions do; nothing depends on it, and it must not throw.</summary>
public interface IEventSink
{
    void Publish(in SessionEventEnvelope envelope);
}

/// <summary>Passes every event on to several sinks.</summary>
public sealed class CompositeEventSink(params IReadOnlyList<IEventSink> sinks) : IEventSink
{
    public void Publish(in SessionEventEnvelope envelope)
    {
        foreach (IEventSink sink in sinks) sink.Publish(envelope);
    }
}

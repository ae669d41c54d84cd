using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Commands;
using LspsPlugin.Cln.Payer.Records;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Payer;

/// <summary>What the payer has before its records are read.</summary>
internal sealed class PayerParts
{
    /// <param name="node">The node's commands.</param>
    /// <param name="sending">The same over a connection of its own, for calls that wait as long as a part is out.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The host's log.</param>
    /// <param name="topic">Takes the news of payments.</param>
    /// <param name="seams">What a test replaces.</param>
    /// <param name="background">Runs tasks that are not awaited.</param>
    /// <param name="metrics">Null if metrics are off.</param>
    public PayerParts(NodeClient node, NodeClient sending, TimeProvider time, HostLog log, HostTopic topic, PayerSeams seams, Background background, PluginMetrics? metrics = null)
    {
        (Node, Sending, Time, Log, Seams, Background) = (node, sending, time, log, seams, background);
        Tip = new ChainTip(node);
        News = new PaymentNews(topic, log);
        Events = metrics?.Metered(News) ?? News;
        Journal = seams.Journal(new ClnPaymentJournal(node, time));
    }

    public NodeClient Node { get; }

    public NodeClient Sending { get; }

    public TimeProvider Time { get; }

    public HostLog Log { get; }

    public PayerSeams Seams { get; }

    public Background Background { get; }

    public CancellationToken Stopping => Background.Stopping;

    public ChainTip Tip { get; }

    public PaymentNews News { get; }

    /// <summary>Receives what happens to payments.</summary>
    public IPaymentEvents Events { get; }

    public IPaymentJournal Journal { get; }
}

/// <summary>What a test puts between the payments and the node.</summary>
/// <param name="Journal">Wraps the journal.</param>
/// <param name="Sender">Wraps what sends parts.</param>
/// <param name="Routes">Wraps what finds routes.</param>
internal sealed record PayerSeams(Func<IPaymentJournal, IPaymentJournal> Journal, Func<ISendAttempt, ISendAttempt> Sender, Func<IRouteSource, IRouteSource> Routes)
{
    public static PayerSeams None { get; } = new(static journal => journal, static sender => sender, static routes => routes);
}

using System.Text.Json;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Payer;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Cln.Wallet;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Plugin;

/// <summary>The composition root: builds the objects that exist from init on. Only it knows all of them.</summary>
internal sealed record PluginComposition(Roles Roles, HostHooks Hooks, HostNotifications Notifications, OperatorCalls Calls)
{
    /// <param name="node">The node's commands.</param>
    /// <param name="sending">The same over a connection of its own, for the payer's calls that wait; null if its role is off.</param>
    /// <param name="options">The operator's options.</param>
    /// <param name="provider">Null if the provider role is off and its records contain no obligations.</param>
    /// <param name="given">The options as received in init.</param>
    /// <param name="time">The clock.</param>
    /// <param name="entropy">The source of randomness.</param>
    /// <param name="answers">Takes the answers to the host.</param>
    /// <param name="log">The host's log.</param>
    /// <param name="progress">Tells callers of commands how far these are.</param>
    /// <param name="news">The topic for events of sessions.</param>
    /// <param name="alerts">The topic for what an operator must act on.</param>
    /// <param name="payments">The topic for changes of payments.</param>
    /// <param name="seams">What a test replaces.</param>
    /// <param name="payerSeams">What a test replaces of the payer.</param>
    /// <param name="hooks">Counts the calls of hooks.</param>
    /// <param name="metrics">Null if metrics are off.</param>
    /// <param name="background">Runs tasks that are not awaited.</param>
    public static PluginComposition Build(
        NodeClient node,
        NodeClient? sending,
        PluginOptions options,
        ProviderOptions? provider,
        Dictionary<string, JsonElement> given,
        TimeProvider time,
        IEntropy entropy,
        HostAnswers answers,
        HostLog log,
        HostProgress progress,
        HostTopic news,
        HostTopic alerts,
        HostTopic payments,
        ProviderSeams seams,
        PayerSeams payerSeams,
        HookCounts hooks,
        PluginMetrics? metrics,
        Background background)
    {
        CurrentOptions<ProviderOptions>? selling = provider is null ? null : new(provider);
        CurrentOptions<WalletOptions>? buying = options.Wallet is null ? null : new(options.Wallet);

        // Provider and client of the peer protocol; each further protocol is one more item of a list.
        var buyers = new StartupQueue<Lsps2Seller>(time);
        var peerLog = new PeerLog(log, time);
        Lsps0Server? server = selling is null || !selling.Get().Sells
            ? null
            : new Lsps0Server(node, [new Lsps2Service(buyers)], () => selling.Get().Quotas, time, peerLog, log, background.Stopping, metrics);
        Lsps0Client? client = buying is null ? null : new Lsps0Client(node, handlers: [], time, entropy, log, background.Stopping);
        var peers = new Lsps0Router(server, client, Watch);

        Alarm? alarm = selling is null ? null : AlarmOf(new Attention(time, background.Stopping));
        var roles = new Roles(
            selling is null || alarm is null ? null : new ProviderRole(new ProviderContext(node, selling.Get, time, entropy, log, peerLog, news, alarm, buyers, seams, background) { Metrics = metrics }),
            client is null || buying is null ? null : new WalletRole(new WalletParts(node, client, buying.Get, time, entropy, log, background)),
            sending is null ? null : new PayerRole(new PayerParts(node, sending, time, log, payments, payerSeams, background, metrics)));
        return new PluginComposition(
            roles,
            new HostHooks(roles, peers, answers, log, hooks, Watch),
            new HostNotifications(roles, peers, log, Watch),
            new OperatorCalls(roles, given, Change, progress, log, Watch));

        Alarm AlarmOf(Attention attention)
        {
            var made = new Alarm(new AlertBook(node, time, alerts, log), attention, new Incidents(time, attention));
            (log.OnError, log.OnBug) = (attention.Call, made.Incidents.OnBug);
            return made;
        }

        void Watch(Task work) => background.Start("a call", work);

        void Change(PluginOptions changed)
        {
            selling?.Change(changed.Provider ?? changed.Finishing);
            if (changed.Wallet is { } wallet) buying?.Change(wallet);
        }
    }
}

using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Buying;
using LspsPlugin.Cln.Wallet.Receiving;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet;

/// <summary>What the wallet has before its records are read; the stores are empty until then.</summary>
internal sealed class WalletParts
{
    public WalletParts(NodeClient node, Lsps0Client client, Func<WalletOptions> options, TimeProvider time, IEntropy entropy, HostLog log, Background background)
    {
        (Node, Client, Options, Time, Entropy, Log, Background) = (node, client, options, time, entropy, log, background);
        PeerLog = new PeerLog(log, time);
        Lsps2 = new Lsps2Client(client);
        Purchases = new PurchaseStore(node, time, log, Stopping);
        Granted = new GrantedChannels(node, log, Stopping);
        Owed = new TrustedChannels(node, log, Stopping);
        Payments = new IncomingPayments(new FundingCheck(node, Stopping), time, log, PeerLog, background);
        Trust = new TrustRule(() => options().Trust, Owed);
        Buyer = new Lsps2Buyer(Lsps2, Purchases, Trust);
    }

    public NodeClient Node { get; }

    public Lsps0Client Client { get; }

    /// <summary>Returns the current options.</summary>
    public Func<WalletOptions> Options { get; }

    public TimeProvider Time { get; }

    public IEntropy Entropy { get; }

    public HostLog Log { get; }

    public Background Background { get; }

    public CancellationToken Stopping => Background.Stopping;

    /// <summary>Rate-limits lines that peers can trigger.</summary>
    public PeerLog PeerLog { get; }

    public Lsps2Client Lsps2 { get; }

    public PurchaseStore Purchases { get; }

    public GrantedChannels Granted { get; }

    public TrustedChannels Owed { get; }

    public IncomingPayments Payments { get; }

    public TrustRule Trust { get; }

    public Lsps2Buyer Buyer { get; }
}

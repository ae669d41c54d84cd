using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.RealNodes.Foreign;
using LspsPlugin.Scenarios;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A real chain and real nodes on the loopback interface, in a directory of their own.</summary>
internal sealed class RealRegtest : IRegtest
{
    private readonly List<INetworkNode> _nodes = [];
    private readonly List<string> _complaints = [];

    /// <summary>The node that made each invoice: a part's last hop must be given, and only the invoice's signature contains it.</summary>
    private readonly Dictionary<string, NodeId> _payees = [];

    /// <summary>The same by the scid of the invoice's hint, for scenarios that make up their own payments to it.</summary>
    private readonly Dictionary<Scid, NodeId> _hinted = [];

    private PostgresServer? _postgres;

    private RealRegtest(Tools tools, string description, string directory, Bitcoind chain, TimeProvider time)
    {
        (Tools, Description, Directory, Chain, Time) = (tools, description, directory, chain, time);
    }

    public Tools Tools { get; }

    public string Description { get; }

    public string Directory { get; }

    public Bitcoind Chain { get; }

    public TimeProvider Time { get; }

    public Need Offers => OffersOf(Tools);

    /// <summary>Whether a wallet that is another program took part.</summary>
    public bool HadForeignWallet => _nodes.Any(node => node is ForeignWallet);

    /// <summary>The name of the node whose plugin is behind a tap.</summary>
    public string? Tapped { get; init; }

    /// <summary>Whether a node has the plugin that carries out what scenarios ask for. It slows the node's commands, so a measurement leaves it out where it measures.</summary>
    public Func<NodeSetup, bool> HasHelper { get; init; } = static _ => true;

    public bool IsOver { get; private set; }

    /// <summary>What a correct run does not have: log lines of the highest level, processes that do not end.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints, .. _nodes.SelectMany(node => node.Faults)];

    public static Need OffersOf(Tools tools) => Need.SecondPlugin | (tools.Postgres is null ? Need.Nothing : Need.Postgres) | (tools.Wallet is null ? Need.OurWallet : Need.Nothing)
        | (tools.Service is null ? Need.Nothing : Need.BuiltInService) | (tools.Client is null || tools.Wallet is not null ? Need.Nothing : Need.BuiltInClient)
        | (tools.Before is null ? Need.Nothing : Need.VersionBefore) | (PrometheusServer.IsInstalled ? Need.Prometheus : Need.Nothing)
        | (tools.HasBookkeeper ? Need.Bookkeeper : Need.Nothing);

    public static async Task<RealRegtest> CreateAsync(Tools tools, string description, string directory, TimeProvider time, string? tapped = null, Func<NodeSetup, bool>? hasHelper = null)
    {
        System.IO.Directory.CreateDirectory(directory);
        return new RealRegtest(tools, description, directory, await Bitcoind.StartAsync(tools.Bitcoind, Path.Combine(directory, "bitcoind"), time), time) { Tapped = tapped, HasHelper = hasHelper ?? (static _ => true) };
    }

    public async Task<IRegtestNode> StartAsync(NodeSetup setup)
    {
        string directory = Path.Combine(Directory, setup.Name);
        if (Tools.Wallet is { } program && ForeignWallet.Fits(setup)) return await StartWalletAsync(program, setup, directory);
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "regtest"));
        string? wallet = setup.Database == Database.Postgres ? await WalletAsync(setup) : null;
        if (setup.TakesOver is RealNode old) Inherit(old, directory, wallet is not null);
        var node = new RealNode(this, setup, directory, wallet);
        _nodes.Add(node);
        await node.StartAsync();
        return node;
    }

    public Task ConnectAsync(IRegtestNode from, IRegtestNode to) => this.UntilAsync(
        async () =>
        {
            // Connect repeatedly: peers that disagree about a dead channel disconnect after they have exchanged their states.
            if (await ConnectedAsync(from, to) && await ConnectedAsync(to, from)) return true;
            await from.CallAsync("connect", new JsonObject { ["id"] = to.Id.ToString(), ["host"] = "127.0.0.1", ["port"] = ((INetworkNode)to).Port });
            return false;
        },
        $"{from.Name} and {to.Name} are connected");

    public async Task DisconnectAsync(IRegtestNode one, IRegtestNode other)
    {
        await one.CallAsync("disconnect", new JsonObject { ["id"] = other.Id.ToString(), ["force"] = true });
        await this.UntilAsync(async () => !await ConnectedAsync(one, other) && !await ConnectedAsync(other, one), $"{one.Name} and {other.Name} are disconnected");
    }

    public async Task FundAsync(IRegtestNode node, params Sat[] coins)
    {
        int before = await CoinsAsync(node);
        foreach (Sat coin in coins)
        {
            JsonObject address = await node.CallAsync("newaddr", new JsonObject { ["addresstype"] = "bech32" });
            await Chain.CallAsync("sendtoaddress", (string)address["bech32"]!, JsonNode.Parse(string.Create(CultureInfo.InvariantCulture, $"{coin.Value / 100_000_000m:0.00000000}")));
        }

        await MineAsync(1);
        await this.UntilAsync(async () => await CoinsAsync(node) == before + coins.Length, $"{node.Name} sees its coins");
    }

    public async Task<Scid> OpenAsync(IRegtestNode from, IRegtestNode to, Sat capacity)
    {
        JsonObject opened = await from.CallAsync("fundchannel", new JsonObject { ["id"] = to.Id.ToString(), ["amount"] = capacity.Value });
        string channel = (string)opened["channel_id"]!;
        await MineAsync(6);
        JsonNode? scid = null;
        await this.UntilAsync(
            async () =>
            {
                foreach (IRegtestNode node in new[] { to, from })
                {
                    JsonObject row = (await node.ChannelsAsync()).Single(row => (string?)row["channel_id"] == channel);
                    if ((string?)row["state"] != "CHANNELD_NORMAL" || (scid = row["short_channel_id"]) is null) return false;
                }

                return true;
            },
            $"{from.Name} and {to.Name} can use their channel");
        return Scid.Parse((string)scid!);
    }

    public async Task MineAsync(int blocks)
    {
        await Chain.MineAsync(blocks);
        foreach (INetworkNode node in _nodes.Where(node => node.IsRunning)) await node.CaughtUpAsync();
    }

    public Task<IReadOnlyList<TxId>> MempoolAsync() => Chain.MempoolAsync();

    public Task ForgetMempoolAsync() => Chain.StartAgainAsync();

    public void Complain(string what) => _complaints.Add(what);

    public void NoteInvoice(JsonObject answer, NodeId by)
    {
        if ((string?)answer["bolt11"] is not { } bolt11 || (string?)answer["payment_hash"] is not { } hash) return;
        _payees[hash] = by;
        if (Observations.Read(bolt11).RouteHint is { } hint) _hinted[hint.Scid] = by;
    }

    public NodeId PayeeOf(Bolt11Invoice invoice) => _payees.TryGetValue(invoice.PaymentHash.ToString(), out NodeId payee) ? payee : _hinted[invoice.RouteHint!.Scid];

    public IRegtestNode NodeOf(NodeId id) => _nodes.Single(node => node.Id == id && node.IsRunning);

    /// <summary>Stops everything like an operator would, so that final log lines are written.</summary>
    public async ValueTask DisposeAsync()
    {
        IsOver = true;
        try
        {
            await Task.WhenAll(_nodes.Where(node => node.IsRunning).Select(node => node.StopAsync()));
        }
        finally
        {
            if (_postgres is not null) await _postgres.DisposeAsync();
            await Chain.DisposeAsync();
        }
    }

    private async Task<IRegtestNode> StartWalletAsync(string program, NodeSetup setup, string directory)
    {
        ForeignWallet.RefuseWhatItLacks(setup);
        System.IO.Directory.CreateDirectory(directory);
        var wallet = new ForeignWallet(this, program, setup.Name, directory);
        _nodes.Add(wallet);
        await wallet.StartAsync();
        return wallet;
    }

    private async Task<string> WalletAsync(NodeSetup setup)
    {
        if (setup.TakesOver is RealNode { Wallet: { } inherited }) return inherited;
        _postgres ??= await PostgresServer.StartAsync(Tools.Postgres ?? throw new InvalidOperationException("there is no PostgreSQL here"), Path.Combine(Directory, "postgres"), Time);
        return await _postgres.CreateAsync(setup.Name);
    }

    private static void Inherit(RealNode old, string directory, bool fromServer)
    {
        if (old.IsRunning) throw new InvalidOperationException($"{old.Name} still runs: two nodes with one database lose money");
        foreach (string file in fromServer ? ["hsm_secret"] : new[] { "hsm_secret", "lightningd.sqlite3" })
        {
            File.Copy(Path.Combine(old.Directory, "regtest", file), Path.Combine(directory, "regtest", file));
        }
    }

    private static async Task<bool> ConnectedAsync(IRegtestNode node, IRegtestNode peer) =>
        (await node.CallAsync("listpeers", new JsonObject { ["id"] = peer.Id.ToString() }))["peers"]!.AsArray().Any(row => (bool)row!["connected"]!);

    private static async Task<int> CoinsAsync(IRegtestNode node) =>
        (await node.CallAsync("listfunds"))["outputs"]!.AsArray().Count(output => (string?)output!["status"] == "confirmed");
}

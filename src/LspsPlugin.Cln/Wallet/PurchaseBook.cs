using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The wallet's purchases: in memory, so that no HTLC and no opening costs a call, and on record under the keys that the built-in client
/// plugin uses, with our own beside them.
/// </summary>
internal sealed class PurchaseBook(NodeClient node, TimeProvider time, HostLog log, CancellationToken stopping)
{
    private static readonly string[] Purchases = ["lsps", "purchases"];
    private static readonly string[] Invoices = ["lsps", "invoice"];

    private readonly Dictionary<Scid, Purchase> _byScid = [];
    private readonly Dictionary<PaymentHash, Purchase> _byHash = [];

    public IReadOnlyCollection<Purchase> All => _byScid.Values;

    public Purchase? Find(PaymentHash hash) => _byHash.GetValueOrDefault(hash);

    public Purchase? Find(NodeId provider, Scid jitScid) =>
        _byScid.TryGetValue(jitScid, out Purchase? purchase) && purchase.Provider == provider ? purchase : null;

    /// <summary>Every approved purchase, also one whose offer is over: its payment may be under way.</summary>
    public IEnumerable<Purchase> Approved => _byHash.Values;

    /// <summary>Approved purchases, from one provider or from all, that still let it open a channel.</summary>
    public IEnumerable<Purchase> LiveApprovals(NodeId? provider) =>
        _byHash.Values.Where(purchase => (provider is null || purchase.Provider == provider) && purchase.LastOpening > time.GetUtcNow());

    /// <returns>Null when the records were read, else why not.</returns>
    public async ValueTask<string?> LoadAsync()
    {
        var listed = await node.ListDatastoreAsync(Purchases, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (entry.Key.Length != Purchases.Length + 1) continue;
            string? problem = "its key is not a short channel id";
            Purchase? purchase = Scid.TryParse(entry.Key[^1], out Scid scid) ? Purchase.Read(scid, entry.String, out problem) : null;
            if (purchase is null) log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
            else Remember(purchase);
        }

        return await AdoptAsync();
    }

    /// <summary>Takes over what the built-in plugin approved: from then on it is a purchase like any other.</summary>
    /// <returns>Null when the records were read, else why not.</returns>
    private async ValueTask<string?> AdoptAsync()
    {
        var listed = await node.ListDatastoreAsync(Invoices, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (entry.Key.Length != Invoices.Length + 1 || !PaymentHash.TryParse(entry.Key[^1].AsSpan(), out PaymentHash hash) || _byHash.ContainsKey(hash)) continue;
            if (!NodeId.TryParse(entry.String.AsSpan(), out NodeId provider)) continue;
            var known = await node.ListInvoicesAsync(hash, stopping);
            if (!known.IsOk) return known.Error.ToString();
            var approval = BuiltInApproval.Read(hash, provider, known.Value.Invoices.FirstOrDefault(), time.GetUtcNow());
            if (approval.Purchase is { } purchase)
            {
                if (await AddAsync(purchase) is { } problem) return problem;
                log.Info($"wallet: the approval of {purchase.JitScid} by the built-in plugin holds until {LspsTime.Write(purchase.FeeParams.ValidUntil)}");
            }
            else if (approval.IsOver)
            {
                await DeleteAsync(entry.Key);
                if (!_byHash.Values.Any(other => other.Provider == provider)) await DeleteAsync(["lsps", "client", provider.ToString()]);
            }
            else
            {
                log.Unusual($"wallet: the built-in plugin's approval {hash} is left alone: {approval.Problem}");
            }
        }

        return null;
    }

    /// <returns>Null when the purchase is on record, else why not.</returns>
    public async ValueTask<string?> AddAsync(Purchase purchase)
    {
        if (await PutAsync([.. Purchases, purchase.JitScid.ToString()], purchase.Write()) is { } problem) return problem;
        Remember(purchase);
        return null;
    }

    /// <summary>Lets the provider open the channel for this payment, until the offer ends or the payment arrives.</summary>
    /// <returns>Null when the approval is on record, else why not.</returns>
    public async ValueTask<string?> ApproveAsync(Purchase purchase, PaymentHash hash)
    {
        Purchase approved = purchase with { PaymentHash = hash };
        string marker = $"{{\"jit_channel_scid\":\"{purchase.JitScid}\",\"client_trusts_lsp\":{(purchase.ClientTrustsLsp ? "true" : "false")}}}";
        string? problem = await PutAsync([.. Purchases, purchase.JitScid.ToString()], approved.Write())
            ?? await PutAsync(["lsps", "client", purchase.Provider.ToString()], marker)
            ?? await PutAsync(["lsps", "invoice", hash.ToString()], purchase.Provider.ToString());
        if (problem is null) Remember(approved);
        return problem;
    }

    /// <summary>The payment arrived, or the offer ended: the approval is over.</summary>
    public async ValueTask EndAsync(Purchase purchase)
    {
        _byScid.Remove(purchase.JitScid);
        if (purchase.PaymentHash is { } hash)
        {
            _byHash.Remove(hash);
            await DeleteAsync(["lsps", "invoice", hash.ToString()]);
            if (!_byHash.Values.Any(other => other.Provider == purchase.Provider)) await DeleteAsync(["lsps", "client", purchase.Provider.ToString()]);
        }

        await DeleteAsync([.. Purchases, purchase.JitScid.ToString()]);
    }

    /// <summary>Ends purchases whose offer ran out a while ago: a payment that was under way then is through by now.</summary>
    public async ValueTask PruneAsync()
    {
        DateTimeOffset past = time.GetUtcNow() - TimeSpan.FromHours(1);
        foreach (Purchase purchase in _byScid.Values.Where(purchase => purchase.LastUse < past).ToArray())
        {
            log.Info($"wallet: the purchase {purchase.JitScid} ran out at {LspsTime.Write(purchase.FeeParams.ValidUntil)} and is forgotten");
            await EndAsync(purchase);
        }
    }

    private void Remember(Purchase purchase)
    {
        if (_byScid.TryGetValue(purchase.JitScid, out Purchase? earlier) && earlier.PaymentHash is { } old) _byHash.Remove(old);
        _byScid[purchase.JitScid] = purchase;
        if (purchase.PaymentHash is { } hash) _byHash[hash] = purchase;
    }

    private async ValueTask<string?> PutAsync(string[] key, string text)
    {
        var saved = await node.DatastoreAsync(new DatastoreParams(key, text, "create-or-replace", null), stopping);
        return saved.IsOk ? null : $"the purchase could not be put on record: {saved.Error}";
    }

    private async ValueTask DeleteAsync(string[] key)
    {
        var deleted = await node.DelDatastoreAsync(key, stopping);
        if (!deleted.IsOk && deleted.Error is not { Failure: RpcFailure.Refused, Code: NodeCodes.DatastoreMissingOnDelete })
        {
            log.Unusual($"wallet: the record {string.Join('/', key)} could not be deleted: {deleted.Error}");
        }
    }
}

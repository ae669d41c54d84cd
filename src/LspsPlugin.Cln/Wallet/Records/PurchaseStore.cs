using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Wallet.Records;

/// <summary>
/// The wallet's purchases: in memory, so that HTLCs and openings need no call to the node, and in the datastore under the keys of the
/// built-in client plugin plus our own keys.
/// </summary>
internal sealed class PurchaseStore(NodeClient node, TimeProvider time, HostLog log, CancellationToken stopping)
{
    private static readonly string[] Purchases = ["lsps", "purchases"];
    private static readonly string[] Invoices = ["lsps", "invoice"];

    private readonly Dictionary<(NodeId Provider, Scid JitScid), Purchase> _bought = [];
    private readonly Dictionary<PaymentHash, Purchase> _byHash = [];
    private readonly List<Inheritance> _inherited = [];

    /// <summary>Serializes approvals: two concurrent ones could each take what the other is about to get.</summary>
    private readonly KeyedAsyncLock<PurchaseStore> _approving = new();

    public IReadOnlyCollection<Purchase> All => _bought.Values;

    /// <summary>
    /// Approvals left by an older version or the built-in plugin, which granted openings without storing a record of the grant.
    /// </summary>
    public IEnumerable<Purchase> Inherited => _inherited.Select(static inherited => inherited.Purchase).Where(static purchase => purchase.PaymentHash is not null);

    public Purchase? Find(PaymentHash hash) => _byHash.GetValueOrDefault(hash);

    public Purchase? Find(NodeId provider, Scid jitScid) => _bought.GetValueOrDefault((provider, jitScid));

    /// <summary>All approved purchases, including those whose offer has ended: their payment may be in progress.</summary>
    public IEnumerable<Purchase> Approved => _bought.Values.Where(static purchase => purchase.PaymentHash is not null);

    /// <summary>Approved purchases, of one provider or of all, for which a channel may still be opened.</summary>
    public IEnumerable<Purchase> LiveApprovals(NodeId? provider) =>
        Approved.Where(purchase => (provider is null || purchase.Provider == provider) && purchase.LastOpening > time.GetUtcNow());

    /// <summary>Reads all records, and discards what an earlier failed attempt read.</summary>
    /// <returns>Null if the records were read; otherwise the error.</returns>
    public async ValueTask<string?> LoadAsync()
    {
        _bought.Clear();
        _byHash.Clear();
        _inherited.Clear();
        var listed = await node.ListDatastoreAsync(Purchases, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        ILookup<bool, DatastoreEntry> entries = listed.Value.Datastore.ToLookup(static entry => NodeId.TryParse(entry.Key[^1].AsSpan(), out _));
        foreach (DatastoreEntry provider in entries[true])
        {
            if (await LoadAsync(provider.Key) is { } problem) return problem;
        }

        foreach (DatastoreEntry old in entries[false]) await InheritAsync(old);
        return await InheritAsync();
    }

    /// <summary>
    /// Stores the inherited purchases as ordinary ones. Must run after their channels are stored too: a start that is interrupted before
    /// that must find them as inherited again.
    /// </summary>
    /// <returns>Null if they are stored; otherwise the error.</returns>
    public async ValueTask<string?> KeepInheritedAsync()
    {
        foreach ((Purchase purchase, string[]? oldKey) in _inherited)
        {
            bool isOver = Find(purchase.Provider, purchase.JitScid) is null; // paid during the start
            if (!isOver && await PutAsync(KeyOf(purchase), purchase.Write()) is { } problem) return problem;
            if (oldKey is not null) await DeleteAsync(oldKey);
            else if (!isOver) log.Info($"wallet: the approval of {purchase.JitScid} by the built-in plugin stays valid until {LspsTime.Write(purchase.FeeParams.ValidUntil)}");
        }

        _inherited.Clear();
        return null;
    }

    /// <summary>Reads the purchases from one provider.</summary>
    private async ValueTask<string?> LoadAsync(string[] provider)
    {
        var listed = await node.ListDatastoreAsync(provider, stopping);
        if (!listed.IsOk) return listed.Error.ToString();
        foreach (DatastoreEntry entry in listed.Value.Datastore)
        {
            if (Read(entry) is { } purchase) Remember(purchase);
        }

        return null;
    }

    /// <summary>
    /// Reads a record from the time before purchases were stored by provider. If it was taken over already, only its old key is left.
    /// </summary>
    private async ValueTask InheritAsync(DatastoreEntry entry)
    {
        if (Read(entry) is not { } purchase) return;
        if (Find(purchase.Provider, purchase.JitScid) is not null)
        {
            await DeleteAsync(entry.Key);
            return;
        }

        Remember(purchase);
        _inherited.Add(new Inheritance(purchase, entry.Key));
    }

    private Purchase? Read(DatastoreEntry entry)
    {
        string? problem = "its key is not a short channel id";
        Purchase? purchase = Scid.TryParse(entry.Key[^1], out Scid scid) ? Purchase.Read(scid, entry.String, out problem) : null;
        if (purchase is null) log.Unusual($"wallet: the record {string.Join('/', entry.Key)} cannot be read and is left alone: {problem}");
        return purchase;
    }

    /// <summary>Reads the built-in plugin's approvals.</summary>
    /// <returns>Null if the records were read; otherwise the error.</returns>
    private async ValueTask<string?> InheritAsync()
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
                if (WhoHas(purchase.JitScid) is { } other)
                {
                    log.Unusual($"wallet: the built-in plugin's approval {hash} is left alone: {Taken(other)}");
                    continue;
                }

                Remember(purchase);
                _inherited.Add(new Inheritance(purchase, OldKey: null));
            }
            else if (approval.IsOver)
            {
                await DeleteAsync(entry.Key);
                await DeleteMarkerAsync(provider);
            }
            else
            {
                log.Unusual($"wallet: the built-in plugin's approval {hash} is left alone: {approval.Problem}");
            }
        }

        return null;
    }

    /// <summary>
    /// Stores a purchase. JIT scids are public in invoices: a provider that sells one already in use could otherwise replace another
    /// provider's purchase, or an earlier one of its own.
    /// </summary>
    /// <returns>Null if the purchase is stored; otherwise the error.</returns>
    public async ValueTask<string?> AddAsync(Purchase purchase)
    {
        if (WhoHas(purchase.JitScid) is { } other) return Taken(other);
        Remember(purchase);
        if (await PutAsync(KeyOf(purchase), purchase.Write()) is not { } problem) return null;
        Forget(purchase);
        return problem;
    }

    /// <summary>Lets the provider open the channel for this payment, until the offer ends or the payment arrives.</summary>
    /// <returns>Null if the approval is stored; otherwise the error.</returns>
    public async ValueTask<string?> ApproveAsync(Purchase purchase, PaymentHash hash)
    {
        await _approving.EnterAsync(this);
        try
        {
            // A payment is identified by its hash alone: a second purchase with the same hash would accept the first one's parts as its
            // own.
            if (Approved.FirstOrDefault(other => other.PaymentHash == hash && (other.Provider, other.JitScid) != (purchase.Provider, purchase.JitScid)) is { } other)
            {
                if (other.End > time.GetUtcNow()) return $"{hash} is approved for {other.JitScid} from {other.Provider} until {LspsTime.Write(other.End)}: revoke that first";
                await EndAsync(other);
            }

            return await ApproveInTurnAsync(purchase, hash);
        }
        finally
        {
            _approving.Leave(this);
        }
    }

    /// <summary>
    /// Writes the purchase first: it contains everything, and its end deletes the built-in plugin's records too. Openings are granted from
    /// memory, which is updated only after all records are stored.
    /// </summary>
    private async ValueTask<string?> ApproveInTurnAsync(Purchase purchase, PaymentHash hash)
    {
        // Another payment has another secret.
        Purchase approved = purchase with { PaymentHash = hash, PaymentSecret = purchase.PaymentHash is { } before && before != hash ? null : purchase.PaymentSecret };
        string marker = $"{{\"jit_channel_scid\":\"{purchase.JitScid}\",\"client_trusts_lsp\":{(purchase.ClientTrustsLsp ? "true" : "false")}}}";
        string? problem = await PutAsync(KeyOf(purchase), approved.Write())
            ?? await PutAsync(["lsps", "client", purchase.Provider.ToString()], marker)
            ?? await PutAsync(["lsps", "invoice", hash.ToString()], purchase.Provider.ToString());
        Purchase? known = Find(purchase.Provider, purchase.JitScid);
        if (known is null) problem ??= $"the purchase of {purchase.JitScid} ended meanwhile";
        if (problem is not null)
        {
            await TakeBackAsync(approved, known);
            return problem;
        }

        Remember(approved);
        if (known!.PaymentHash is { } replaced && replaced != hash) await DeleteAsync(["lsps", "invoice", replaced.ToString()]);
        return null;
    }

    /// <summary>Undoes an approval that failed: its caller got an error, so a restart must not find it in the records.</summary>
    private async ValueTask TakeBackAsync(Purchase approved, Purchase? known)
    {
        if (known is null) await DeleteAsync(KeyOf(approved));
        else if (await PutAsync(KeyOf(known), known.Write()) is { } problem) log.Unusual($"wallet: the approval of {known.JitScid} failed, but its record may remain: {problem}");
        await DeleteMarkersAsync(approved);
    }

    /// <summary>Ends an approval: the payment arrived or the offer ended.</summary>
    public async ValueTask EndAsync(Purchase purchase)
    {
        Forget(purchase);
        await DeleteMarkersAsync(purchase);
        await DeleteAsync(KeyOf(purchase));
    }

    /// <summary>Returns purchases whose offer ended some time ago: any payment in progress at that time has completed.</summary>
    public IReadOnlyList<Purchase> RanOut()
    {
        DateTimeOffset past = time.GetUtcNow() - TimeSpan.FromHours(1);
        return [.. _bought.Values.Where(purchase => purchase.LastUse < past)];
    }

    /// <summary>Deletes the records for the built-in plugin, unless another purchase needs them.</summary>
    private async ValueTask DeleteMarkersAsync(Purchase purchase)
    {
        if (purchase.PaymentHash is not { } hash) return;
        if (Find(hash) is null) await DeleteAsync(["lsps", "invoice", hash.ToString()]);
        await DeleteMarkerAsync(purchase.Provider);
    }

    private async ValueTask DeleteMarkerAsync(NodeId provider)
    {
        if (!Approved.Any(other => other.Provider == provider)) await DeleteAsync(["lsps", "client", provider.ToString()]);
    }

    private void Remember(Purchase purchase)
    {
        Forget(purchase);
        _bought[(purchase.Provider, purchase.JitScid)] = purchase;
        if (purchase.PaymentHash is { } hash) _byHash[hash] = purchase;
    }

    private void Forget(Purchase purchase)
    {
        if (!_bought.Remove((purchase.Provider, purchase.JitScid), out Purchase? known) || known.PaymentHash is not { } hash || !ReferenceEquals(Find(hash), known)) return;

        // Earlier versions allowed two purchases with one hash: map the hash to the other one again.
        if (Approved.FirstOrDefault(other => other.PaymentHash == hash) is { } other) _byHash[hash] = other;
        else _byHash.Remove(hash);
    }

    /// <summary>Returns a purchase with this JIT scid whose payment may still arrive.</summary>
    private Purchase? WhoHas(Scid jitScid) => _bought.Values.FirstOrDefault(purchase => purchase.JitScid == jitScid && purchase.End > time.GetUtcNow());

    private static string Taken(Purchase other) => $"the JIT scid {other.JitScid} belongs to a purchase from {other.Provider} that is valid until {LspsTime.Write(other.End)}";

    private static string[] KeyOf(Purchase purchase) => [.. Purchases, purchase.Provider.ToString(), purchase.JitScid.ToString()];

    private async ValueTask<string?> PutAsync(string[] key, string text)
    {
        var saved = await node.DatastoreAsync(new DatastoreParams(key, text, "create-or-replace", null), stopping);
        return saved.IsOk ? null : $"the purchase could not be saved: {saved.Error}";
    }

    private async ValueTask DeleteAsync(string[] key)
    {
        var deleted = await node.DelDatastoreAsync(key, stopping);
        if (!deleted.IsOk && deleted.Error is not { Failure: RpcFailure.Refused, Code: NodeCodes.DatastoreMissingOnDelete })
        {
            log.Unusual($"wallet: the record {string.Join('/', key)} could not be deleted: {deleted.Error}");
        }
    }

    /// <summary>A purchase that another program or an older version stored.</summary>
    /// <param name="Purchase">The purchase.</param>
    /// <param name="OldKey">The key of an older version's record; null for an approval of the built-in plugin.</param>
    private sealed record Inheritance(Purchase Purchase, string[]? OldKey);
}

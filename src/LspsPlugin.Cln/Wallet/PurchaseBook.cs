using LspsPlugin.Cln.Host;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Rpc;
using LspsPlugin.Runtime;

namespace LspsPlugin.Cln.Wallet;

/// <summary>
/// The wallet's purchases: in memory, so that no HTLC and no opening costs a call, and on record under the keys that the built-in client
/// plugin uses, with our own beside them.
/// </summary>
internal sealed class PurchaseBook(NodeClient node, TimeProvider time, HostLog log, CancellationToken stopping)
{
    private static readonly string[] Purchases = ["lsps", "purchases"];
    private static readonly string[] Invoices = ["lsps", "invoice"];

    private readonly Dictionary<(NodeId Provider, Scid JitScid), Purchase> _bought = [];
    private readonly Dictionary<PaymentHash, Purchase> _byHash = [];
    private readonly List<Inheritance> _inherited = [];

    /// <summary>Two approvals at a time could each take what the other is about to have.</summary>
    private readonly Turns<PurchaseBook> _approving = new();

    public IReadOnlyCollection<Purchase> All => _bought.Values;

    /// <summary>Approvals that an older version or the built-in plugin left: those granted openings and kept no record of it.</summary>
    public IEnumerable<Purchase> Inherited => _inherited.Select(static inherited => inherited.Purchase).Where(static purchase => purchase.PaymentHash is not null);

    public Purchase? Find(PaymentHash hash) => _byHash.GetValueOrDefault(hash);

    public Purchase? Find(NodeId provider, Scid jitScid) => _bought.GetValueOrDefault((provider, jitScid));

    /// <summary>Every approved purchase, also one whose offer is over: its payment may be under way.</summary>
    public IEnumerable<Purchase> Approved => _bought.Values.Where(static purchase => purchase.PaymentHash is not null);

    /// <summary>Approved purchases, from one provider or from all, that still let it open a channel.</summary>
    public IEnumerable<Purchase> LiveApprovals(NodeId? provider) =>
        Approved.Where(purchase => (provider is null || purchase.Provider == provider) && purchase.LastOpening > time.GetUtcNow());

    /// <summary>Reads everything anew: what an attempt that failed had read counts no more.</summary>
    /// <returns>Null when the records were read, else why not.</returns>
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
    /// Puts on record what was inherited: from then on it is a purchase like any other. Only after the channels that came of it are on record
    /// too, for a start that ends before that must find it inherited again.
    /// </summary>
    /// <returns>Null when it is on record, else why not.</returns>
    public async ValueTask<string?> KeepInheritedAsync()
    {
        foreach ((Purchase purchase, string[]? oldKey) in _inherited)
        {
            bool isOver = Find(purchase.Provider, purchase.JitScid) is null; // paid while we started
            if (!isOver && await PutAsync(KeyOf(purchase), purchase.Write()) is { } problem) return problem;
            if (oldKey is not null) await DeleteAsync(oldKey);
            else if (!isOver) log.Info($"wallet: the approval of {purchase.JitScid} by the built-in plugin stays valid until {LspsTime.Write(purchase.FeeParams.ValidUntil)}");
        }

        _inherited.Clear();
        return null;
    }

    /// <summary>What was bought from one provider.</summary>
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

    /// <summary>A record from before purchases were kept by provider. Where it was carried on already, only its old key is left.</summary>
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

    /// <summary>What the built-in plugin approved.</summary>
    /// <returns>Null when the records were read, else why not.</returns>
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
    /// Keeps a purchase. Invoices show their JIT scid to everybody: a provider that sells one that is in use could otherwise take the place
    /// of another's purchase, or of an earlier one of its own.
    /// </summary>
    /// <returns>Null when the purchase is on record, else why not.</returns>
    public async ValueTask<string?> AddAsync(Purchase purchase)
    {
        if (WhoHas(purchase.JitScid) is { } other) return Taken(other);
        Remember(purchase);
        if (await PutAsync(KeyOf(purchase), purchase.Write()) is not { } problem) return null;
        Forget(purchase);
        return problem;
    }

    /// <summary>Lets the provider open the channel for this payment, until the offer ends or the payment arrives.</summary>
    /// <returns>Null when the approval is on record, else why not.</returns>
    public async ValueTask<string?> ApproveAsync(Purchase purchase, PaymentHash hash)
    {
        await _approving.EnterAsync(this);
        try
        {
            // A payment is known by its hash alone: a second purchase for it would take the first one's parts for its own.
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
    /// The purchase comes first, since it alone says all and its end takes the built-in plugin's records along; openings are granted by what
    /// is in memory, so after all of them are there.
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

    /// <summary>Whoever was told of an error approved nothing: a restart must not read from the record that it did.</summary>
    private async ValueTask TakeBackAsync(Purchase approved, Purchase? known)
    {
        if (known is null) await DeleteAsync(KeyOf(approved));
        else if (await PutAsync(KeyOf(known), known.Write()) is { } problem) log.Unusual($"wallet: the approval of {known.JitScid} failed, but its record may remain: {problem}");
        await DeleteMarkersAsync(approved);
    }

    /// <summary>The payment arrived, or the offer ended: the approval is over.</summary>
    public async ValueTask EndAsync(Purchase purchase)
    {
        Forget(purchase);
        await DeleteMarkersAsync(purchase);
        await DeleteAsync(KeyOf(purchase));
    }

    /// <summary>Purchases whose offer ran out a while ago: a payment that was under way then is through by now.</summary>
    public IReadOnlyList<Purchase> RanOut()
    {
        DateTimeOffset past = time.GetUtcNow() - TimeSpan.FromHours(1);
        return [.. _bought.Values.Where(purchase => purchase.LastUse < past)];
    }

    /// <summary>Deletes what was there for the built-in plugin, unless another purchase needs it.</summary>
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

        // Earlier versions let two purchases have one hash: the other one is found by it again.
        if (Approved.FirstOrDefault(other => other.PaymentHash == hash) is { } other) _byHash[hash] = other;
        else _byHash.Remove(hash);
    }

    /// <summary>A purchase with this JIT scid whose payment may still come.</summary>
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

    /// <param name="OldKey">Of a record of an older version; null for an approval of the built-in plugin.</param>
    private sealed record Inheritance(Purchase Purchase, string[]? OldKey);
}

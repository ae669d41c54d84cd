using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// Offers sold by the service plugin of a released node (v25.12 to v26.06), stored at <c>lsps/lsps2/JIT SCID</c> with peer_id,
/// opening_fee_params and, for a fixed amount, expected_payment_size. They are honoured with that plugin's terms: the funding is broadcast
/// before the payment, and the CLTV delta is 144 blocks. The record does not show payments: a paid offer looks like an unpaid one, and as
/// in that plugin a further payment buys a further channel for the same fee.
/// </summary>
/// <remarks>
/// They lie beside the keys of all our records, and to list them the node reads every record, the finished ones too, and does nothing else meanwhile. So this is done
/// only if a released node's plugin may have run since: at the first start, and if this plugin has not run for a while.
/// </remarks>
/// <param name="node">The node's commands.</param>
/// <param name="size">The channel size for a payment until a policy plugin decides; such offers are sized when the payment arrives.</param>
/// <param name="time">The clock by which offers expire.</param>
internal sealed class ReleasedOffers(NodeClient node, Func<Msat, Sat> size, TimeProvider time)
{
    /// <summary>The CLTV delta that that plugin promises with every purchase.</summary>
    private static readonly BlockCount PromisedDelta = new(144);

    /// <summary>How long ago maintenance, which is done every half hour, may have noted that this plugin runs: beyond it the offers are looked for again.</summary>
    private static readonly TimeSpan LongAway = TimeSpan.FromMinutes(45);

    /// <summary>Returns whether a released node's plugin may have sold offers since they were looked for; null if the node does not answer.</summary>
    public static async ValueTask<bool?> MayExistAsync(NodeClient node, TimeProvider time, CancellationToken stopping)
    {
        var found = await node.ListDatastoreAsync(RecordKeys.Searched, stopping);
        if (!found.IsOk) return null;
        DateTimeOffset? ran = LspsTime.ReadLenient(found.Value.Datastore.FirstOrDefault(static entry => entry.Key.SequenceEqual(RecordKeys.Searched))?.String ?? "");
        return !((time.GetUtcNow() - ran)?.Duration() <= LongAway);
    }

    /// <summary>Notes that this plugin runs, and that all offers are taken over. If the node does not store it, they are looked for again.</summary>
    public async ValueTask MarkAsync(CancellationToken stopping) =>
        await node.DatastoreAsync(new DatastoreParams(RecordKeys.Searched, LspsTime.Write(time.GetUtcNow()), "create-or-replace", null), stopping);

    /// <summary>Returns the offers that are still valid; their records stay until <see cref="ForgetAsync"/>.</summary>
    /// <param name="known">Offers that are already taken over: a crash may have left both records.</param>
    /// <param name="remarks">Takes a line for each record that was skipped.</param>
    /// <param name="stopping">Cancels the reading.</param>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<IReadOnlyList<Offer>> ReadAsync(IReadOnlySet<Scid> known, List<string> remarks, CancellationToken stopping)
    {
        bool mayExist = await MayExistAsync(node, time, stopping) ?? throw new JournalUnavailableException($"{string.Join('/', RecordKeys.Searched)} cannot be read");
        if (!mayExist) return [];
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {string.Join('/', RecordKeys.Root)}", await node.ListDatastoreAsync(RecordKeys.Root, stopping));
        var offers = new List<Offer>();
        int over = 0;
        foreach (DatastoreEntry entry in listed.Datastore)
        {
            if (entry.Key.Length != RecordKeys.Root.Length + 1 || (entry.String ?? entry.Hex) is null || !Scid.TryParse(entry.Key[^1], out Scid scid)) continue;
            if (known.Contains(scid)) await ForgetAsync(scid, stopping);
            else if (Read(scid, entry, out string? problem) is not { } offer) remarks.Add($"the offer {scid} of the node's own service cannot be continued and is left alone: {problem}");
            else if (offer.ValidUntil <= time.GetUtcNow()) over++;
            else offers.Add(offer);
        }

        if (over > 0) remarks.Add($"{over} offer(s) of the node's own service have expired; their records are left alone");
        return offers;
    }

    /// <summary>Deletes the old record of an offer that is stored as ours.</summary>
    public async ValueTask ForgetAsync(Scid jitScid, CancellationToken stopping) => await node.DelDatastoreAsync([.. RecordKeys.Root, jitScid.ToString()], stopping);

    private Offer? Read(Scid jitScid, DatastoreEntry entry, out string? problem) =>
        RecordText.Read(entry.String ?? Text(entry.Hex!), RecordsJson.Default.ReleasedOfferJson, record => Read(jitScid, record), out problem);

    /// <summary>The node gives no text for a record that is not valid UTF-8.</summary>
    private static string? Text(string hex)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(hex));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private Offer Read(Scid jitScid, ReleasedOfferJson record)
    {
        if (!NodeId.TryParse((record.PeerId is { } id ? JsonText.Of(id) : null).AsSpan(), out NodeId client)) throw new FormatException("peer_id is not a node id");
        OpeningFeeParams feeParams = RecordText.Required(record.OpeningFeeParams, "opening_fee_params");
        Msat? payment = record.ExpectedPaymentSize is { } expected ? ReadPayment(expected) : null;
        return new Offer(jitScid, client, feeParams, payment, size(payment ?? feeParams.MaxPaymentSize), ClientTrustsLsp: false, time.GetUtcNow(), CltvDelta: PromisedDelta)
        {
            IsSizedByPayment = true,
        };
    }

    private static Msat ReadPayment(JsonElement expected) =>
        HostAmount.TryRead(expected, out Msat amount) ? amount : throw new FormatException($"expected_payment_size is {ParamsReader.Quote(expected)}, but must be {HostAmount.Form}");
}

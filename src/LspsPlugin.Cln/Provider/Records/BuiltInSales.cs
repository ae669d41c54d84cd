using System.Text.Json;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// Sales that the node's built-in plugin finished. It treats a sale as over once it has sent the funding; but a chain daemon may lose the
/// transaction, and nobody else sends it again. So sales that are not deep enough in the chain are taken over, their channels get the
/// lifetime promise and the alias that ours have, and all are entered in the history, which eventually deletes them.
/// </summary>
/// <remarks>
/// The node blocks while it lists many finished sessions, so they are listed only if there are signs that the built-in plugin has run since
/// the last listing.
/// </remarks>
internal sealed class BuiltInSales(NodeClient node, ISessionJournal journal, SessionRegistry registry, Func<BlockHeight> height, SessionHistory history, TimeProvider time)
{
    /// <summary>Depth at which a funding counts as final.</summary>
    private const uint Buried = 6;

    private readonly Lifetimes _lifetimes = new(node);
    private readonly BuiltInSessions _builtIn = new(node);

    /// <returns>One line for each sale that is taken over and for each error.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer; what is done so far is not done again.</exception>
    public async ValueTask<IReadOnlyList<string>> TakeUpAsync(CancellationToken stopping)
    {
        FundsChannel[] channels = JournalAnswer.Of("listfunds", await node.ListFundsAsync(stopping)).Channels;
        if (!await MayHaveRunAsync(channels, stopping)) return [];
        var remarks = new List<string>();
        foreach (DatastoreEntry entry in await ListAsync(RecordKeys.Finalized, stopping))
        {
            if (entry.Key.Length == RecordKeys.Finalized.Length + 1 && Scid.TryParse(entry.Key[^1], out Scid scid) && !IsOurs(entry.String)) await TakeUpAsync(scid, entry.String, channels, remarks, stopping);
        }

        JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams(RecordKeys.TakenOver, "1", "create-or-replace", null), stopping));
        return remarks;
    }

    /// <summary>Returns whether the built-in plugin may have finished sessions since the last check.</summary>
    private async ValueTask<bool> MayHaveRunAsync(FundsChannel[] channels, CancellationToken stopping)
    {
        if ((await ListAsync(RecordKeys.TakenOver, stopping)).Length == 0) return true;
        foreach (DatastoreEntry entry in await ListAsync(RecordKeys.Active, stopping))
        {
            if (!IsOurs(entry.String)) return true;
        }

        foreach (FundsChannel channel in channels)
        {
            if (channel.ChannelId is not { } id || !ChannelStates.IsAlive(channel.State) || IsBuried(channel) || registry.Sessions.Owns(id)) continue;
            var row = JournalAnswer.Of("listpeerchannels", await node.ListPeerChannelsAsync(id, stopping)).Channels.FirstOrDefault();
            if (row is { Opener: "local", Private: true, Funding: { Withheld: false, Psbt: not null } }) return true;
        }

        return false;
    }

    private async ValueTask TakeUpAsync(Scid scid, string? text, FundsChannel[] channels, List<string> remarks, CancellationToken stopping)
    {
        if (!await history.AddAsync(scid, RecordJson.FinalizedAt(text) ?? time.GetUtcNow(), stopping)) throw new JournalUnavailableException($"{scid} cannot be added to the history");
        if (RecordJson.Read(scid, text, out _) is not { BuiltIn: { Broadcast: true } opening } record) return;
        if (channels.FirstOrDefault(row => row.ChannelId == opening.Channel) is not { } channel || !ChannelStates.IsAlive(channel.State)) return;
        if (!await _lifetimes.AddAsync(record.Offer, opening.Channel, stopping)) throw new JournalUnavailableException($"the promised lifetime of {opening.Channel} cannot be saved");
        if (IsBuried(channel) || registry.Sessions.Owns(opening.Channel))
        {
            await NameAsync(record, opening.Channel, stopping);
            return;
        }

        (SessionOnRecord? session, string? problem) = await _builtIn.AdoptAsync(record, opening, stopping);
        if (session is not { State.Phase: Phase.Broadcasting })
        {
            remarks.Add($"the built-in plugin's sale {scid} has no buried funding and cannot be adopted: {problem ?? "its channel is gone"}");
            return;
        }

        if (await journal.SaveAsync(new SessionTerms(session.Offer, session.PaymentHash, registry.Limits), session.State, stopping) != JournalResult.Saved)
        {
            throw new JournalUnavailableException($"the built-in plugin's sale {scid} could not be saved as our own record");
        }

        registry.TakeUp(session);
        remarks.Add($"the built-in plugin's sale {scid} is finished, but its funding is not buried: it continues as {session.State.Phase.ToWord()}");
    }

    /// <summary>Makes the JIT scid an alias of the channel until the offer ends (R52-89).</summary>
    private async ValueTask NameAsync(SessionRecord record, ChannelId channel, CancellationToken stopping)
    {
        Offer offer = record.Offer;
        if (offer.ValidUntil <= time.GetUtcNow() || registry.Offers.Has(offer.JitScid)) return;
        string text = RecordJson.Write(new SessionRecord(offer, null, null, channel));
        JournalAnswer.Of("datastore", await node.DatastoreAsync(new DatastoreParams([.. RecordKeys.Offers, offer.JitScid.ToString()], text, "create-or-replace", null), stopping));
        registry.Name(offer, channel);
    }

    private bool IsBuried(FundsChannel channel) => channel.ShortChannelId is { } scid && height().Value + 1UL >= scid.Block + (ulong)Buried;

    /// <summary>Returns whether a record is ours: records of the built-in plugin have no format number.</summary>
    private static bool IsOurs(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("format"u8, out _);
        }
        catch (JsonException)
        {
            return true; // not a record of the built-in plugin either
        }
    }

    private async ValueTask<DatastoreEntry[]> ListAsync(string[] place, CancellationToken stopping) =>
        JournalAnswer.Of($"listdatastore {string.Join('/', place)}", await node.ListDatastoreAsync(place, stopping)).Datastore;
}

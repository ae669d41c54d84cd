using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>
/// Whether the operator has paused the sale. It is on record, so a restart does not resume it. What is sold already is finished as usual.
/// </summary>
internal sealed class SalePause(NodeClient node, TimeProvider time)
{
    /// <summary>Null while channels are sold.</summary>
    public PausedSale? Current { get; private set; }

    /// <summary>Reads the record. One that cannot be read counts: nobody wrote it to say that channels are sold.</summary>
    /// <returns>A remark for the operator; null if there is none.</returns>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<string?> LoadAsync(CancellationToken stopping)
    {
        string name = string.Join('/', RecordKeys.Paused);
        ListDatastoreAnswer listed = JournalAnswer.Of($"listdatastore {name}", await node.ListDatastoreAsync(RecordKeys.Paused, stopping));
        DatastoreEntry? entry = listed.Datastore.FirstOrDefault(static one => one.Key.SequenceEqual(RecordKeys.Paused));
        if (entry is null)
        {
            Current = null;
            return null;
        }

        Current = RecordText.Read(entry.String, RecordsJson.Default.PauseRecordJson, Read, out string? problem) ?? new PausedSale(time.GetUtcNow(), Reason: null);
        return problem is null ? null : $"the record {name} cannot be read, so the sale is paused: {problem}";
    }

    /// <summary>Pauses the sale; a sale that is paused already gets the new reason.</summary>
    /// <returns>Null on success, else the node's error: nothing has changed then.</returns>
    public async ValueTask<string?> PauseAsync(string? reason, CancellationToken stopping)
    {
        var paused = new PausedSale(Current?.Since ?? time.GetUtcNow(), reason);
        string text = RecordText.Write(new PauseRecordJson(LspsTime.Write(paused.Since), paused.Reason), RecordsJson.Default.PauseRecordJson);
        var saved = await node.DatastoreAsync(new DatastoreParams(RecordKeys.Paused, text, "create-or-replace", null), stopping);
        if (!saved.IsOk) return saved.Error.ToString();
        Current = paused;
        return null;
    }

    /// <summary>Sells again.</summary>
    /// <returns>Null on success, else the node's error: nothing has changed then.</returns>
    public async ValueTask<string?> ResumeAsync(CancellationToken stopping)
    {
        var deleted = await node.DelDatastoreAsync(RecordKeys.Paused, stopping);
        if (!deleted.IsOk && deleted.Error.Code != NodeCodes.DatastoreMissingOnDelete) return deleted.Error.ToString();
        Current = null;
        return null;
    }

    private static PausedSale Read(PauseRecordJson record) =>
        new(LspsTime.ReadLenient(RecordText.Required(record.Since, "since")) ?? throw new FormatException("since is not a time"), record.Reason);
}

/// <summary>A sale that is paused.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Reason">What the operator wrote; null if nothing.</param>
internal sealed record PausedSale(DateTimeOffset Since, string? Reason);

using System.Globalization;
using System.Runtime.CompilerServices;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The finished sales by a number: <c>PLACE/BRANCH/NUMBER</c> has the JIT scid, by which the finalized record is found.
/// </summary>
/// <param name="node">The node's commands.</param>
/// <param name="place">By which number: <see cref="RecordKeys.Book"/> if null, or <see cref="RecordKeys.Updates"/>.</param>
internal sealed class SaleBook(NodeClient node, string[]? place = null)
{
    /// <summary>How many numbers one branch holds.</summary>
    public const ulong BranchSize = 1000;

    private readonly string[] _place = place ?? RecordKeys.Book;

    /// <summary>Enters a finished sale.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> EnterAsync(ulong number, Scid jitScid, CancellationToken stopping) =>
        (await node.DatastoreAsync(new DatastoreParams(Key(number), jitScid.ToString(), "create-or-replace", null), stopping)).IsOk;

    /// <summary>Deletes the entry of a sale whose record is deleted, or has another number.</summary>
    /// <returns>False if the node does not delete it.</returns>
    public async ValueTask<bool> RemoveAsync(ulong number, CancellationToken stopping)
    {
        var deleted = await node.DelDatastoreAsync(Key(number), stopping);
        return deleted.IsOk || deleted.Error.Code == NodeCodes.DatastoreMissingOnDelete;
    }

    /// <summary>Returns finished sales in the order of their numbers, one branch after the other, so that a caller may stop.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async IAsyncEnumerable<(ulong Number, Scid JitScid)> FromAsync(ulong start, [EnumeratorCancellation] CancellationToken stopping)
    {
        ListDatastoreAnswer branches = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(_place, stopping));
        foreach (string branch in Names(branches).Where(branch => string.CompareOrdinal(branch, Name(start / BranchSize)) >= 0))
        {
            string[] leaves = [.. _place, branch];
            ListDatastoreAnswer listed = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(leaves, stopping));
            foreach (DatastoreEntry entry in listed.Datastore.Where(entry => entry.Key.Length == leaves.Length + 1).OrderBy(static entry => entry.Key[^1], StringComparer.Ordinal))
            {
                if (!ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number < start) continue;
                if (Scid.TryParse(entry.String ?? "", out Scid scid)) yield return (number, scid);
            }
        }
    }

    /// <summary>Returns the finished sales of one branch.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<IReadOnlyList<(ulong Number, Scid JitScid)>> BranchAsync(ulong branch, CancellationToken stopping)
    {
        var sales = new List<(ulong, Scid)>();
        foreach (DatastoreEntry entry in JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync([.. _place, Name(branch)], stopping)).Datastore)
        {
            if (ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && Scid.TryParse(entry.String ?? "", out Scid scid)) sales.Add((number, scid));
        }

        return sales;
    }

    private IEnumerable<string> Names(ListDatastoreAnswer listed) =>
        listed.Datastore.Where(entry => entry.Key.Length == _place.Length + 1).Select(static entry => entry.Key[^1]).Order(StringComparer.Ordinal);

    private string[] Key(ulong number) => [.. _place, Name(number / BranchSize), Name(number)];

    /// <summary>Names are in the order of the numbers.</summary>
    private static string Name(ulong number) => number.ToString("D20", CultureInfo.InvariantCulture);
}

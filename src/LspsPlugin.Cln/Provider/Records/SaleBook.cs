using System.Globalization;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The finished sales by their numbers: <c>book/BRANCH/NUMBER</c> has the JIT scid, by which the finalized record is found.
/// </summary>
internal sealed class SaleBook(NodeClient node)
{
    /// <summary>How many numbers one branch holds.</summary>
    public const ulong BranchSize = 1000;

    /// <summary>Enters a finished sale.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> EnterAsync(ulong number, Scid jitScid, CancellationToken stopping) =>
        (await node.DatastoreAsync(new DatastoreParams(Key(number), jitScid.ToString(), "create-or-replace", null), stopping)).IsOk;

    /// <summary>Deletes the entry of a sale whose record is deleted.</summary>
    /// <returns>False if the node does not delete it.</returns>
    public async ValueTask<bool> RemoveAsync(ulong number, CancellationToken stopping)
    {
        var deleted = await node.DelDatastoreAsync(Key(number), stopping);
        return deleted.IsOk || deleted.Error.Code == NodeCodes.DatastoreMissingOnDelete;
    }

    /// <summary>Returns finished sales in the order of their numbers.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <returns>One branch after the other, so that a caller may stop; the last item has the node's error if it does not answer.</returns>
    public async IAsyncEnumerable<(ulong Number, Scid JitScid, string? Problem)> FromAsync(ulong start, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopping)
    {
        var branches = await node.ListDatastoreAsync(RecordKeys.Book, stopping);
        if (!branches.IsOk)
        {
            yield return (start, default, $"listdatastore: {branches.Error}");
            yield break;
        }

        foreach (string branch in Names(branches.Value, RecordKeys.Book).Where(branch => string.CompareOrdinal(branch, Name(start / BranchSize)) >= 0))
        {
            string[] place = [.. RecordKeys.Book, branch];
            var listed = await node.ListDatastoreAsync(place, stopping);
            if (!listed.IsOk)
            {
                yield return (start, default, $"listdatastore: {listed.Error}");
                yield break;
            }

            foreach (DatastoreEntry entry in listed.Value.Datastore.Where(entry => entry.Key.Length == place.Length + 1).OrderBy(static entry => entry.Key[^1], StringComparer.Ordinal))
            {
                if (!ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number < start) continue;
                if (Scid.TryParse(entry.String ?? "", out Scid scid)) yield return (number, scid, null);
            }
        }
    }

    private static IEnumerable<string> Names(ListDatastoreAnswer listed, string[] place) =>
        listed.Datastore.Where(entry => entry.Key.Length == place.Length + 1).Select(static entry => entry.Key[^1]).Order(StringComparer.Ordinal);

    private static string[] Key(ulong number) => [.. RecordKeys.Book, Name(number / BranchSize), Name(number)];

    /// <summary>Names are in the order of the numbers.</summary>
    private static string Name(ulong number) => number.ToString("D20", CultureInfo.InvariantCulture);
}

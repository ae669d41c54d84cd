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

    /// <summary>
    /// Returns finished sales in the order of their numbers, one branch after the other, so that a caller may stop. To list the branches the node would read
    /// everything below them and do nothing else meanwhile.
    /// </summary>
    /// <param name="start">The first number.</param>
    /// <param name="branches">The branches that may have entries.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async IAsyncEnumerable<(ulong Number, Scid JitScid)> FromAsync(ulong start, KnownBranches branches, [EnumeratorCancellation] CancellationToken stopping)
    {
        foreach (ulong branch in branches.From(start / BranchSize))
        {
            foreach ((ulong Number, Scid JitScid) sale in await BranchAsync(branch, stopping))
            {
                if (sale.Number >= start) yield return sale;
            }
        }
    }

    /// <summary>Returns the finished sales of one branch, in the order of their numbers.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer.</exception>
    public async ValueTask<IReadOnlyList<(ulong Number, Scid JitScid)>> BranchAsync(ulong branch, CancellationToken stopping)
    {
        var sales = new List<(ulong, Scid)>();
        DatastoreEntry[] listed = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync([.. _place, Name(branch)], stopping)).Datastore;
        foreach (DatastoreEntry entry in listed.DistinctBy(static entry => entry.Key[^1]).OrderBy(static entry => entry.Key[^1], StringComparer.Ordinal))
        {
            if (ulong.TryParse(entry.Key[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && Scid.TryParse(entry.String ?? "", out Scid scid)) sales.Add((number, scid));
        }

        return sales;
    }

    private string[] Key(ulong number) => [.. _place, Name(number / BranchSize), Name(number)];

    /// <summary>Returns the name of a branch or an entry. Names are in the order of the numbers.</summary>
    public static string Name(ulong number) => number.ToString("D20", CultureInfo.InvariantCulture);
}

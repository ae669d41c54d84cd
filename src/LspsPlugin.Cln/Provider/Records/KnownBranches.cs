namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The branches below a key that may have entries. To list their names the node reads every record below the key, and does nothing else meanwhile; so they are on
/// record themselves, each before its first entry is written, and a branch is listed by its exact name.
/// </summary>
/// <param name="save">Saves all that is known, with that of other keys; false if the node does not store it.</param>
internal sealed class KnownBranches(Func<CancellationToken, ValueTask<bool>> save)
{
    /// <summary>Branches of which an entry is about to be written, while it is not certain that they are on record.</summary>
    private readonly HashSet<ulong> _unsaved = [];

    private NumberRanges _known = new();
    private int _entering;
    private long _entered;

    /// <summary>False as long as there may be others, from before the branches were on record: then they must be listed, once.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether what is on record should be written again; it is not wrong, only too much or too little.</summary>
    public bool IsOutdated { get; private set; }

    /// <summary>Takes what is on record.</summary>
    /// <param name="recorded">Null if an earlier version wrote the record.</param>
    public void Restore(ulong[]?[]? recorded)
    {
        NumberRanges? read = NumberRanges.Read(recorded);
        (_known, IsComplete, IsOutdated) = (read ?? new(), read is not null, false);
        _unsaved.Clear();
    }

    /// <summary>Takes the branches that were listed, or that there can be.</summary>
    public void Complete(IEnumerable<ulong> branches)
    {
        foreach (ulong branch in branches) _known.Add(branch);
        (IsComplete, IsOutdated) = (true, true);
    }

    /// <summary>What is to be put on record; null as long as it is not all.</summary>
    public ulong[][]? ToRecord() => IsComplete ? _known.ToArray() : null;

    /// <summary>All that is known is being put on record.</summary>
    public void OnSaving() => IsOutdated = false;

    /// <summary>It was perhaps not put on record.</summary>
    public void OnNotSaved() => IsOutdated = IsComplete;

    public bool Contains(ulong branch) => _known.Contains(branch);

    /// <inheritdoc cref="NumberRanges.From"/>
    public IEnumerable<ulong> From(ulong start) => _known.From(start);

    /// <inheritdoc cref="NumberRanges.Descending"/>
    public IEnumerable<ulong> Descending() => _known.Descending();

    /// <summary>Puts a branch on record if it is not, and writes an entry.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> EnterAsync(ulong branch, Func<ValueTask<bool>> write, CancellationToken stopping)
    {
        _entering++;
        try
        {
            return await OpenAsync(branch, stopping) && await write();
        }
        finally
        {
            _entering--;
            _entered++;
        }
    }

    /// <summary>Puts a branch on record if it is not.</summary>
    /// <returns>False if the node does not store it.</returns>
    public async ValueTask<bool> OpenAsync(ulong branch, CancellationToken stopping)
    {
        if (_known.Add(branch)) _unsaved.Add(branch);
        if (!IsComplete || !_unsaved.Contains(branch)) return true; // all are listed later
        if (!await save(stopping)) return false;
        _unsaved.Remove(branch);
        return true;
    }

    /// <summary>Must be asked before a branch is listed that <see cref="Forget"/> may forget.</summary>
    public long Entered => _entered;

    /// <summary>Forgets a branch that was found empty, unless something is or was entered meanwhile.</summary>
    /// <param name="branch">The branch.</param>
    /// <param name="entered">What <see cref="Entered"/> was before it was listed.</param>
    /// <returns>False if the branch may have entries.</returns>
    public bool Forget(ulong branch, long entered)
    {
        if (_entering > 0 || _entered != entered) return false;
        IsOutdated |= _known.Remove(branch);
        return true;
    }
}

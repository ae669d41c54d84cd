using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The number of the last change of each live sale. Numbers rise with each change that is saved, over all sales, so whoever asks from the number after the last that
/// it saw misses no sale's last state: a number is shown only when every change with a smaller one is answered, and after a restart all live sales get
/// new numbers, because the last change of any of them may have been saved without an answer.
/// </summary>
internal sealed class SaleUpdates(SaleNumbers numbers)
{
    private readonly Dictionary<Scid, ulong> _last = [];

    /// <summary>The number of the oldest change of a sale that may be on record and is not answered.</summary>
    private readonly Dictionary<Scid, ulong> _open = [];

    /// <summary>Sales whose end is on record, while not everything that belongs to it is.</summary>
    private readonly HashSet<Scid> _ending = [];

    /// <summary>The numbers under which a sale is entered in the index of finished sales; all but the last are out of date.</summary>
    private readonly Dictionary<Scid, List<ulong>> _entered = [];

    /// <summary>No change with this number or a greater one may be shown yet.</summary>
    public ulong ShownBelow => _open.Values.Append(numbers.UpdatesBelow).Min();

    /// <summary>Returns the number of the last change on record; null if the sale is not live, or nobody may see the number yet.</summary>
    public ulong? Of(Scid jitScid) => _last.TryGetValue(jitScid, out ulong number) && number < numbers.UpdatesBelow ? number : null;

    /// <summary>Reserves numbers if few are left: one that is not reserved is not shown. Whoever is about to ask for them need not wait for the next maintenance.</summary>
    public ValueTask ReserveAsync(CancellationToken stopping) => numbers.ReserveUpdatesAsync(stopping);

    /// <summary>Gives a live sale a new number at the start.</summary>
    public void Renew(Scid jitScid) => _last[jitScid] = numbers.NextUpdate();

    /// <summary>A change is about to be saved. <see cref="Saved"/> or <see cref="NotSaved"/> must follow.</summary>
    /// <returns>Its number.</returns>
    public ulong Begin(Scid jitScid)
    {
        ulong number = numbers.NextUpdate();
        _open.TryAdd(jitScid, number);
        return number;
    }

    /// <summary>The end of a sale is on record: if the rest of its writes fails, a restart may find it over, so nobody may pass its number.</summary>
    public void OnEndWritten(Scid jitScid) => _ending.Add(jitScid);

    /// <summary>The change is on record.</summary>
    public void Saved(Scid jitScid, ulong number)
    {
        _last[jitScid] = number;
        _open.Remove(jitScid);
        _ending.Remove(jitScid);
    }

    /// <summary>The change may be on record, and will be saved again with another number.</summary>
    public void NotSaved(Scid jitScid)
    {
        if (!_ending.Contains(jitScid)) _open.Remove(jitScid);
    }

    /// <summary>A sale is being entered in the index of finished sales.</summary>
    public void OnEntered(Scid jitScid, ulong number)
    {
        if (!_entered.TryGetValue(jitScid, out List<ulong>? entered)) _entered.Add(jitScid, entered = []);
        if (!entered.Contains(number)) entered.Add(number);
    }

    /// <summary>Returns the entries of a sale that are out of date, and forgets them.</summary>
    public IReadOnlyList<ulong> TakeOutdated(Scid jitScid, ulong valid)
    {
        if (!_entered.TryGetValue(jitScid, out List<ulong>? entered) || !entered.Contains(valid)) return [];
        _entered[jitScid] = [valid];
        return [.. entered.Where(number => number != valid)];
    }

    /// <summary>Forgets a sale that is not live any more.</summary>
    public void Forget(Scid jitScid)
    {
        _last.Remove(jitScid);
        _entered.Remove(jitScid);
    }
}

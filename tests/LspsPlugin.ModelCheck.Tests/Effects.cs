using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>A call on its way: running (no answer yet), answered with the answer in the session's mail, or running for nobody.</summary>
/// <param name="Action">The number of the action.</param>
/// <param name="Answer">0 while the node has not carried it out, else the number of its answer.</param>
/// <param name="Again">A look that was asked for once more while it was out: it is taken once more.</param>
internal readonly record struct Effect(int Action, int Answer, bool ForNobody = false, bool Again = false) : IComparable<Effect>
{
    public int CompareTo(Effect other) => (Action, Answer, ForNobody, Again).CompareTo((other.Action, other.Answer, other.ForNobody, other.Again));
}

/// <summary>Sets of calls, each set once.</summary>
internal sealed class EffectSets
{
    private readonly Numbers<ValueList<Effect>> _sets = new();

    public ValueList<Effect> this[int number] => number == 0 ? [] : _sets[number];

    public int With(int set, Effect added) => Of([.. this[set], added]);

    public int Without(int set, Effect removed) => Of([.. this[set].Where(e => e != removed)]);

    public int Of(IEnumerable<Effect> effects)
    {
        Effect[] sorted = [.. effects.Distinct().Order()];
        return sorted.Length == 0 ? 0 : _sets.Of([.. sorted]);
    }
}

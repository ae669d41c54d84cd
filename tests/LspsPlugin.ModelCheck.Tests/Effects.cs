using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>A call on its way: running (no answer yet), answered with the answer in the session's mail, or running for nobody.</summary>
/// <param name="Action">The number of the action.</param>
/// <param name="Answer">0 while the node has not carried it out, else the number of its answer.</param>
/// <param name="Again">A look that was asked for once more while it was out: it is taken once more.</param>
internal readonly record struct Effect(int Action, int Answer, bool ForNobody = false, bool Again = false) : IComparable<Effect>
{
    public override int GetHashCode() => unchecked((int)(((uint)Action * 0x9E3779B1) + ((uint)Answer * 0x85EBCA77) + (ForNobody ? 0x27D4EB2Fu : 0) + (Again ? 0x165667B1u : 0)));

    public int CompareTo(Effect other) => (Action, Answer, ForNobody, Again).CompareTo((other.Action, other.Answer, other.ForNobody, other.Again));
}

/// <summary>Sets of calls, each set once. What comes of a set is worked out once: there are thousands of sets and millions of worlds.</summary>
internal sealed class EffectSets
{
    private readonly Numbers<ValueList<Effect>> _sets = new();
    private readonly Dictionary<(int Set, Effect Effect), int> _with = [];
    private readonly Dictionary<(int Set, Effect Effect), int> _without = [];
    private readonly Dictionary<int, int> _forNobody = [];

    public ValueList<Effect> this[int number] => number == 0 ? [] : _sets[number];

    public int With(int set, Effect added)
    {
        if (!_with.TryGetValue((set, added), out int with)) _with.Add((set, added), with = Of([.. this[set], added]));
        return with;
    }

    public int Without(int set, Effect removed)
    {
        if (!_without.TryGetValue((set, removed), out int without)) _without.Add((set, removed), without = Of(this[set].Where(e => e != removed)));
        return without;
    }

    /// <summary>The calls without an answer, when whoever made them is gone.</summary>
    public int ForNobody(int set)
    {
        if (!_forNobody.TryGetValue(set, out int left)) _forNobody.Add(set, left = Of(this[set].Where(static e => e.Answer == 0).Select(static e => e with { ForNobody = true, Again = false })));
        return left;
    }

    private int Of(IEnumerable<Effect> effects)
    {
        Effect[] sorted = [.. effects.Distinct().Order()];
        return sorted.Length == 0 ? 0 : _sets.Of([.. sorted]);
    }
}

using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>What traces have met: a comparison that never came to something says nothing about it.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, int> _met = new(StringComparer.Ordinal);

    public int Moves { get; private set; }

    public void Count(Model model, Move move, Manner manner)
    {
        Moves++;
        Add(model.StateIn(move.To) is { } state ? $"phase {state.Phase}" : $"stage {move.To.Stage}");
        if (manner.Together) Add("together");
        if (manner.Refusals > 0) Add("saved after refusals");
        switch (move.Happening)
        {
            case Happening.Step step:
                Add($"end {step.End}");
                Add($"input {step.Input.Kind}");
                if (step.End == StepEnd.NotSaved && step.Input is PartArrived) Add("part with a save that fails");
                if (step.Input is TimerFired fired) Add($"timer {fired.Timer}");
                break;
            case Happening.Hook { Again: true }:
                Add("Hook again");
                break;
            case Happening.Call { ForNobody: true }:
                Add("Call for nobody");
                break;
            case { } other:
                Add(other.GetType().Name);
                break;
        }

        foreach (Doing doing in move.Done)
        {
            Add($"does {doing.GetType().Name}");
            if (doing is Doing.Calls calls) Add($"calls {calls.Action.GetType().Name}");
        }
    }

    public bool Has(string what) => _met.ContainsKey(what);

    public override string ToString() => string.Join('\n', _met.Select(static met => $"{met.Value,8} {met.Key}"));

    private void Add(string what) => _met[what] = _met.GetValueOrDefault(what) + 1;
}

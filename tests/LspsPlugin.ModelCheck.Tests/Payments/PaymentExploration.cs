using System.Text;

namespace LspsPlugin.ModelCheck.Tests.Payments;

/// <summary>Breadth first over every world of a payment, then backwards from the ends.</summary>
internal sealed class PaymentExploration(PaymentModel model, int mostWorlds)
{
    public const string Endless = "whatever good comes, this never ends";
    public const string Hopeless = "nobody ended it, and it cannot succeed any more";

    private readonly Dictionary<PaymentWorld, int> _numbers = [];
    private readonly List<PaymentWorld> _worlds = [];
    private readonly List<(int From, string Label)> _from = [];
    private readonly List<(int From, int To)> _fair = [];

    public int Worlds => _worlds.Count;

    /// <summary>Explores everything. A move that breaks a rule is not followed.</summary>
    /// <param name="wanted">The rule that must be broken; null to stop at any.</param>
    /// <returns>The first rule that is broken and the way to it; null when all hold.</returns>
    public (string Rule, string Story)? Run(string? wanted = null)
    {
        Number(model.Start(), (-1, ""));
        for (int at = 0; at < _worlds.Count; at++)
        {
            foreach (PaymentMove move in model.Moves(_worlds[at]))
            {
                if (move.Broken is { } rule)
                {
                    if (wanted is null || rule == wanted) return (rule, $"{Story(at)}\n{move.Label}\n  {Describe(move.To)}");
                    continue;
                }

                int to = Number(move.To, (at, move.Label));
                if (move.Fair && to != at) _fair.Add((at, to));
            }

            if (_worlds.Count > mostWorlds) throw new InvalidOperationException($"more than {mostWorlds} worlds: something is not bounded");
        }

        if (FirstThatCannotReach(PaymentModel.IsEnd, static _ => true) is { } endless) return (Endless, Story(endless));
        return FirstThatCannotReach(static w => w.Record.Status == Core.Payments.PaymentStatus.Succeeded, model.MaySucceed) is { } hopeless ? (Hopeless, Story(hopeless)) : null;
    }

    private int Number(PaymentWorld w, (int From, string Label) from)
    {
        if (_numbers.TryGetValue(w, out int number)) return number;
        _numbers.Add(w, _worlds.Count);
        _worlds.Add(w);
        _from.Add(from);
        return _worlds.Count - 1;
    }

    private int? FirstThatCannotReach(Func<PaymentWorld, bool> isGood, Func<PaymentWorld, bool> must)
    {
        ILookup<int, int> into = _fair.ToLookup(static edge => edge.To, static edge => edge.From);
        bool[] good = [.. _worlds.Select(isGood)];
        var open = new Queue<int>(Enumerable.Range(0, good.Length).Where(i => good[i]));
        while (open.TryDequeue(out int at))
        {
            foreach (int before in into[at])
            {
                if (good[before]) continue;
                good[before] = true;
                open.Enqueue(before);
            }
        }

        for (int i = 0; i < good.Length; i++)
        {
            if (!good[i] && must(_worlds[i])) return i;
        }

        return null;
    }

    private string Story(int at)
    {
        var text = new StringBuilder();
        var way = new Stack<int>();
        for (int i = at; i >= 0; i = _from[i].From) way.Push(i);
        foreach (int i in way) text.Append($"{_from[i].Label}\n  {Describe(_worlds[i])}\n");
        return text.ToString();
    }

    private static string Describe(PaymentWorld w) =>
        $"{w.State?.Phase.ToString() ?? "down"} [{Attempts(w.State?.Attempts ?? [])}] record {w.Record.Status} {w.Record.Reason} [{Attempts(w.Record.Attempts)}] "
        + $"node [{string.Join(", ", w.Parts.Select(static part => $"{part.Key.Part}:{part.Attempt.Amount.Value} {part.Call} {part.Fate}{(part.Late ? " late" : "")}"))}] "
        + $"looks {w.Looks.Count} timers {w.Armed} age {w.Age}{(w.IsLate ? " late" : "")}{(w.Paid ? " paid" : "")}";

    private static string Attempts(IEnumerable<Core.Payments.Attempt> attempts) =>
        string.Join(", ", attempts.Select(static attempt => $"{attempt.Key.Group}/{attempt.Key.Part}:{attempt.Amount.Value} {attempt.Status}"));
}

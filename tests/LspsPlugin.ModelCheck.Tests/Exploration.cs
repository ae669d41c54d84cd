using System.Runtime.InteropServices;
using System.Text;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>Breadth first over every world that can come about, then backwards from the good ends to see which worlds have none.</summary>
internal sealed class Exploration(Model model, int mostWorlds)
{
    /// <summary>The rule of progress: from everywhere, if only the good things happen that are owed, all comes to a clean end.</summary>
    public const string Endless = "whatever good comes, this never ends";

    private readonly Worlds _worlds = new();
    private readonly List<int> _from = [];
    private readonly List<(int From, int To)> _fair = [];

    public int Worlds => _worlds.Count;

    public long Moves { get; private set; }

    /// <summary>Explores everything; a step that breaks a rule is not followed further.</summary>
    /// <returns>Every rule that is broken, each with the shortest way that breaks it.</returns>
    public IReadOnlyDictionary<string, string> Run(bool firstOnly = false)
    {
        var broken = new Dictionary<string, string>();
        var moves = new List<Move>();
        Number(Model.Start, from: -1);
        for (int at = 0; at < _worlds.Count; at++)
        {
            if (model.Unclean(_worlds[at]) is { } unclean && !broken.ContainsKey(unclean)) broken.Add(unclean, Story(at, last: null));
            moves.Clear();
            model.Moves(_worlds[at], moves);
            Moves += moves.Count;
            for (int i = 0; i < moves.Count; i++)
            {
                ref readonly Move move = ref CollectionsMarshal.AsSpan(moves)[i];
                if (move.Broken is { } rule)
                {
                    if (!broken.ContainsKey(rule)) broken.Add(rule, Story(at, i));
                    continue;
                }

                int to = Number(move.To, at);
                if (move.Fair && to != at) _fair.Add((at, to));
            }

            if (broken.Count > 0 && (firstOnly || _worlds.Count > mostWorlds)) return broken;
            if (_worlds.Count > mostWorlds) throw new InvalidOperationException($"more than {mostWorlds} worlds: a counter is not folded, or the configuration is too large");
        }

        if (broken.Count == 0 && FirstWithoutEnd() is { } stuck) broken.Add(Endless, Story(stuck, last: null));
        return broken;
    }

    private int Number(in World w, int from)
    {
        if (_worlds.Add(w, out int number)) _from.Add(from);
        return number;
    }

    /// <summary>The first world from which no fair way leads to an end; ends are clean, or the run is over before this is asked.</summary>
    private int? FirstWithoutEnd()
    {
        int[] start = new int[_worlds.Count + 1];
        foreach ((_, int to) in _fair) start[to + 1]++;
        for (int i = 0; i < _worlds.Count; i++) start[i + 1] += start[i];
        int[] into = new int[_fair.Count];
        int[] next = start[..^1];
        foreach ((int from, int to) in _fair) into[next[to]++] = from;

        var ends = new Queue<int>(Enumerable.Range(0, _worlds.Count).Where(i => model.IsOver(_worlds[i])));
        bool[] good = new bool[_worlds.Count];
        foreach (int end in ends) good[end] = true;
        while (ends.TryDequeue(out int at))
        {
            for (int i = start[at]; i < start[at + 1]; i++)
            {
                if (good[into[i]]) continue;
                good[into[i]] = true;
                ends.Enqueue(into[i]);
            }
        }

        int stuck = Array.IndexOf(good, false);
        return stuck < 0 ? null : stuck;
    }

    private string Story(int at, int? last)
    {
        var way = new List<int>();
        for (int i = at; i >= 0; i = _from[i]) way.Insert(0, i);
        var text = new StringBuilder();
        for (int i = 0; i < way.Count; i++)
        {
            var moves = new List<Move>();
            model.Moves(_worlds[way[i]], moves, explain: true);
            text.Append($"      {model.Describe(_worlds[way[i]])}\n");
            Move? taken = i + 1 < way.Count ? moves.First(m => m.To == _worlds[way[i + 1]]) : last is { } l ? moves[l] : null;
            if (taken is { } move) text.Append($"  {i + 1,2}. {move.Label}\n");
            if (i + 1 == way.Count && taken is { } end) text.Append($"      {model.Describe(end.To)}\n");
        }

        return text.ToString();
    }
}

using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>A way through the model that a seed draws: mostly on, at times astray.</summary>
internal sealed class Walk
{
    private const int MostMoves = 70;

    private readonly Random _random;
    private readonly Configuration _configuration;

    /// <summary>How much goes wrong: nothing in some walks, else they all end early.</summary>
    private readonly double _mischief;
    private readonly double _together;

    private Walk(Configuration configuration, int seed)
    {
        (_configuration, _random) = (configuration, new Random(seed));
        _mischief = new[] { 0, 0.2, 0.6, 2 }[_random.Next(4)];
        _together = new[] { 0, 0.2, 0.6 }[_random.Next(3)];
    }

    /// <summary>Walks, and compares after each move.</summary>
    /// <param name="seen">Told of each move.</param>
    /// <param name="loses">Records that the actor's journal loses.</param>
    /// <exception cref="DifferenceException">The model and the actor do not do the same.</exception>
    public static void Run(Model model, Configuration configuration, int seed, Tally seen, Func<SavedState, bool>? loses = null)
    {
        StillLoop.Use(loop =>
        {
            var duet = new Duet(model, $"{configuration.Name}, seed {seed}", configuration, new Actor(loop, configuration.Terms, loses));
            var walk = new Walk(configuration, seed);
            for (int i = 0; i < MostMoves; i++)
            {
                List<Move> moves = duet.Moves();
                if (IsNothingToCome(model, configuration, duet.World) || walk.Choose(duet.World, moves) is not { } move) return;
                Manner manner = walk.Manner(duet.World, move, moves);
                foreach (Move played in duet.Play(move, manner)) seen.Count(model, played, manner);
            }
        });
    }

    private static bool IsNothingToCome(Model model, Configuration configuration, World w) =>
        model.IsOver(w) && Enumerable.Range(0, configuration.Parts.Length).All(part => w.Node.Fate(part) is Fate.Gone or Fate.Settled);

    private Move? Choose(in World w, List<Move> moves)
    {
        double all = 0;
        foreach (Move move in moves) all += Weight(w, move);
        if (all == 0) return null;
        double at = _random.NextDouble() * all;
        foreach (Move move in moves)
        {
            at -= Weight(w, move);
            if (at < 0) return move;
        }

        return moves[^1];
    }

    private double Weight(in World w, Move move)
    {
        bool same = move.To == w;
        return move.Happening switch
        {
            Happening.Stop => (w.Stage == Stage.Live ? 0.2 : 0.02) * _mischief,
            Happening.Bug => 0.2 * _mischief,
            Happening.Step { End: StepEnd.NotSaved or StepEnd.SavedUnanswered } => 0.6 * _mischief,
            Happening.Step { End: StepEnd.EndsBeforeSave or StepEnd.EndsAfterSave } => 0.1 * _mischief,
            Happening.Step { Input: TimerFired } => 0.1 + (0.4 * _mischief),
            Happening.Step when same => 0.3,
            Happening.Step when !move.Fair => 0.2 * _mischief,
            Happening.Step or Happening.Stale => 6,
            Happening.Hook { Again: true } => 0.3 * _mischief,
            Happening.Hook => 5,
            null when same => 0,
            Happening.Call => move.Fair ? 5 : 1.5 * _mischief,
            _ => move.Fair ? 5 : 0.6 * _mischief,
        };
    }

    private Manner Manner(in World w, Move move, List<Move> all)
    {
        bool bears = !_configuration.Terms.Offer.ClientTrustsLsp || _random.Next(2) > 0;
        bool together = _random.NextDouble() < _together;
        if (w.Node.Near || move.To.Node.Near || !_configuration.Refusals || _random.Next(6) > 0) return new Manner(together, bears);

        // Refused for a while: where the session would give up rather than wait, that is a move of its own.
        if (move.Happening is not Happening.Step { End: StepEnd.Done } step || !move.Done.Any(static doing => doing is Doing.Saves)) return new Manner(together, bears);
        bool givesUp = all.Exists(other => other.Happening is Happening.Step { End: StepEnd.NotSaved } same && same.Input == step.Input && same.By == step.By);
        return new Manner(together, bears, givesUp ? 0 : 1 + _random.Next(2));
    }
}

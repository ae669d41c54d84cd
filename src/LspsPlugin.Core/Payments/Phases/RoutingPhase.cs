using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>Routes for the missing amount are searched, within what is left of the fee and of the parts. Parts that fail meanwhile are planned for next.</summary>
internal static class RoutingPhase
{
    public static PaymentStep Begin(PaymentTerms terms, ValueList<Attempt> attempts, int tries, GiveUpReason? lack) => PaymentStep.To(
        new Routing(attempts, tries, lack), new FindRoutes(attempts.Missing(terms), attempts.FeeLeft(terms), attempts.PartsLeft(terms), LessonsFor(terms, attempts, tries)));

    public static PaymentStep On(PaymentTerms terms, Routing s, PaymentInput input) => input switch
    {
        RoutesFound found => OnFound(terms, s, found),
        NoRouteFound none => NotFound(terms, s, none.IsTooExpensive ? GiveUpReason.FeeCap : GiveUpReason.NoRoute, none.Detail),
        RouteSearchFailed failed => PausingPhase.Begin(s.Attempts, s.Tries + 1, s.Lack).Tell(new PaymentStepFailed(s.Phase, failed.Detail)),
        PaymentTimerFired { Timer: PaymentTimer.Deadline } => GivingUpPhase.Begin(s.Attempts, s.Lack ?? GiveUpReason.OutOfTime),
        _ => InFlight.On(terms, s, input, attempts => PaymentStep.To(s with { Attempts = attempts })),
    };

    /// <summary>
    /// After a search that found nothing, a lack of liquidity does not count any more where no other channel can help: behind a route hint or in a blinded path, since a
    /// JIT channel says so of every part until all have come, and next to this node, whose search knows its own balances.
    /// </summary>
    private static ValueList<Lesson> LessonsFor(PaymentTerms terms, ValueList<Attempt> attempts, int tries)
    {
        ValueList<Lesson> lessons = attempts.Lessons();
        if (tries == 0 || lessons.Count == 0) return lessons;
        HashSet<Scid> alone = [.. terms.Hints.SelectMany(static route => route).Select(static hop => hop.Scid), .. terms.Paths.Select(static (_, i) => BlindedPath.ChannelOf(i))];
        alone.UnionWith(attempts.Where(static attempt => attempt.Route.Hops.Count > 0).Select(static attempt => attempt.Route.Hops[0].Channel));
        return [.. lessons.Where(lesson => lesson is not ChannelConstrained constrained || !alone.Contains(constrained.Channel))];
    }

    /// <summary>
    /// Plans a part for each route. The answer is checked, because sums and fees must hold whatever it says. It may be for less than is missing now.
    /// </summary>
    private static PaymentStep OnFound(PaymentTerms terms, Routing s, RoutesFound found)
    {
        if (GetProblem(terms, s.Attempts, found.Routes) is { } problem) return NotFound(terms, s, GiveUpReason.NoRoute, problem);
        ValueList<Attempt> attempts = s.Attempts;
        foreach (Route route in found.Routes)
        {
            attempts = attempts.Add(new Attempt(attempts.NextKey(terms), route, found.Height, found.Height + route.Delay));
        }

        ValueList<Attempt> planned = attempts[s.Attempts.Count..];
        return InFlight.GoOn(terms, attempts, tries: 0, pause: false).Do([.. planned.Select(static attempt => new SendAttempt(attempt))]).Tell(new AttemptsPlanned(planned));
    }

    /// <summary>
    /// Routes may appear at any time: channels get liquidity back, and peers come back. So the search is repeated, and what it found counts only when the time is over.
    /// </summary>
    private static PaymentStep NotFound(PaymentTerms terms, Routing s, GiveUpReason lack, string detail) =>
        (terms.MayRetry ? PausingPhase.Begin(s.Attempts, s.Tries + 1, lack) : GivingUpPhase.Begin(s.Attempts, lack)).Tell(new PaymentStepFailed(s.Phase, detail));

    private static string? GetProblem(PaymentTerms terms, ValueList<Attempt> attempts, ValueList<Route> routes)
    {
        if (routes.Count == 0) return "the answer has no routes";
        if (routes.Count > attempts.PartsLeft(terms)) return "the answer has too many routes";
        if (routes.Any(static route => !route.IsSound)) return "a route delivers nothing, or more than it sends";
        if (routes.FirstOrDefault(route => !terms.IsReachedBy(route)) is { } elsewhere) return $"a route ends at {elsewhere.Destination}";
        if (routes.Any(route => route.Delay > terms.MaxDelay)) return "a route takes too long";
        UInt128 delivered = Sum(routes, static route => route.Amount), missing = attempts.Missing(terms).Value;
        if (delivered > missing) return "the routes deliver too much";

        // Nobody would search for the rest.
        if (delivered < missing && !terms.MayRetry) return "the routes deliver too little";
        return Sum(routes, static route => route.Fee) > attempts.FeeLeft(terms).Value ? "the routes cost too much" : null;
    }

    private static UInt128 Sum(ValueList<Route> routes, Func<Route, Msat> what)
    {
        UInt128 sum = 0;
        foreach (Route route in routes) sum += what(route).Value;
        return sum;
    }
}

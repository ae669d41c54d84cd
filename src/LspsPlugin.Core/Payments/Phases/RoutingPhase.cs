using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Core.Payments.Phases;

/// <summary>Routes for the missing amount are searched, within what is left of the fee and of the parts. Parts that fail meanwhile are planned for next.</summary>
internal static class RoutingPhase
{
    /// <summary>How often a search may find nothing while no part is out, until the payment is given up.</summary>
    private const int MostSearches = 3;

    public static PaymentStep Begin(PaymentTerms terms, ValueList<Attempt> attempts, int tries) => PaymentStep.To(
        new Routing(attempts, tries), new FindRoutes(attempts.Missing(terms), attempts.FeeLeft(terms), attempts.PartsLeft(terms), LessonsFor(terms, attempts, tries)));

    public static PaymentStep On(PaymentTerms terms, Routing s, PaymentInput input) => input switch
    {
        RoutesFound found => OnFound(terms, s, found),
        NoRouteFound none => NotFound(s, none.IsTooExpensive ? GiveUpReason.FeeCap : GiveUpReason.NoRoute, none.Detail),
        RouteSearchFailed failed => PausingPhase.Begin(s.Attempts, s.Tries + 1).Tell(new PaymentStepFailed(s.Phase, failed.Detail)),
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
        if (GetProblem(terms, s.Attempts, found.Routes) is { } problem) return NotFound(s, GiveUpReason.NoRoute, problem);
        ValueList<Attempt> attempts = s.Attempts;
        foreach (Route route in found.Routes)
        {
            attempts = attempts.Add(new Attempt(attempts.NextKey(terms), route, found.Height, found.Height + route.Delay));
        }

        ValueList<Attempt> planned = attempts[s.Attempts.Count..];
        return InFlight.GoOn(terms, attempts, tries: 0, pause: false).Do([.. planned.Select(static attempt => new SendAttempt(attempt))]).Tell(new AttemptsPlanned(planned));
    }

    /// <summary>Routes may appear while parts are out, as their channels get liquidity back; so only a payment without parts is given up.</summary>
    private static PaymentStep NotFound(Routing s, GiveUpReason reason, string detail) =>
        (s.Tries + 1 >= MostSearches && !s.Attempts.AnyOut() ? GivingUpPhase.Begin(s.Attempts, reason) : PausingPhase.Begin(s.Attempts, s.Tries + 1))
            .Tell(new PaymentStepFailed(s.Phase, detail));

    private static string? GetProblem(PaymentTerms terms, ValueList<Attempt> attempts, ValueList<Route> routes)
    {
        if (routes.Count == 0) return "the answer has no routes";
        if (routes.Count > attempts.PartsLeft(terms)) return "the answer has too many routes";
        if (routes.Any(static route => !route.IsSound)) return "a route delivers nothing, or more than it sends";
        if (routes.FirstOrDefault(route => !terms.IsReachedBy(route)) is { } elsewhere) return $"a route ends at {elsewhere.Destination}";
        if (routes.Any(route => route.Delay > terms.MaxDelay)) return "a route takes too long";
        if (Sum(routes, static route => route.Amount) > attempts.Missing(terms).Value) return "the routes deliver too much";
        return Sum(routes, static route => route.Fee) > attempts.FeeLeft(terms).Value ? "the routes cost too much" : null;
    }

    private static UInt128 Sum(ValueList<Route> routes, Func<Route, Msat> what)
    {
        UInt128 sum = 0;
        foreach (Route route in routes) sum += what(route).Value;
        return sum;
    }
}

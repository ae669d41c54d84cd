using LspsPlugin.Core.Funding;

namespace LspsPlugin.Core.Sessions.Phases;

/// <summary>Carries a step of the funding machine over into the session.</summary>
internal static class Funded
{
    /// <summary>Returns the transition to <paramref name="next"/> with what the step asks for.</summary>
    public static Transition To(SessionState next, FundingStep step)
    {
        Transition t = Transition.To(next, [.. step.Actions]);
        return step.RetryAfter is { } pause ? t.Do(new StartTimer(SessionTimer.Retry, pause)) : t;
    }
}

using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.ModelCheck.Tests.Traces;

/// <summary>A node that does nothing by itself: every call stays out until it is told what comes of it.</summary>
/// <remarks>A session is known by its terms: each has an object of its own.</remarks>
/// <param name="called">Told of every call.</param>
internal sealed class Calls(Action<NodeAction> called) : IActionExecutor
{
    private readonly List<(NodeAction Action, SessionTerms By, TaskCompletionSource<SessionInput> Outcome)> _out = [];

    public IEnumerable<NodeAction> Of(SessionTerms? by) => _out.Where(call => ReferenceEquals(call.By, by)).Select(static call => call.Action);

    public IEnumerable<NodeAction> NotOf(SessionTerms? by) => _out.Where(call => !ReferenceEquals(call.By, by)).Select(static call => call.Action);

    /// <returns>False when the session waits for no such call.</returns>
    public bool Land(NodeAction action, SessionInput outcome, SessionTerms? by) => Land(_out.FindIndex(call => ReferenceEquals(call.By, by) && call.Action == action), outcome);

    /// <summary>The same for a call of which the session is over.</summary>
    public bool LandLeft(NodeAction action, SessionInput outcome, SessionTerms? by) => Land(_out.FindIndex(call => !ReferenceEquals(call.By, by) && call.Action == action), outcome);

    /// <summary>The process is gone.</summary>
    public void Clear() => _out.Clear();

    public ValueTask<SessionInput> StartOpeningAsync(SessionTerms terms, StartOpening action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> PlanFundingAsync(SessionTerms terms, PlanFunding action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> ReserveInputsAsync(SessionTerms terms, ReserveInputs action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> CompleteFundingAsync(SessionTerms terms, CompleteFunding action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> FindFundingAsync(SessionTerms terms, FindFunding action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> PrepareChannelAsync(SessionTerms terms, PrepareChannel action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> SignFundingAsync(SessionTerms terms, SignFunding action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> BroadcastFundingAsync(SessionTerms terms, BroadcastFunding action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> RestoreFeesAsync(SessionTerms terms, RestoreFees action, CancellationToken stopping) => Out(terms, action);

    public ValueTask<SessionInput> ReleaseAsync(SessionTerms terms, Release action, CancellationToken stopping) => Out(terms, action);

    private bool Land(int at, SessionInput outcome)
    {
        if (at < 0) return false;
        TaskCompletionSource<SessionInput> call = _out[at].Outcome;
        _out.RemoveAt(at);
        call.SetResult(outcome); // inline: the outcome is in the session's mail when this returns
        return true;
    }

    private ValueTask<SessionInput> Out(SessionTerms by, NodeAction action)
    {
        var outcome = new TaskCompletionSource<SessionInput>();
        _out.Add((action, by, outcome));
        called(action);
        return new(outcome.Task);
    }
}

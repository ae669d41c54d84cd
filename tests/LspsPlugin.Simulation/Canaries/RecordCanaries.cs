using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Proceeds before the record is saved.</summary>
internal sealed class ActsBeforeSaving : SimBuild
{
    public override ISessionJournal Journal(ISessionJournal shipping) => new Late(shipping);

    private sealed class Late(ISessionJournal shipping) : JournalCanary(shipping)
    {
        private Task<JournalResult> _last = Task.FromResult(JournalResult.Saved);

        public override ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping)
        {
            _last = AfterAsync(_last, terms, state, stopping);
            return new ValueTask<JournalResult>(JournalResult.Saved);
        }

        private async Task<JournalResult> AfterAsync(Task<JournalResult> before, SessionTerms terms, SavedState state, CancellationToken stopping)
        {
            await before;
            return await Shipping.SaveAsync(terms, state, stopping);
        }
    }
}

/// <summary>Treats a failed save as successful.</summary>
internal sealed class IgnoresAFailedSave : SimBuild
{
    public override ISessionJournal Journal(ISessionJournal shipping) => new Careless(shipping);

    private sealed class Careless(ISessionJournal shipping) : JournalCanary(shipping)
    {
        public override async ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping)
        {
            await Shipping.SaveAsync(terms, state, stopping);
            return JournalResult.Saved;
        }
    }
}

/// <summary>Never saves some phases.</summary>
internal abstract class Forgetful(Func<Phase, bool> left) : SimBuild
{
    public override ISessionJournal Journal(ISessionJournal shipping) => new Gaps(shipping, left);

    private sealed class Gaps(ISessionJournal shipping, Func<Phase, bool> left) : JournalCanary(shipping)
    {
        public override ValueTask<JournalResult> SaveAsync(SessionTerms terms, SavedState state, CancellationToken stopping) =>
            left(state.Phase) ? new ValueTask<JournalResult>(JournalResult.Saved) : Shipping.SaveAsync(terms, state, stopping);
    }
}

/// <summary>Does not save what it forwards.</summary>
internal sealed class ForgetsItsForwards() : Forgetful(phase => phase == Phase.AwaitingSettlement);

/// <summary>Leaves ended sessions among the active records.</summary>
internal sealed class LeavesItsRecords() : Forgetful(phase => phase == Phase.Ended);

/// <summary>Neither saves the preimage nor asks the node for it: a crash loses it.</summary>
internal sealed class LosesThePreimage() : Forgetful(phase => phase is Phase.Broadcasting or Phase.Confirming)
{
    public override IActionExecutor Executor(IActionExecutor shipping) => new NeverAsks(shipping);

    private sealed class NeverAsks(IActionExecutor shipping) : ExecutorCanary(shipping)
    {
        public override ValueTask<SessionInput> CheckForwardsAsync(SessionTerms terms, CheckForwards action, CancellationToken stopping) =>
            new(new ForwardsSeen([]));
    }
}

using LspsPlugin.Core.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What a move is, for whoever plays the same on something else than the model. Null is what the plugin does not see.</summary>
internal abstract record Happening
{
    private Happening()
    {
    }

    /// <summary>The session takes an input.</summary>
    /// <param name="By">The call whose outcome the input is.</param>
    public sealed record Step(SessionInput Input, NodeAction? By, StepEnd End) : Happening;

    /// <summary>The outcome of a call about an earlier plan's channel is thrown away.</summary>
    public sealed record Stale(NodeAction By) : Happening;

    /// <summary>The node carries out a call; the outcome goes to the session's mail.</summary>
    /// <param name="ForNobody">The session that asked for it is over.</param>
    public sealed record Call(NodeAction Action, SessionInput Answer, bool ForNobody) : Happening;

    /// <summary>The node calls the hook.</summary>
    /// <param name="Again">It forgot that it did before.</param>
    public sealed record Hook(int Part, bool Again) : Happening;

    /// <summary>The process ends, and another begins.</summary>
    public sealed record Stop : Happening;

    /// <summary>The session's code fails before it decides anything.</summary>
    public sealed record Bug : Happening;
}

/// <summary>How far a step comes.</summary>
internal enum StepEnd
{
    Done,

    /// <summary>The journal refuses: the machine may give up what is not owed yet.</summary>
    NotSaved,

    /// <summary>It is on record, and the journal does not say so.</summary>
    SavedUnanswered,

    /// <summary>The process ends before the save is done.</summary>
    EndsBeforeSave,

    EndsAfterSave,
}

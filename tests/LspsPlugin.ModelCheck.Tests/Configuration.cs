using System.Collections.Immutable;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>How much of the world is explored.</summary>
/// <param name="Parts">The HTLCs that the payer may send, each once, at any time.</param>
/// <param name="NodeCrashes">The node with the plugin in it dies and comes back: held HTLCs are replayed, openings and calls are gone.</param>
/// <param name="PluginDeaths">Only the plugin dies: the node fails what it held and may still carry out what it was asked.</param>
/// <param name="Restarts">Code of the session fails: back to the record within the process, once everything in flight has landed.</param>
/// <param name="Resends">The node may call the hook again for an HTLC that is not answered.</param>
/// <param name="Refusals">Refusals and lost answers, on any call, any number of times; without them the node does what it is asked.</param>
/// <param name="Whims">The client disconnects and closes channels when it likes; the mempool drops transactions.</param>
/// <param name="Rivals">Others may reserve the planned inputs first.</param>
/// <param name="Drops">The node fails what it was handed without a word, and its news that it sent a part on comes late; else it is known at once.</param>
/// <param name="LooksAgain">
/// A look that is asked for while the same look is out is taken once more. Else not: the next block brings a look as well, and in the model a look
/// sees what is when the node carries it out, so the second one has nothing to find that was there when it was asked for.
/// </param>
/// <param name="TimersRunOut">Timers that fire when nobody has a use for them are gone then; else they wait until somebody has.</param>
internal sealed record Configuration(
    string Name, SessionTerms Terms, ImmutableArray<Part> Parts, int NodeCrashes, int PluginDeaths, int Restarts, bool Resends, bool Refusals, bool Whims, bool Rivals, bool Drops, bool LooksAgain, bool TimersRunOut)
{
    public static Configuration TwoParts { get; } = Of("two parts", Sample.Size, 2);

    public static Configuration ThreeParts { get; } = Of("three parts, two are enough", Sample.Size, 3, enough: 2);

    public static Configuration AllOfThree { get; } = Of("three parts, all are needed", Sample.Size, 3);

    public static Configuration OnePart { get; } = Of("a variable amount", null, 1);

    public static Configuration Variable { get; } = Of("a variable amount and a second HTLC", null, 2);

    public static Configuration Trusted { get; } = Of("one part of a trusted client", Sample.Size, 1, trusted: true);

    public static Configuration TrustedTwice { get; } = Of("two parts of a trusted client", Sample.Size, 2, trusted: true);

    public static Configuration TrustedAgain { get; } = Of("two parts of a trusted client, each is enough", Sample.Size, 2, enough: 1, trusted: true);

    private static Configuration Of(string name, Msat? size, int parts, int? enough = null, bool trusted = false)
    {
        ulong amount = (Sample.Size.Value / (ulong)(enough ?? parts)) + 1;
        return new Configuration(
            name,
            Sample.Terms(size, trusted),
            [.. Enumerable.Range(0, parts).Select(i => Sample.Part((ulong)i, amount))],
            NodeCrashes: 0,
            PluginDeaths: 0,
            Restarts: 0,
            Resends: false,
            Refusals: true,
            Whims: true,
            Rivals: false,
            Drops: false,
            LooksAgain: false,
            TimersRunOut: false);
    }
}

/// <summary>What is checked. The real one is the product; a mutant is what the check must be able to catch.</summary>
/// <param name="SavesFirst">False: acts, and saves afterwards.</param>
/// <param name="Saves">False: the record of a phase is not written.</param>
/// <param name="LooksBeforeRelease">False: the node is told to close a channel without a look at what is on it.</param>
internal sealed record Behaviour(
    Func<SessionTerms, SessionState, SessionInput, Transition> Apply,
    Func<SessionTerms, SessionState, ImmutableArray<SessionAction>> OnRestart,
    Func<Phase, bool> Saves,
    bool SavesFirst = true,
    bool LooksBeforeRelease = true)
{
    public static Behaviour Real { get; } = new(SessionMachine.Apply, Core.Sessions.RestartActions.By, static _ => true);
}

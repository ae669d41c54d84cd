using Spectre.Console;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>A build that is wrong in one way.</summary>
/// <param name="Name">What it does, as a reader would say it.</param>
public sealed record Canary(string Name, Func<SimBuild> Build)
{
    /// <summary>The first of so many seeds that shows it, and what was seen; null when none does.</summary>
    public (int Seed, string Violation)? Hunt(int seeds)
    {
        for (int seed = 1; seed <= seeds; seed++)
        {
            if (Trial.Run(seed, Build()) is { } violation) return (seed, violation);
        }

        return null;
    }
}

/// <summary>All known-bad builds: a checker that sees none of them proves nothing.</summary>
public static class CanaryTable
{
    /// <summary>Within so many seeds each must be caught.</summary>
    public const int Bound = 60;

    private const int Longest = 100;

    public static IReadOnlyList<Canary> All { get; } =
    [
        new("acts before saving", () => new ActsBeforeSaving()),
        new("takes a failed save for a save", () => new IgnoresAFailedSave()),
        new("does not record its forwards", () => new ForgetsItsForwards()),
        new("loses the preimage in a crash", () => new LosesThePreimage()),
        new("leaves finished records active", () => new LeavesItsRecords()),
        new("funds twice", () => new FundsTwice()),
        new("forgets to unwind", () => new ForgetsToUnwind()),
        new("forgets to unreserve", () => new ForgetsToUnreserve()),
        new("broadcasts at once", () => new BroadcastsAtOnce()),
        new("never broadcasts", () => new NeverBroadcasts()),
        new("gives up a refused broadcast", () => new GivesUpTheBroadcast()),
        new("trusts without a bound", () => new TrustsWithoutABound()),
        new("forgets what it lost", () => new ForgetsItsLosses()),
        new("closes a paid channel", () => new ClosesAPaidChannel()),
        new("touches a foreign channel", () => new TouchesAForeignChannel()),
        new("takes the fee from every part", () => new TakesTheFeeFromEveryPart()),
        new("takes more than promised", () => new TakesMoreThanPromised()),
        new("forgets the fee", () => new ForgetsTheFee()),
        new("hides the fee from the client", () => new HidesTheFee()),
        new("forwards before the sum is there", () => new CountsPartsTwice()),
        new("never answers a late part", () => new DropsLateParts()),
        new("answers a hook twice", () => new AnswersTwice()),
        new("mixes payment hashes", () => new MixesPaymentHashes()),
        new("ignores the expiry", () => new IgnoresTheExpiry()),
        new("fails foreign HTLCs", () => new FailsForeignHtlcs()),
    ];

    /// <summary>Tells of each canary who caught it and when.</summary>
    /// <returns>0 when all were caught.</returns>
    public static int Print(IAnsiConsole console)
    {
        int escaped = 0;
        console.WriteLine($"{"a build that",-36} {"within",6}  caught by");
        foreach (Canary canary in All)
        {
            if (canary.Hunt(Bound) is { } caught)
            {
                string what = caught.Violation.ReplaceLineEndings(" ");
                console.WriteLine($"{canary.Name,-36} {caught.Seed,6}  {(what.Length > Longest ? what[..Longest] + "…" : what)}");
                continue;
            }

            escaped++;
            console.WriteLine($"{canary.Name,-36} {"-",6}  NOBODY, in {Bound} seeds");
        }

        console.WriteLine($"{All.Count - escaped} of {All.Count} bad builds were caught");
        return escaped == 0 ? 0 : 1;
    }
}

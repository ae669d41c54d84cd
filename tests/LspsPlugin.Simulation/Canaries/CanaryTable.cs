using LspsPlugin.Simulation.Checkers;
using Spectre.Console;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>A build with one deliberate defect.</summary>
/// <param name="Name">What the build does wrong, in words.</param>
/// <param name="Checker">The checker that must detect it: a violation seen only by others does not count.</param>
public sealed record Canary(string Name, string Checker, Func<SimBuild> Build)
{
    /// <summary>The scenario that the build is run in.</summary>
    public Func<int, SimBuild, IReadOnlyList<string>> Trial { get; init; } = Canaries.Trial.Run;

    /// <summary>
    /// Returns the first of the given number of seeds in which the checker detects the build, with the violation; null if there is none.
    /// </summary>
    public (int Seed, string Violation)? Hunt(int seeds)
    {
        for (int seed = 1; seed <= seeds; seed++)
        {
            if (Trial(seed, Build()).FirstOrDefault(IsBy) is { } violation) return (seed, violation);
        }

        return null;
    }

    private bool IsBy(string violation) => violation.StartsWith($"{Checker}: ", StringComparison.Ordinal);
}

/// <summary>All builds with known defects: a checker that detects none of them proves nothing.</summary>
public static class CanaryTable
{
    /// <summary>Number of seeds within which each must be detected.</summary>
    public const int MostSeeds = 60;

    private const int Longest = 100;

    public static IReadOnlyList<Canary> All { get; } =
    [
        new("acts before saving", nameof(SavedFirstChecker), () => new ActsBeforeSaving()),
        new("treats a failed save as a save", nameof(SavedFirstChecker), () => new IgnoresAFailedSave()),
        new("does not record its forwards", nameof(SavedFirstChecker), () => new ForgetsItsForwards()),
        new("loses the preimage in a crash", nameof(SavedFirstChecker), () => new LosesThePreimage()),
        new("leaves finished records active", nameof(LeftoverChecker), () => new LeavesItsRecords()),
        new("funds twice", nameof(SavedFirstChecker), () => new FundsTwice()),
        new("never unwinds", nameof(LeftoverChecker), () => new ForgetsToUnwind()),
        new("never unreserves", nameof(LeftoverChecker), () => new ForgetsToUnreserve()),
        new("broadcasts at once", nameof(FundingChecker), () => new BroadcastsAtOnce()),
        new("never broadcasts", nameof(FundingChecker), () => new NeverBroadcasts()),
        new("gives up after a refused broadcast", nameof(FundingChecker), () => new GivesUpTheBroadcast()),
        new("trusts without a limit", nameof(TrustChecker), () => new TrustsWithoutABound()),
        new("forgets its losses", nameof(TrustChecker), () => new ForgetsItsLosses()),
        new("opens larger channels than allowed", nameof(FundingChecker), () => new OpensTooLarge()),
        new("closes a paid channel", nameof(FundingChecker), () => new ClosesAPaidChannel()),
        new("touches a foreign channel", nameof(ForeignChecker), () => new TouchesAForeignChannel()),
        new("takes the fee from every part", nameof(FeeChecker), () => new TakesTheFeeFromEveryPart()),
        new("takes a millisatoshi more", nameof(FeeChecker), () => new TakesMoreThanPromised()),
        new("forgets the fee", nameof(FeeChecker), () => new ForgetsTheFee()),
        new("does not declare the fee", nameof(FeeChecker), () => new HidesTheFee()),
        new("forwards before the sum has arrived", nameof(SumChecker), () => new CountsPartsTwice()),
        new("never answers a late part", nameof(HookChecker), () => new DropsLateParts()),
        new("answers a hook twice", Trial.Node, () => new AnswersTwice()),
        new("mixes payment hashes", nameof(SumChecker), () => new MixesPaymentHashes()),
        new("ignores the expiry", nameof(HookChecker), () => new IgnoresTheExpiry()),
        new("funds after a part without the fee", nameof(FundingChecker), () => new FundsForAPartWithoutFee()),
        new("accepts losses without a limit", nameof(TrustChecker), () => new BearsLossesWithoutABound()),
        new("lets other HTLCs into an unpaid channel", nameof(FundingChecker), () => new LetsOthersIn()),
        new("fails foreign HTLCs", nameof(ForeignChecker), () => new FailsForeignHtlcs()),
        new("pays too little to the channel", nameof(TransactionChecker), () => new PaysTooLittle()),
        new("pays to another script", nameof(TransactionChecker), () => new PaysToAnotherScript()),
        new("leaves no fee", nameof(TransactionChecker), () => new LeavesNoFee()),
        new("spoils the signature", nameof(TransactionChecker), () => new SpoilsTheSignature()),
        new("names an earlier transaction", nameof(SavedFirstChecker), () => new NamesAnEarlierTransaction()),
        OfAWallet("forwards unbacked HTLCs", nameof(UnbackedForwardChecker), () => new SendsUnbackedOn()),
        OfAWallet("forgets the channels it accepted", nameof(UnbackedForwardChecker), () => new ForgetsItsGrants()),
        OfAWallet("accepts unbacked payments", nameof(UnbackedReceiptChecker), () => new TakesUnbacked()),
        OfAWallet("records no debts", nameof(UnbackedReceiptChecker), () => new BooksNothing()),
        OfAWallet("accepts every channel", nameof(GrantChecker), () => new GrantsEveryOpening()),
        OfAPayer("sends parts before saving them", nameof(PartChecker), () => new SavesAfterSending()),
        OfAPayer("begins a group beside a pending one", nameof(PartChecker), () => new BeginsAGroupTooEarly()),
        OfAPayer("fails a payment at a time-out", nameof(PaymentEndChecker), () => new FailsAtATimeOut()),
        OfAPayer("tells a preimage before saving it", nameof(PaymentProofChecker), () => new SavesAfterTelling()),
        OfAPayer("takes a missing row for a failure", nameof(PaymentEndChecker), () => new TakesAMissingRowForAFailure()),
        OfAPayer("ignores the fee limit", nameof(PaymentSumChecker), () => new IgnoresTheFeeLimit()),
    ];

    private static Canary OfAWallet(string name, string checker, Func<SimBuild> build) => new(name, checker, build) { Trial = WalletTrial.Run };

    private static Canary OfAPayer(string name, string checker, Func<SimBuild> build) => new(name, checker, build) { Trial = PayerTrial.Run };

    /// <summary>Prints for each canary whose name contains a text which checker detected it and at which seed.</summary>
    /// <returns>0 if all were detected.</returns>
    public static int Print(IAnsiConsole console, string text)
    {
        int escaped = 0;
        console.WriteLine($"{"a build that",-41} {"within",6}  caught by");
        Canary[] named = [.. All.Where(canary => canary.Name.Contains(text, StringComparison.Ordinal))];
        foreach (Canary canary in named)
        {
            if (canary.Hunt(MostSeeds) is { } caught)
            {
                string what = caught.Violation.ReplaceLineEndings(" ");
                console.WriteLine($"{canary.Name,-41} {caught.Seed,6}  {(what.Length > Longest ? what[..Longest] + "…" : what)}");
                continue;
            }

            escaped++;
            console.WriteLine($"{canary.Name,-41} {"-",6}  NOT by {canary.Checker}, in {MostSeeds} seeds");
        }

        console.WriteLine($"{named.Length - escaped} of {named.Length} bad builds were caught");
        return escaped == 0 ? 0 : 1;
    }
}

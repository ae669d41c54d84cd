using System.Text;

namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>Generates docs/conformance.md from the requirements and the annotations.</summary>
internal static class ConformancePage
{
    private static readonly (string Title, Requirement[] Requirements)[] Chapters =
    [
        ("LSPS0 (bLIP-50)", Lsps0Requirements.All),
        ("LSPS2 (bLIP-52), and bLIP-25", Lsps2Requirements.All),
    ];

    public static IEnumerable<Requirement> Requirements => Chapters.SelectMany(chapter => chapter.Requirements);

    public static string Write(IReadOnlyList<Proof> proofs)
    {
        ILookup<string, Proof> byId = proofs.ToLookup(proof => proof.Id);
        var page = new StringBuilder($"""
            # Conformance

            The requirements of LSPS0 and LSPS2, and the tests that cover them. This page is generated: the texts are data in
            `tests/LspsPlugin.Catalogue.Tests`, and the tests come from their annotations (`[Trait("Requirement", "R52-13")]`). A test fails when the
            page is out of date; `LSPS_ACCEPT=1` rewrites it. A requirement without a test does not count as met, whatever the code does; it has a reason instead.

            | | |
            |---|---|
            | met | {Requirements.Count(requirement => byId[requirement.Id].Any())} |
            | not applicable | {Count(Gap.NotApplicable)} |
            | not possible on this host | {Count(Gap.NotPossible)} |
            | deviates, on purpose | {Count(Gap.Otherwise)} |
            | not yet | {Count(Gap.NotYet)} |

            """.ReplaceLineEndings("\n"));
        foreach ((string title, Requirement[] requirements) in Chapters)
        {
            page.Append($"\n## {title}\n\n| | who | level | requirement | tests, or the reason for none |\n|---|---|---|---|---|\n");
            foreach (Requirement one in requirements) page.Append($"| {one.Id} | {one.Who} | {one.Level} | {one.Text.Replace("|", "\\|", StringComparison.Ordinal)} | {Standing(one, byId[one.Id])} |\n");
        }

        return page.ToString();
    }

    private static int Count(Gap gap) => Gaps.All.Values.Count(entry => entry.Gap == gap);

    private static string Standing(Requirement requirement, IEnumerable<Proof> proofs)
    {
        string[] places = [.. proofs.Select(proof => proof.Name).Distinct().Order(StringComparer.Ordinal)];
        if (places.Length > 0) return string.Join("<br>", places);
        if (!Gaps.All.TryGetValue(requirement.Id, out (Gap Gap, string Reason) why)) return "*nowhere*";
        string word = why.Gap switch
        {
            Gap.NotApplicable => "not applicable",
            Gap.NotPossible => "not possible on this host",
            Gap.Otherwise => "deviates",
            Gap.NotYet => "not yet",
        };
        return $"*{word}: {why.Reason}*";
    }
}

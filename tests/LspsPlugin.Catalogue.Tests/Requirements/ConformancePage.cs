using System.Text;

namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>docs/conformance.md, made from the requirements and the annotations.</summary>
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

            What LSPS0 and LSPS2 demand, and the tests that prove that it is so. This page is generated: the texts are data in
            `tests/LspsPlugin.Catalogue.Tests`, and what is proven is what tests say of themselves (`[Trait("Requirement", "R52-13")]`). A test fails when the
            page is stale; `LSPS_ACCEPT=1` writes it anew. A requirement without a test is not met, whatever the code does: it has a reason instead.

            | | |
            |---|---|
            | met | {Requirements.Count(requirement => byId[requirement.Id].Any())} |
            | not applicable | {Count(Gap.NotApplicable)} |
            | not possible on this host | {Count(Gap.NotPossible)} |
            | otherwise, on purpose | {Count(Gap.Otherwise)} |
            | not yet | {Count(Gap.NotYet)} |

            """.ReplaceLineEndings("\n"));
        foreach ((string title, Requirement[] requirements) in Chapters)
        {
            page.Append($"\n## {title}\n\n| | who | | what | |\n|---|---|---|---|---|\n");
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
            Gap.Otherwise => "otherwise",
            Gap.NotYet => "not yet",
        };
        return $"*{word}: {why.Reason}*";
    }
}

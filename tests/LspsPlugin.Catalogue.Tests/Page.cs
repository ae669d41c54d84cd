using System.Text;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>docs/faults.md, made from the catalogue and the annotations.</summary>
internal static class Page
{
    private static readonly (string Title, Fault[] Faults)[] Chapters =
    [
        ("Parts, amounts and timing", PartFaults.All),
        ("Opening the channel", OpeningFaults.All),
        ("Forwarding, settlement, crashes", SettlementFaults.All),
        ("Records, restarts, the host", HostFaults.All),
        ("Protocol and adversaries", PeerFaults.All),
    ];

    public static IEnumerable<Fault> Faults => Chapters.SelectMany(chapter => chapter.Faults);

    public static string Write(IReadOnlyList<Proof> proofs)
    {
        ILookup<string, Proof> byFault = proofs.ToLookup(proof => proof.Id);
        int proven = Faults.Count(fault => byFault[fault.Id].Any());
        var page = new StringBuilder($"""
            # Faults and adversaries

            What can go wrong, or be done to us, and what holds all the same. This page is generated: the texts are data in
            `tests/LspsPlugin.Catalogue.Tests`, and where something is proven is what tests and checkers say of themselves
            (`[Covers("A05")]`). A test fails when the page is stale; `LSPS_ACCEPT=1` writes it anew. A checker watches every run of
            the simulation (`./build.sh simulate`), whatever the seed draws.

            {proven} of {Faults.Count()} are proven; the others say why not, or why not yet.

            """.ReplaceLineEndings("\n"));
        foreach ((string title, Fault[] faults) in Chapters)
        {
            page.Append($"\n## {title}\n\n| | what happens | what holds | where it is proven |\n|---|---|---|---|\n");
            foreach (Fault fault in faults) page.Append($"| {fault.Id} | {fault.Happens} | {fault.Holds} | {Where(fault, byFault[fault.Id])} |\n");
        }

        return page.ToString();
    }

    private static string Where(Fault fault, IEnumerable<Proof> proofs)
    {
        string[] places = [.. proofs.Select(proof => proof.Name).Distinct().Order(StringComparer.Ordinal)];
        return places.Length > 0 ? string.Join("<br>", places) : $"*{Unproven.Reasons.GetValueOrDefault(fault.Id, "nowhere")}*";
    }
}

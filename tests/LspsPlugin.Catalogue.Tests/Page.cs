using System.Text;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>Generates docs/faults.md from the catalogue and the annotations.</summary>
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

            What can go wrong, what attackers can do, and what must hold nevertheless. This page is generated: the texts are data in
            `tests/LspsPlugin.Catalogue.Tests`, and the last column comes from annotations of tests and checkers
            (`[Covers("A05")]`). A test fails when the page is out of date; `LSPS_ACCEPT=1` rewrites it. A checker watches every run of
            the simulation (`./build.sh simulate`), for every seed.

            {proven} of {Faults.Count()} have a test; the others have a reason instead.

            """.ReplaceLineEndings("\n"));
        foreach ((string title, Fault[] faults) in Chapters)
        {
            page.Append($"\n## {title}\n\n| | what happens | what must hold | covered by |\n|---|---|---|---|\n");
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

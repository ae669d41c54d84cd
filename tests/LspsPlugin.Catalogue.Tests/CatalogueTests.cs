using Xunit;

namespace LspsPlugin.Catalogue.Tests;

public class CatalogueTests
{
    private static readonly IReadOnlyList<Proof> Proofs = [.. Annotations.Read().Where(proof => !proof.Id.StartsWith('R'))];

    [Fact]
    public void Every_chapter_counts_from_1_without_a_gap()
    {
        IGrouping<char, Fault>[] chapters = [.. Page.Faults.GroupBy(fault => fault.Id[0])];
        Assert.Equal("ABCSX", string.Concat(chapters.Select(chapter => chapter.Key)));
        foreach (IGrouping<char, Fault> chapter in chapters) Assert.Equal(Ids(chapter.Key, chapter.Count()), chapter.Select(fault => fault.Id));
    }

    [Fact]
    public void Annotations_are_found_and_name_faults_of_the_catalogue()
    {
        Assert.NotEmpty(Proofs);
        var known = Page.Faults.Select(fault => fault.Id).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Proofs, proof => !known.Contains(proof.Id));
    }

    [Fact]
    public void What_nothing_proves_has_a_reason_and_what_is_proven_has_none()
    {
        var proven = Proofs.Select(proof => proof.Id).ToHashSet(StringComparer.Ordinal);
        string[] ids = [.. Page.Faults.Select(fault => fault.Id)];
        string[] forgotten = [.. ids.Where(id => !proven.Contains(id) && !Unproven.Reasons.ContainsKey(id))];
        string[] outdated = [.. Unproven.Reasons.Keys.Where(id => proven.Contains(id) || !ids.Contains(id))];
        Assert.True(forgotten.Length == 0, $"neither proven nor excused: {string.Join(", ", forgotten)}");
        Assert.True(outdated.Length == 0, $"excused in Unproven.cs although proven, or no fault at all: {string.Join(", ", outdated)}");
    }

    [Fact]
    public void The_page_is_what_the_catalogue_and_the_tests_say() => Repository.CheckPage("faults.md", Page.Write(Proofs));

    private static IEnumerable<string> Ids(char chapter, int count) => Enumerable.Range(1, count).Select(number => $"{chapter}{number:00}");
}

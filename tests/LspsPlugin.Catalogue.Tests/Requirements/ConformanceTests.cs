using Xunit;

namespace LspsPlugin.Catalogue.Tests.Requirements;

public class ConformanceTests
{
    private static readonly IReadOnlyList<Proof> Proofs = [.. Annotations.Read().Where(proof => proof.Id.StartsWith('R'))];

    [Fact]
    public void Every_id_is_there_once()
    {
        string[] expected = [.. Ids("R50", 61), .. Ids("R52", 90), .. Ids("R25", 2)];
        Assert.Equal(expected, ConformancePage.Requirements.Select(requirement => requirement.Id));
    }

    [Fact]
    public void Annotations_name_requirements_that_exist()
    {
        Assert.NotEmpty(Proofs);
        var known = ConformancePage.Requirements.Select(requirement => requirement.Id).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Proofs, proof => !known.Contains(proof.Id));
    }

    [Fact]
    public void What_no_test_proves_has_a_reason_and_what_one_proves_has_none()
    {
        var proven = Proofs.Select(proof => proof.Id).ToHashSet(StringComparer.Ordinal);
        string[] ids = [.. ConformancePage.Requirements.Select(requirement => requirement.Id)];
        string[] forgotten = [.. ids.Where(id => !proven.Contains(id) && !Gaps.All.ContainsKey(id))];
        string[] outdated = [.. Gaps.All.Keys.Where(id => proven.Contains(id) || !ids.Contains(id))];
        Assert.True(forgotten.Length == 0, $"neither proven nor excused: {string.Join(", ", forgotten)}");
        Assert.True(outdated.Length == 0, $"excused in Gaps.cs although proven, or no requirement at all: {string.Join(", ", outdated)}");
    }

    [Fact]
    public void The_page_is_what_the_requirements_and_the_tests_say() => Repository.CheckPage("conformance.md", ConformancePage.Write(Proofs));

    private static IEnumerable<string> Ids(string document, int count) => Enumerable.Range(1, count).Select(number => $"{document}-{number:00}");
}

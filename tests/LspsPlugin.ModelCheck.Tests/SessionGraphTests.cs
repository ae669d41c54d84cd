using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests;
using LspsPlugin.Core.Tests.Sessions;
using Xunit;

namespace LspsPlugin.ModelCheck.Tests;

public class SessionGraphTests
{
    [Fact]
    public void The_drawn_edges_are_exactly_the_edges_taken()
    {
        HashSet<Edge> taken = Explorer.Walk();
        Assert.True(!taken.Except(SessionGraph.Edges).Any(), string.Join("\n", taken.Except(SessionGraph.Edges).Select(edge => edge.ToString())));
        Assert.Empty(SessionGraph.Edges.Except(taken));
    }

    [Fact]
    public void The_folders_page_shows_the_drawn_machine() =>
        Golden.Equal("src/LspsPlugin.Core/Sessions/README.md", SessionGraph.ToMarkdown());
}

/// <summary>Walks the machine from every sampled state by every sampled input, and on from wherever that leads.</summary>
internal static class Explorer
{
    private const int MostStates = 20_000;

    public static HashSet<Edge> Walk()
    {
        var edges = new HashSet<Edge>();
        foreach (SessionTerms terms in new[] { Sample.Fixed, Sample.Variable, Sample.Trusted })
        {
            var seen = new HashSet<SessionState>(Sample.StatesOf(terms));
            var open = new Queue<SessionState>(seen);
            while (open.TryDequeue(out SessionState? state) && seen.Count < MostStates)
            {
                foreach (SessionInput input in Sample.InputsOf(terms))
                {
                    SessionState next = SessionMachine.Apply(terms, state, input).Next;
                    if (next.Phase != state.Phase) edges.Add(new Edge(state.Phase, input.Kind, next.Phase));
                    if (seen.Add(next)) open.Enqueue(next);
                }
            }
        }

        return edges;
    }
}

using System.Diagnostics;
using System.Globalization;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A process as the kernel lists it; its start tells it from a later one with the same id.</summary>
internal sealed record RunningProcess(int Id, int Parent, string Name, string Start)
{
    /// <summary>Whether it still runs; one that only waits for its parent to look does not.</summary>
    public bool IsAlive => Read(Id) is { } now && now.Start == Start;

    public void Kill()
    {
        if (!IsAlive) return;
        using Process process = Process.GetProcessById(Id);
        process.Kill();
    }

    /// <summary>All processes below one, however deep.</summary>
    public static IReadOnlyList<RunningProcess> Below(int root)
    {
        RunningProcess[] all = [.. Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) ? Read(id) : null).OfType<RunningProcess>()];
        var found = new List<RunningProcess>();
        var parents = new Queue<int>([root]);
        while (parents.TryDequeue(out int parent))
        {
            foreach (RunningProcess child in all.Where(process => process.Parent == parent))
            {
                found.Add(child);
                parents.Enqueue(child.Id);
            }
        }

        return found;
    }

    /// <summary>Null when there is none, or only what its parent has not looked at yet.</summary>
    private static RunningProcess? Read(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
            string[] rest = stat[(close + 2)..].Split(' ');
            return rest[0] is "Z" or "X" ? null : new RunningProcess(id, int.Parse(rest[1], CultureInfo.InvariantCulture), stat[(open + 1)..close], rest[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

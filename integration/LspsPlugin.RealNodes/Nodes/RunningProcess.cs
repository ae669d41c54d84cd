using System.Diagnostics;
using System.Globalization;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>A process as the kernel lists it; its start time distinguishes it from a later process with the same id.</summary>
internal sealed record RunningProcess(int Id, int Parent, string Name, string Start)
{
    /// <summary>Whether it is still running; a zombie does not count.</summary>
    public bool IsAlive => Read(Id) is { } now && now.Start == Start;

    public void Kill()
    {
        if (!IsAlive) return;
        using Process process = Process.GetProcessById(Id);
        process.Kill();
    }

    /// <summary>Its resident memory in KiB.</summary>
    public long Memory()
    {
        using Process process = Process.GetProcessById(Id);
        return process.WorkingSet64 / 1024;
    }

    /// <summary>Stops it from running, until it is killed.</summary>
    public void Halt()
    {
        using Process kill = Process.Start("kill", ["-STOP", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Returns all descendants of a process.</summary>
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

    /// <summary>Returns null if there is no such process, or only a zombie.</summary>
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

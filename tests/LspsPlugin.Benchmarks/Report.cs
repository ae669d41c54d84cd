using System.Runtime.InteropServices;
using Spectre.Console;

namespace LspsPlugin.Benchmarks;

/// <summary>What is measured goes to the terminal, with the machine that it was measured on.</summary>
internal static class Report
{
    private const int Width = 120;

    public static void Line(string text)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, Width);
        AnsiConsole.WriteLine(text);
    }

    public static void Machine()
    {
        string cpu = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
            : "unknown processor";
        Line($"{cpu}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}");
    }

    public static void Figure(string what, double value, string unit) => Line($"  {what,-78} {value,12:N2} {unit}");

    /// <summary>The value below which a share of the samples lies.</summary>
    public static double Percentile(List<double> samples, double share)
    {
        samples.Sort();
        return samples[(int)Math.Min(samples.Count - 1, samples.Count * share)];
    }
}

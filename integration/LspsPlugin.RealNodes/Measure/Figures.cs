using System.Globalization;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>What is said of several figures of one kind.</summary>
internal static class Figures
{
    public static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The median, with the least and the most.</summary>
    public static string Spread(double[] figures, string form) =>
        $"{Median(figures).ToString(form, CultureInfo.InvariantCulture)} ({figures.Min().ToString(form, CultureInfo.InvariantCulture)} to {figures.Max().ToString(form, CultureInfo.InvariantCulture)})";
}

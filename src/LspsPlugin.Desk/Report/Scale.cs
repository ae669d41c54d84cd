namespace LspsPlugin.Desk.Report;

/// <summary>The vertical scale of a plot, from below the smallest value to above the largest, with zero and about four steps between.</summary>
internal readonly record struct Scale(decimal Low, decimal High, decimal Step)
{
    private const int Steps = 4;

    public static Scale Of(decimal low, decimal high)
    {
        low = Math.Min(low, 0);
        high = Math.Max(high, 0);
        if (low == high) high = 1;
        decimal step = Nice((high - low) / Steps);
        return new Scale(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, step);
    }

    /// <summary>The values that are labelled, from the lowest.</summary>
    public IEnumerable<decimal> Ticks
    {
        get
        {
            for (decimal at = Low; at <= High; at += Step) yield return at;
        }
    }

    /// <summary>Where a value is drawn.</summary>
    public double Y(decimal value, PlotSize size) => size.Bottom - ((double)((value - Low) / (High - Low)) * (size.Bottom - PlotSize.Top));

    /// <summary>Returns 1, 2 or 5 times a power of ten, not below the size and not below 1.</summary>
    private static decimal Nice(decimal size)
    {
        decimal power = 1;
        while (power * 10 <= size) power *= 10;
        return size <= power ? power : size <= power * 2 ? power * 2 : size <= power * 5 ? power * 5 : power * 10;
    }
}

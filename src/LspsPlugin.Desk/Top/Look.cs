namespace LspsPlugin.Desk.Top;

/// <summary>What the place that is written to can show.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Lines; null if there is no end.</param>
/// <param name="HasColour">Whether colours may be used (NO_COLOR).</param>
/// <param name="HasUnicode">Whether anything but ASCII may be written.</param>
internal readonly record struct Look(int Width, int? Height, bool HasColour, bool HasUnicode)
{
    /// <summary>From this width on every column is shown.</summary>
    public const int WideFrom = 100;

    /// <summary>Below this width only the most needful columns are shown.</summary>
    public const int NarrowBelow = 60;

    private const int Narrowest = 20;

    public bool IsWide => Width >= WideFrom;

    public bool IsNarrow => Width < NarrowBelow;

    /// <summary>What stands for the rest of a text that is cut.</summary>
    public string Ellipsis => HasUnicode ? "…" : "~";

    public string Dot => HasUnicode ? " · " : " - ";

    public static Look Of(ITerminal terminal, bool isLive) =>
        new(Math.Max(Narrowest, terminal.Width), isLive ? terminal.Height : null, terminal.IsTerminal && terminal.Variable("NO_COLOR") is null && terminal.Variable("TERM") != "dumb", IsUtf8(terminal));

    /// <summary>As the C library decides it.</summary>
    private static bool IsUtf8(ITerminal terminal) =>
        (terminal.Variable("LC_ALL") ?? terminal.Variable("LC_CTYPE") ?? terminal.Variable("LANG") ?? "").Replace("-", "", StringComparison.Ordinal).EndsWith("utf8", StringComparison.OrdinalIgnoreCase);
}

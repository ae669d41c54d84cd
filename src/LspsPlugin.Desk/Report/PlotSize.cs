namespace LspsPlugin.Desk.Report;

/// <summary>
/// How large a plot is drawn. Each plot is drawn twice, for desks and for phones, and the style sheet shows one of them: a drawing that is only shrunk cannot be read.
/// </summary>
/// <param name="Class">Its class in the style sheet.</param>
/// <param name="Width">In units that are about a pixel.</param>
/// <param name="Height">In the same units.</param>
internal readonly record struct PlotSize(string Class, double Width, double Height)
{
    public static IReadOnlyList<PlotSize> All { get; } = [new("wide", 560, 240), new("narrow", 330, 220)];

    /// <summary>The width of a character of a label, at most.</summary>
    public const double CharacterWidth = 7;

    public const double Left = 48;

    public const double Top = 12;

    public double Right => Width - 8;

    public double Bottom => Height - 26;
}

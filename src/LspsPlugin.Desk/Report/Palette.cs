namespace LspsPlugin.Desk.Report;

/// <summary>A colour of the page in both schemes.</summary>
/// <param name="Name">Its name in the style sheet.</param>
/// <param name="Light">For light pages, as #rrggbb.</param>
/// <param name="Dark">For dark pages.</param>
internal readonly record struct Paint(string Name, string Light, string Dark);

/// <summary>The colours of the page. Texts stand out from both grounds by 4.5 to 1, shapes by 3 to 1.</summary>
internal static class Palette
{
    public static Paint Ground { get; } = new("ground", "#f4f5f7", "#101418");

    public static Paint Card { get; } = new("card", "#ffffff", "#1a2027");

    public static Paint Ink { get; } = new("ink", "#1b2027", "#e8ebef");

    public static Paint Quiet { get; } = new("quiet", "#57606b", "#a3adb9");

    public static Paint Rule { get; } = new("rule", "#dde1e6", "#313a45");

    public static IReadOnlyList<Paint> Grounds { get; } = [Ground, Card];

    public static IReadOnlyList<Paint> Texts { get; } = [Ink, Quiet, new("alarm", "#b3261e", "#ff8f87"), new("warn", "#8a5300", "#f2b45c"), new("fine", "#1a6b3c", "#6fd699")];

    public static IReadOnlyList<Paint> Shapes { get; } = [new("a", "#1f63c6", "#6aa5ff"), new("b", "#0f857a", "#3cc2b2"), new("c", "#c2570c", "#f39a4d"), new("d", "#727b86", "#7d8896"), new("e", "#7b3fb5", "#c198f5")];

    /// <summary>Returns the variables of one scheme.</summary>
    public static string Variables(Func<Paint, string> of) => string.Concat(Grounds.Concat([Rule]).Concat(Texts).Concat(Shapes).Select(paint => $"--{paint.Name}:{of(paint)};"));
}

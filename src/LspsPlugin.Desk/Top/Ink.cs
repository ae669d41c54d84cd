namespace LspsPlugin.Desk.Top;

/// <summary>What a text is, which decides how it is written where there are colours.</summary>
internal enum Ink
{
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Waiting,
}

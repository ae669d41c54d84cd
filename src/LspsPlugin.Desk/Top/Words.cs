namespace LspsPlugin.Desk.Top;

/// <summary>A text and how it is written.</summary>
internal sealed class Words(string text, Ink ink = Ink.Plain)
{
    public string Text => text;

    public Ink Ink => ink;
}

using System.Text;

namespace LspsPlugin.Desk.Top;

/// <summary>The second screen of a terminal, so that the first one is as it was when the program ends.</summary>
internal sealed class Screen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[H\e[J";
    private const string Leave = "\e[0m\e[?25h\e[?1049l";

    private readonly ITerminal _terminal;

    public Screen(ITerminal terminal)
    {
        _terminal = terminal;
        terminal.Write(Enter);
    }

    /// <summary>Replaces what is shown; in one write, each line over the one before, so that nothing flickers.</summary>
    public void Show(IReadOnlyList<string> lines)
    {
        var frame = new StringBuilder("\e[H");
        for (int at = 0; at < lines.Count; at++) frame.Append(lines[at]).Append("\e[0m\e[K").Append(at < lines.Count - 1 ? "\r\n" : "");
        _terminal.Write(frame.Append("\e[J").ToString());
    }

    public void Dispose() => _terminal.Write(Leave);
}

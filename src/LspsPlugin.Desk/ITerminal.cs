namespace LspsPlugin.Desk;

/// <summary>Where a person looks and types.</summary>
public interface ITerminal
{
    /// <summary>Whether stdout is a terminal that understands cursor movements.</summary>
    bool IsLive { get; }

    /// <summary>Whether stdout is a terminal at all.</summary>
    bool IsTerminal { get; }

    /// <summary>The number of columns now.</summary>
    int Width { get; }

    /// <summary>The number of lines now.</summary>
    int Height { get; }

    /// <summary>Returns a variable of the environment; null if it is not set or empty.</summary>
    string? Variable(string name);

    /// <summary>Writes to stdout.</summary>
    void Write(string text);

    /// <summary>Writes a line to stderr, after the program's name.</summary>
    void Complain(string text);

    /// <summary>Calls back, on any thread, for each key that is pressed and for each change of the size; with no character for the latter.</summary>
    IDisposable Watch(Action<char?> happened);
}

using System.Runtime.InteropServices;
using System.Text;

namespace LspsPlugin.Desk;

/// <summary>The terminal of this process.</summary>
public sealed class SystemTerminal : ITerminal
{
#pragma warning disable RS0030 // lightningd does not read stdout here
    private const int WidthElsewhere = 120;
    private const int UnknownHeight = 24;

    /// <inheritdoc/>
    public bool IsTerminal => !Console.IsOutputRedirected;

    /// <inheritdoc/>
    public bool IsLive => IsTerminal && !Console.IsInputRedirected && Variable("TERM") is { } kind && kind != "dumb";

    /// <inheritdoc/>
    public int Width => IsTerminal && Console.WindowWidth is > 0 and var width ? width
        : int.TryParse(Variable("COLUMNS"), out int columns) && columns > 0 ? columns : WidthElsewhere;

    /// <inheritdoc/>
    public int Height => Console.WindowHeight is > 0 and var height ? height : UnknownHeight;

    /// <inheritdoc/>
    public string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <inheritdoc/>
    public void Write(string text)
    {
        // In one call, so that no half of a screen is seen.
        using Stream stdout = Console.OpenStandardOutput();
        stdout.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <inheritdoc/>
    public void Complain(string text) => Console.Error.WriteLine($"lsps-plugin: {text}");

    /// <inheritdoc/>
    public IDisposable Watch(Action<char?> happened)
    {
        // While this thread waits for a key, the terminal does not echo. It dies with the process, and .NET gives the terminal back as it was.
        new Thread(() => ReadKeys(happened)) { IsBackground = true }.Start();
#pragma warning disable CA1416 // as the plugin, it runs on Linux
        return PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => happened(null));
#pragma warning restore CA1416
    }

    private static void ReadKeys(Action<char?> happened)
    {
        try
        {
            while (true) happened(Console.ReadKey(intercept: true).KeyChar);
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone; SIGHUP ends the program.
        }
    }
#pragma warning restore RS0030
}

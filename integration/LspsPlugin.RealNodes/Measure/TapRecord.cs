using System.Globalization;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>The kind of a recorded message.</summary>
internal enum TapKind : byte
{
    /// <summary>The node called the plugin: a hook or a command.</summary>
    Asked,

    /// <summary>The plugin answered it.</summary>
    Answered,

    /// <summary>The node notified the plugin.</summary>
    Told,

    /// <summary>The plugin called the node.</summary>
    Called,

    /// <summary>The node answered the call.</summary>
    Replied,
}

/// <param name="At">The time by the clock that all processes of a machine share.</param>
/// <param name="Name">The method; empty for answers.</param>
/// <param name="Id">The id that an answer shares with its request; empty for notifications.</param>
/// <param name="Note">The payment hash of a hook call, or the key of a record.</param>
internal sealed record TapRecord(long At, TapKind Kind, string Name, string Id, string Note)
{
    /// <summary>Whether the message goes from the node to the plugin.</summary>
    public bool IsInput => Kind is TapKind.Asked or TapKind.Told or TapKind.Replied;

    public string Write() => string.Create(CultureInfo.InvariantCulture, $"{At}\t{Kind}\t{Name}\t{Id}\t{Note}");

    public static TapRecord Read(string line)
    {
        string[] fields = line.Split('\t');
        return new TapRecord(long.Parse(fields[0], CultureInfo.InvariantCulture), Enum.Parse<TapKind>(fields[1]), fields[2], fields[3], fields[4]);
    }
}

using System.Globalization;

namespace LspsPlugin.RealNodes.Measure;

/// <summary>What passed the tap.</summary>
internal enum TapKind : byte
{
    /// <summary>The node asked the plugin: a hook or a command.</summary>
    Asked,

    /// <summary>The plugin answered it.</summary>
    Answered,

    /// <summary>The node told the plugin.</summary>
    Told,

    /// <summary>The plugin called the node.</summary>
    Called,

    /// <summary>The node answered the call.</summary>
    Replied,
}

/// <param name="At">By the clock that all processes of a machine share.</param>
/// <param name="Name">The method; none for answers.</param>
/// <param name="Id">What an answer has in common with its question; none for what is told.</param>
/// <param name="Note">Of a hook the payment hash, of a record its key.</param>
internal sealed record TapRecord(long At, TapKind Kind, string Name, string Id, string Note)
{
    /// <summary>Whether it leads from the node to the plugin.</summary>
    public bool IsInput => Kind is TapKind.Asked or TapKind.Told or TapKind.Replied;

    public string Write() => string.Create(CultureInfo.InvariantCulture, $"{At}\t{Kind}\t{Name}\t{Id}\t{Note}");

    public static TapRecord Read(string line)
    {
        string[] fields = line.Split('\t');
        return new TapRecord(long.Parse(fields[0], CultureInfo.InvariantCulture), Enum.Parse<TapKind>(fields[1]), fields[2], fields[3], fields[4]);
    }
}

using System.Globalization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// What an entry of the ledger is about: a channel of a sale for which money moved, or else the sale itself. An attempt that is repeated after a crash has the same
/// key, so nothing is entered twice.
/// </summary>
/// <param name="Sale">The number of the sale.</param>
/// <param name="Channel">The first 8 bytes of the channel id; 0 for the sale itself.</param>
internal readonly record struct IncomeKey(ulong Sale, ulong Channel) : IComparable<IncomeKey>
{
    /// <summary>How many numbers of sales one branch holds. The node blocks while it lists a branch.</summary>
    public const ulong BranchSize = 250;

    private const string OfChannel = "-channel";
    private const int NumberDigits = 20, TagDigits = 16;

    public static IncomeKey Of(ulong sale, ChannelId channel) => new(sale, channel.Bytes.A);

    /// <summary>The entry's place in the datastore.</summary>
    public string[] Path => [.. Branch(Sale / BranchSize), Name];

    /// <summary>The place of what became of the channel.</summary>
    public string[] ChannelPath => [.. Branch(Sale / BranchSize), Name + OfChannel];

    /// <summary>The digits of the channel in names and records.</summary>
    public string Tag => Channel.ToString("x16", CultureInfo.InvariantCulture);

    private string Name => Channel == 0 ? Number(Sale) : $"{Number(Sale)}-{Tag}";

    public static string[] Branch(ulong branch) => [.. RecordKeys.Income, Number(branch)];

    /// <summary>Reads the last part of a place.</summary>
    /// <param name="name">The last part.</param>
    /// <param name="key">What it is about.</param>
    /// <param name="isChannel">Whether the record says what became of the channel.</param>
    public static bool TryRead(string name, out IncomeKey key, out bool isChannel)
    {
        key = default;
        isChannel = name.EndsWith(OfChannel, StringComparison.Ordinal);
        if (isChannel) name = name[..^OfChannel.Length];
        if (name.Length < NumberDigits || !ulong.TryParse(name.AsSpan(0, NumberDigits), NumberStyles.None, CultureInfo.InvariantCulture, out ulong sale)) return false;
        ulong channel = 0;
        if (name.Length > NumberDigits && (name[NumberDigits] != '-' || !TryReadTag(name[(NumberDigits + 1)..], out channel))) return false;
        key = new IncomeKey(sale, channel);
        return true;
    }

    public static bool TryReadTag(string tag, out ulong channel)
    {
        channel = 0;
        return tag.Length == TagDigits && ulong.TryParse(tag, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out channel);
    }

    public int CompareTo(IncomeKey other) => Sale != other.Sale ? Sale.CompareTo(other.Sale) : Channel.CompareTo(other.Channel);

    /// <summary>Names are in the order of the numbers.</summary>
    private static string Number(ulong number) => number.ToString("D20", CultureInfo.InvariantCulture);
}

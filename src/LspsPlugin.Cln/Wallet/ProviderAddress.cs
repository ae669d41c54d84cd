using System.Globalization;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet;

/// <summary>A provider that may be bought from: who it is, where it is reached, and what it is shown.</summary>
/// <param name="Address">HOST:PORT; null when it is connected anyway.</param>
/// <param name="Token">A coupon or key of this provider's.</param>
public sealed record ProviderAddress(NodeId Id, string? Address = null, string? Token = null)
{
    /// <summary>More than anybody compares; each is asked with every invoice.</summary>
    public const int Most = 20;

    /// <summary>Reads ID[@HOST:PORT][/TOKEN], with commas between them.</summary>
    /// <returns>Null with the reason.</returns>
    public static IReadOnlyList<ProviderAddress>? ReadList(string text, out string? problem)
    {
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        problem = items.Length is 0 or > Most ? $"between 1 and {Most} providers can be named" : null;
        var read = new List<ProviderAddress>();
        foreach (string item in items)
        {
            if (problem is not null) return null;
            if (Read(item) is not { } provider) problem = $"'{item}' is not of the form ID[@HOST:PORT][/TOKEN]";
            else if (read.Any(other => other.Id == provider.Id)) problem = $"{provider.Id} is named twice";
            else read.Add(provider);
        }

        return problem is null ? read : null;
    }

    private static ProviderAddress? Read(string item)
    {
        (string who, string? token) = Cut(item, item.IndexOf('/', StringComparison.Ordinal));
        (string id, string? address) = Cut(who, who.IndexOf('@', StringComparison.Ordinal));
        if (!NodeId.TryParse(id.AsSpan(), out NodeId node) || token is { Length: 0 or > GetInfoRequest.MaxTokenChars }) return null;
        if (address is null) return new ProviderAddress(node, null, token);
        (string host, string? port) = Cut(address, address.LastIndexOf(':'));
        bool reachable = host.Length > 0 && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0;
        return reachable ? new ProviderAddress(node, address, token) : null;
    }

    private static (string Before, string? After) Cut(string text, int at) => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
}

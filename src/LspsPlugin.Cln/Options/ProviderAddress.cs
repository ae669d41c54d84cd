using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Options;

/// <summary>A provider that the wallet may buy from, with its address and token.</summary>
/// <param name="Id">The provider's node id.</param>
/// <param name="Address">
/// HOST or HOST:PORT in the form that the node's connect command expects, IPv6 in brackets; null if the provider is connected anyway.
/// </param>
/// <param name="Token">A coupon or key for this provider, at most 512 characters; null for none.</param>
internal sealed record ProviderAddress(NodeId Id, string? Address = null, string? Token = null)
{
    /// <summary>Maximum number of providers; each is asked for every invoice.</summary>
    public const int Most = 20;

    /// <summary>Maximum number of characters of a DNS name.</summary>
    private const int LongestHost = 255;

    private const string Form = "ID[@HOST[:PORT]][/TOKEN]";

    /// <summary>Parses ID[@HOST[:PORT]][/TOKEN] entries, separated by commas.</summary>
    /// <param name="text">The list.</param>
    /// <param name="problems">What is wrong with each entry that is left out, one sentence each.</param>
    public static IReadOnlyList<ProviderAddress> ReadList(string text, out IReadOnlyList<string> problems)
    {
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var read = new List<ProviderAddress>();
        var wrong = new List<string>();
        foreach (string item in items)
        {
            if (!TryRead(item, out ProviderAddress? provider, out string? problem)) wrong.Add($"'{item}' is not of the form {Form}: {problem}");
            else if (read.Any(other => other.Id == provider.Id)) wrong.Add($"{provider.Id} is listed twice");
            else if (read.Count == Most) wrong.Add($"{provider.Id} is one too many: at most {Most} providers are allowed");
            else read.Add(provider);
        }

        if (items.Length == 0) wrong.Add("no provider is listed");
        problems = wrong;
        return read;
    }

    private static bool TryRead(string item, [NotNullWhen(true)] out ProviderAddress? provider, [NotNullWhen(false)] out string? problem)
    {
        provider = null;
        problem = null;
        (string who, string? token) = Cut(item, item.IndexOf('/', StringComparison.Ordinal));
        (string id, string? address) = Cut(who, who.IndexOf('@', StringComparison.Ordinal));
        if (!NodeId.TryParse(id.AsSpan(), out NodeId node)) problem = "ID must be 66 hex digits";
        else if (!node.IsOnCurve()) problem = "ID is not a public key: no node has it";
        else if (token is { Length: 0 or > GetInfoRequest.MaxTokenChars }) problem = $"TOKEN must have 1 to {GetInfoRequest.MaxTokenChars} characters";
        else if (address is { } given) (address, problem) = ReadAddress(given);
        if (problem is not null) return false;
        provider = new ProviderAddress(node, address, token);
        return true;
    }

    /// <summary>
    /// Parses an address and returns it in a form that the node cannot misread: if there are several colons, the node takes none of them as
    /// the start of a port, unless the host is in brackets (lightningd's separate_address_and_port).
    /// </summary>
    private static (string? Address, string? Problem) ReadAddress(string text)
    {
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || !IsIPv6(text[1..end])) return (null, "the text in brackets must be an IPv6 address");
            string rest = text[(end + 1)..];
            return rest.Length == 0 || (rest[0] == ':' && IsPort(rest[1..])) ? (text, null) : (null, "only a colon and a PORT from 1 to 65535 may follow the brackets");
        }

        (string host, string? port) = Cut(text, text.LastIndexOf(':'));
        if (host.Contains(':', StringComparison.Ordinal))
        {
            bool whole = IsIPv6(text), withPort = IsIPv6(host) && IsPort(port!);
            return (whole, withPort) switch
            {
                (true, true) => (null, $"it is ambiguous, [{host}]:{port} or [{text}]: write the brackets"),
                (true, false) => ($"[{text}]", null),
                (false, true) => ($"[{host}]:{port}", null),
                (false, false) => (null, "HOST has several colons but is not an IPv6 address"),
            };
        }

        if (!IsHost(host)) return (null, "HOST must be a name, or an IPv4 or IPv6 address");
        return port is null || IsPort(port) ? (text, null) : (null, "PORT must be a number from 1 to 65535");
    }

    private static bool IsIPv6(string text) =>
        text.AsSpan().IndexOfAny('%', '[', ']') < 0 && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static bool IsPort(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0;

    private static bool IsHost(string text) => text.Length is > 0 and <= LongestHost && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static (string Before, string? After) Cut(string text, int at) => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
}

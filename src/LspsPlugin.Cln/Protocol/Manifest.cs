using System.Reflection;
using System.Text.Json;

namespace LspsPlugin.Cln.Protocol;

/// <summary>The embedded plugin-manifest.json: sent to the host unchanged, and parsed for what it declares.</summary>
internal sealed class Manifest
{
    private Manifest(byte[] json, IReadOnlyDictionary<string, ManifestOption> options, IReadOnlyDictionary<string, string> methods)
    {
        (Json, Options, Methods) = (json, options, methods);
    }

    /// <summary>The manifest of this build.</summary>
    public static Manifest Embedded { get; } = Load();

    /// <summary>The result of getmanifest.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The options by name.</summary>
    public IReadOnlyDictionary<string, ManifestOption> Options { get; }

    /// <summary>The usage of each command: its parameters in order, optional ones in brackets.</summary>
    public IReadOnlyDictionary<string, string> Methods { get; }

    /// <summary>Returns the parameters in the usage of a command. An example may follow: of all that a manifest says of a command, `lightning-cli help` shows only the usage.</summary>
    public static string ParametersOf(string usage) => usage.Split('#')[0].Trim();

    private static Manifest Load()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("plugin-manifest.json")
            ?? throw new InvalidOperationException("plugin-manifest.json is not embedded");
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        using JsonDocument document = JsonDocument.Parse(json);
        var options = new Dictionary<string, ManifestOption>();
        foreach (JsonElement option in document.RootElement.GetProperty("options"u8).EnumerateArray())
        {
            string name = option.GetProperty("name"u8).GetString()!;
            long? number = option.TryGetProperty("default"u8, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
            bool dynamic = option.TryGetProperty("dynamic"u8, out JsonElement d) && d.ValueKind == JsonValueKind.True;
            options.Add(name, new ManifestOption(option.GetProperty("type"u8).GetString()!, number, dynamic));
        }

        var methods = new Dictionary<string, string>();
        foreach (JsonElement method in document.RootElement.GetProperty("rpcmethods"u8).EnumerateArray())
        {
            methods.Add(method.GetProperty("name"u8).GetString()!, ParametersOf(method.GetProperty("usage"u8).GetString()!));
        }

        return new Manifest(json, options, methods);
    }
}

/// <summary>An option as the manifest declares it.</summary>
/// <param name="Type">int, string, string-conceal, bool or flag.</param>
/// <param name="DefaultNumber">The default of an int option; null for other types, or if there is none.</param>
/// <param name="IsDynamic">Whether setconfig may change the option at run time.</param>
internal sealed record ManifestOption(string Type, long? DefaultNumber, bool IsDynamic);

using System.Text.Json;

namespace LspsPlugin.Core.Lsps0;

/// <summary>Writer options for messages to peers: text without needless escapes (R50-44).</summary>
internal static class JsonOutput
{
    public static readonly JsonWriterOptions Options = new() { Encoder = RawUtf8Encoder.Instance };
}

namespace LspsPlugin.Catalogue.Tests;

/// <summary>Faults without a test, with the reason. Remove an entry when a test covers its fault.</summary>
internal static class Unproven
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["B30"] = "needs a wallet that is not Core Lightning; in the model a wallet that reports ready is always ready",
        ["C08"] = "the node checks it: it reports no settlement without the right preimage, and settlements are matched by payment hash",
        ["C16"] = "the node itself claims on chain, which the model does not cover; the plugin sees an ordinary settlement",
        ["S10"] = "the plugin is not dynamic: the node starts and stops it; this happens only to a killed plugin",
    };
}

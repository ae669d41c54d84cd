namespace LspsPlugin.Catalogue.Tests;

/// <summary>Faults that nothing proves harmless, with the reason. An entry goes when a test takes its place.</summary>
internal static class Unproven
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["B30"] = "needs a wallet that is not Core Lightning; the model's is always ready when it says so",
        ["C08"] = "the node checks it: it tells no settlement without the right preimage, and settlements are matched by payment hash",
        ["C16"] = "the claim on chain is the node's own, which the model does not follow; the plugin sees an ordinary settlement",
        ["S10"] = "the plugin is not dynamic: the node starts it and stops with it; only a killed plugin meets this",
    };
}

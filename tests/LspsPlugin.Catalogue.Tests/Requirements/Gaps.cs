namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>Requirements without a test, with the reason. Remove an entry when a test covers its requirement.</summary>
internal static class Gaps
{
    private const string NoSuchField = "no LSPS2 message contains one";
    private const string Permission = "a permission that the plugin does not use";

    public static readonly IReadOnlyDictionary<string, (Gap Gap, string Reason)> All = new Dictionary<string, (Gap, string)>(StringComparer.Ordinal)
    {
        ["R50-17"] = (Gap.NotApplicable, "LSPS2 has no notifications"),
        ["R50-20"] = (Gap.NotApplicable, "a permission: answers are sent as they become ready"),
        ["R50-36"] = (Gap.NotPossible, "a feature bit in the manifest is announced even when the provider role is disabled: the node announces it before the plugin reads its options"),
        ["R50-47"] = (Gap.NotApplicable, NoSuchField),
        ["R50-50"] = (Gap.NotApplicable, NoSuchField),
        ["R50-52"] = (Gap.NotApplicable, NoSuchField),
        ["R50-53"] = (Gap.NotApplicable, NoSuchField),
        ["R50-54"] = (Gap.NotApplicable, NoSuchField),
        ["R50-55"] = (Gap.NotApplicable, NoSuchField),
        ["R50-57"] = (Gap.NotApplicable, NoSuchField),
        ["R50-58"] = (Gap.NotApplicable, NoSuchField),
        ["R50-60"] = (Gap.NotApplicable, "no methods of our own are defined between peers"),
        ["R50-61"] = (Gap.NotApplicable, "addresses the authors of specifications"),
        ["R52-04"] = (Gap.Otherwise, "`client-trusts-lsp` is the default, as with the built-in plugin: the provider's coins are not at risk when a wallet never settles; `lsp-trusts-client` and `auto` are available as options"),
        ["R52-15"] = (Gap.NotApplicable, "a permission: the only extra data is a tag of the token, and no fee depends on it"),
        ["R52-43"] = (Gap.NotApplicable, "the node checks the final expiry against its own cltv-final"),
        ["R52-51"] = (Gap.NotApplicable, Permission),
        ["R52-57"] = (Gap.Otherwise, "the plugin fails with a temporary failure instead: the payer may retry with fewer parts"),
        ["R52-69"] = (Gap.NotApplicable, Permission),
        ["R52-74"] = (Gap.NotApplicable, Permission),
        ["R52-90"] = (Gap.NotPossible, "the node has no interface to add another alias for onion messages"),
    };
}

namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>Requirements that no test proves, with the reason. An entry goes when a test takes its place.</summary>
internal static class Gaps
{
    private const string NoSuchField = "no message of LSPS2 carries one";
    private const string Permission = "a permission that is not used";

    public static readonly IReadOnlyDictionary<string, (Gap Gap, string Reason)> All = new Dictionary<string, (Gap, string)>(StringComparer.Ordinal)
    {
        ["R50-17"] = (Gap.NotApplicable, "LSPS2 has no notifications"),
        ["R50-20"] = (Gap.NotApplicable, "a permission: answers go out as they are ready"),
        ["R50-36"] = (Gap.NotPossible, "a bit in the manifest is announced even when the provider's role is off: the node tells its peers before the options are read"),
        ["R50-47"] = (Gap.NotApplicable, NoSuchField),
        ["R50-50"] = (Gap.NotApplicable, NoSuchField),
        ["R50-52"] = (Gap.NotApplicable, NoSuchField),
        ["R50-53"] = (Gap.NotApplicable, NoSuchField),
        ["R50-54"] = (Gap.NotApplicable, NoSuchField),
        ["R50-55"] = (Gap.NotApplicable, NoSuchField),
        ["R50-57"] = (Gap.NotApplicable, NoSuchField),
        ["R50-58"] = (Gap.NotApplicable, NoSuchField),
        ["R50-60"] = (Gap.NotApplicable, "no methods of our own are defined between peers"),
        ["R50-61"] = (Gap.NotApplicable, "for those who write specifications"),
        ["R52-04"] = (Gap.Otherwise, "`client-trusts-lsp` is our default, as with the built-in plugin: the provider's coins are not at stake when a wallet never settles; `lsp-trusts-client` and `auto` are there for who wants them"),
        ["R52-15"] = (Gap.NotApplicable, "a permission: a tag of the token is the only extra, and no fee depends on it"),
        ["R52-43"] = (Gap.NotApplicable, "the node checks the final expiry, against its own cltv-final"),
        ["R52-51"] = (Gap.NotApplicable, Permission),
        ["R52-57"] = (Gap.Otherwise, "a temporary failure instead: the payer may come again with fewer parts"),
        ["R52-69"] = (Gap.NotApplicable, Permission),
        ["R52-74"] = (Gap.NotApplicable, Permission),
        ["R52-90"] = (Gap.NotPossible, "the node has no way to name a further alias for onion messages"),
    };
}

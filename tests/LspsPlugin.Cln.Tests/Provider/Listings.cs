using System.Text.Json;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Which places of the datastore a node was asked to list.</summary>
internal static class Listings
{
    public static IEnumerable<string> Of(FakeNode node) =>
        node.Calls.Where(static call => call.GetProperty("method").GetString() == "listdatastore").Select(KeyOf);

    private static string KeyOf(JsonElement call) => string.Join('/', call.GetProperty("params").GetProperty("key").EnumerateArray().Select(static part => part.GetString()));
}

namespace LspsPlugin.Cln.Payer.Invoices;

/// <summary>The chains of BOLT 12 invoices, by the hash of their genesis block in the order of its bytes.</summary>
internal static class Bolt12Chains
{
    /// <summary>Returns the currency prefix of a chain's BOLT 11 invoices; the hash itself if it is an unknown chain.</summary>
    /// <param name="genesis">The hash in hex; null for Bitcoin's main chain.</param>
    public static string CurrencyOf(string? genesis) => genesis switch
    {
        null or "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000" => "bc",
        "43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000" or "43f08bdab050e35b567c864b91f47f50ae725ae2de53bcfbbaf284da00000000" => "tb",
        "f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000" => "tbs",
        "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f" => "bcrt",
        _ => genesis,
    };
}

using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;

namespace LspsPlugin.Simulation.Runs;

/// <summary>Checks at the end of a run that lsps-income says what the provider's coins and the wallets' preimages say.</summary>
internal static class IncomeCheck
{
    /// <summary>How often it is asked again, a minute later, while sales are still being entered.</summary>
    private const int Patience = 60;

    /// <param name="world">The world, in which nothing is in progress any more.</param>
    /// <param name="withdrawn">The amount that the operator took out of the provider's wallet, in sat.</param>
    /// <param name="earned">The opening fees of the parts that wallets settled.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static async Task<string?> MisreportedAsync(JitWorld world, ulong withdrawn, Msat earned)
    {
        JsonNode income = await AskAsync(world);
        for (int i = 0; income["problems"] is not null && i < Patience; i++)
        {
            await Task.Delay(TimeSpan.FromMinutes(1), world.Network.Time);
            income = await AskAsync(world);
        }

        if (income["problems"] is { } problems) return $"the income is not complete: {problems.ToJsonString()}";
        JsonNode totals = income["totals"]!;
        ulong told = Of("capital_msat") + Of("funding_cost_msat") + Of("losses_msat"), spent = (world.CoinsBefore - world.Provider.Wallet.Total - new Sat(withdrawn)).ToMsat().Value;
        if (told != spent) return $"the channels and their fundings took {spent}msat, and lsps-income tells of {told}msat: {totals.ToJsonString()}";
        return Of("opening_fees_msat") == earned.Value ? null : $"the wallets paid {earned} of opening fees, and lsps-income tells of {Of("opening_fees_msat")}msat: {totals.ToJsonString()}";

        ulong Of(string name) => (ulong)totals[name]!;
    }

    private static async Task<JsonNode> AskAsync(JitWorld world) => (await world.ProviderPlugin.Link.CallAsync("lsps-income", new JsonObject { ["group_by"] = "total" }))!;
}

using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>Coins of one kind.</summary>
internal readonly record struct Coins(long Count, Amount Total);

/// <summary>The answer of lsps-liquidity.</summary>
internal sealed record Liquidity(Amount Channel, long OpeningsLeft, Coins LargeEnough, Coins TooSmall, Coins Reserved, Coins Unconfirmed, long WaysIn, Amount Receivable, long Kept)
{
    public static Liquidity Read(JsonElement answer)
    {
        JsonElement coins = Json.Member(answer, "coins"), ways = Json.Member(answer, "ways_in");
        return new Liquidity(
            Sum(answer, "channel_msat"),
            Json.Number(answer, "openings_left") ?? 0,
            Of("large_enough"),
            Of("too_small"),
            Of("reserved"),
            Of("unconfirmed"),
            Json.Number(ways, "count") ?? 0,
            Sum(ways, "receivable_msat"),
            Json.Number(Json.Member(answer, "sold"), "count") ?? 0);

        Coins Of(string name) => Json.Member(coins, name) is var kind ? new Coins(Json.Number(kind, "count") ?? 0, Sum(kind, "total_msat")) : default;
    }

    private static Amount Sum(JsonElement of, string name) => new(Json.Decimal(of, name) ?? 0);
}

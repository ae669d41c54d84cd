using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>A sale of lsps-listsessions; one whose record cannot be read has only its number and the problem.</summary>
internal sealed record Sale(ulong Number, string JitScid, string Client, string Status, DateTimeOffset? SoldAt, Amount? Forwarded, Amount? Earned, string? Reason, string? Problem)
{
    public static Sale Read(JsonElement of) => new(
        (ulong)Math.Max(0, Json.Number(of, "created_index") ?? 0),
        Text(of, "jit_channel_scid") ?? "?",
        Text(of, "client_id") ?? "?",
        Text(of, "status") ?? "?",
        Json.Time(of, "sold_at"),
        Sum(of, "forwarded_msat"),
        Sum(of, "earned_fee_msat"),
        Text(of, "reason"),
        Text(of, "problem"));

    private static string? Text(JsonElement of, string name) => Json.Text(of, name) is { } text ? PlainText.Clean(text) : null;

    private static Amount? Sum(JsonElement of, string name) => Json.Decimal(of, name) is { } amount ? new Amount(amount) : null;
}

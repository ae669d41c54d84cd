using System.Text.Json;
using LspsPlugin.Desk.Asking;
using LspsPlugin.Desk.Wording;

namespace LspsPlugin.Desk.Answers;

/// <summary>A payment in progress, as lsps-status shows it.</summary>
internal sealed record Payment(string JitScid, string Client, string Phase, long HeldParts, Amount Held, Amount? OpeningFee, Amount? MissingFee, string? Reason);

/// <summary>The provider's part of lsps-status.</summary>
internal sealed record ProviderNow
{
    /// <summary>Whether the provider has read its records.</summary>
    public bool IsReady { get; init; }

    public long? Height { get; init; }

    public DateTimeOffset? PausedSince { get; init; }

    public string? PausedBecause { get; init; }

    public long UnpaidOffers { get; init; }

    public long HeldParts { get; init; }

    public Amount Held { get; init; }

    public Amount AtRisk { get; init; }

    public IReadOnlyList<Payment> Payments { get; init; } = [];

    /// <summary>Reads the answer of lsps-status; null if the role is off.</summary>
    public static ProviderNow? Read(JsonElement answer)
    {
        JsonElement provider = Json.Member(answer, "provider");
        if (provider.ValueKind != JsonValueKind.Object) return null;
        JsonElement paused = Json.Member(provider, "paused");
        return new ProviderNow
        {
            IsReady = Json.Flag(provider, "ready") ?? false,
            Height = Json.Number(provider, "blockheight"),
            PausedSince = Json.Time(paused, "since"),
            PausedBecause = Json.Text(paused, "reason") is { } reason ? PlainText.Clean(reason) : null,
            UnpaidOffers = Json.Number(provider, "unpaid_offers") ?? 0,
            HeldParts = Json.Number(provider, "held_parts") ?? 0,
            Held = Sum(provider, "held_msat") ?? default,
            AtRisk = Sum(Json.Member(provider, "trust"), "at_risk_msat") ?? default,
            Payments = [.. Json.Items(provider, "sessions").Select(ReadPayment)],
        };
    }

    private static Payment ReadPayment(JsonElement of) => new(
        Text(of, "jit_channel_scid") ?? "?",
        Text(of, "client_id") ?? "?",
        Text(of, "phase") ?? "?",
        Json.Number(of, "held_parts") ?? 0,
        Sum(of, "held_msat") ?? default,
        Sum(of, "opening_fee_msat"),
        Sum(of, "missing_fee_msat"),
        Text(of, "reason"));

    private static string? Text(JsonElement of, string name) => Json.Text(of, name) is { } text ? PlainText.Clean(text) : null;

    private static Amount? Sum(JsonElement of, string name) => Json.Decimal(of, name) is { } amount ? new Amount(amount) : null;
}

using System.Globalization;
using System.Text.Json.Nodes;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>An operator's prices.</summary>
internal sealed class PolicyAnswers(PolicyPlugin policy, TimeProvider time)
{
    public const string Menu = "lsps2-policy-getpolicy";
    public const string Buy = "lsps2-policy-buy";
    public const string Capacity = "lsps2-policy-getchannelcapacity";

    /// <summary>The commands of this plugin.</summary>
    public string[] Commands => policy == PolicyPlugin.Capacity ? [Menu, Capacity] : [Menu, Buy];

    public JsonObject OnMenu() => policy == PolicyPlugin.Rejects
        ? new JsonObject { ["policy_opening_fee_params_menu"] = new JsonArray(), ["client_rejected"] = true }
        : new JsonObject
        {
            ["policy_opening_fee_params_menu"] = new JsonArray(new JsonObject
            {
                ["min_fee_msat"] = "2000000",
                ["proportional"] = 5000,
                ["valid_until"] = time.GetUtcNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
                ["min_lifetime"] = 2016,
                ["max_client_to_self_delay"] = 2016,
                ["min_payment_size_msat"] = "1000000",
                ["max_payment_size_msat"] = "10000000000",
            }),
        };

    /// <summary>Answers twice the payment; without a payment size it returns no capacity, which is a refusal.</summary>
    public static JsonObject OnBuy(JsonObject parameters) => new()
    {
        ["channel_capacity_msat"] = ulong.TryParse(parameters["payment_size_msat"]?.ToString(), CultureInfo.InvariantCulture, out ulong payment)
            ? (payment * 2).ToString(CultureInfo.InvariantCulture)
            : null,
    };

    /// <summary>Answers three times the payment, as a number.</summary>
    public static JsonObject OnCapacity(JsonObject parameters) => new()
    {
        ["channel_capacity_msat"] = ulong.Parse((string)parameters["init_payment_size"]!, CultureInfo.InvariantCulture) * 3,
    };
}

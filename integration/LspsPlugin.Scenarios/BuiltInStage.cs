using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios;

/// <summary>
/// A provider that sold with the node's built-in plugin and goes on with ours. Where the host has that plugin, it is the one that sells;
/// otherwise ours does, and its records are rewritten as the built-in plugin would have left them.
/// </summary>
public static class BuiltInStage
{
    private static readonly Msat PolicyFee = new(2_000_000);

    /// <summary>What the built-in plugin takes for <see cref="Stage.Price"/>: a policy plugin says so, it has no prices of its own.</summary>
    public static Msat FeeOf(IRegtest net) => HasService(net) ? PolicyFee : Stage.Fee;

    public static Task<Stage> SetAsync(IRegtest net, Action<JsonObject>? ours = null) => HasService(net)
        ? Stage.SetAsync(net, @as: setup => setup with { Options = Options(), Software = Software.BuiltIn, Policy = PolicyPlugin.Prices })
        : Stage.SetAsync(net, ours);

    /// <summary>The node ends, at once or as an operator stops it, and starts again with our plugin.</summary>
    /// <param name="rewritten">Changes each record that is rewritten.</param>
    /// <param name="ours">Changes our plugin's options.</param>
    public static async Task GoOnWithOursAsync(this Stage stage, bool killed, Action<JsonObject>? rewritten = null, Action<JsonObject>? ours = null)
    {
        if (!HasService(stage.Net)) await stage.Provider.HandToBuiltInAsync(rewritten);
        await (killed ? stage.Provider.KillAsync() : stage.Provider.StopAsync());
        await stage.StartOursAsync(ours);
    }

    /// <summary>The provider that ended comes back with our plugin.</summary>
    public static async Task StartOursAsync(this Stage stage, Action<JsonObject>? ours = null)
    {
        JsonObject options = Stage.ProviderOptions;
        ours?.Invoke(options);
        await stage.Provider.StartAgainAsync(options, Software.Ours);
        await stage.ReconnectAsync();
    }

    public static bool HasService(IRegtest net) => net.Offers.HasFlag(Need.BuiltInService);

    /// <summary>The built-in plugin's options, and the node's without fees: it forwards without them, and sets none for its channels.</summary>
    public static JsonObject Options() => new()
    {
        ["experimental-lsps2-service"] = true,
        ["experimental-lsps2-promise-secret"] = new string('7', 64),
        ["fee-base"] = 0,
        ["fee-per-satoshi"] = 0,
    };
}

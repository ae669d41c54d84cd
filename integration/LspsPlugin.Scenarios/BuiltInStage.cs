using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios;

/// <summary>
/// A provider that sold with the node's built-in plugin and continues with ours. If the host has that plugin, it makes the sale; otherwise
/// ours does, and the records are rewritten as the built-in plugin would have written them.
/// </summary>
public static class BuiltInStage
{
    private static readonly Msat PolicyFee = new(2_000_000);

    /// <summary>
    /// The built-in plugin's fee for <see cref="Stage.Price"/>. A policy plugin sets it; the built-in plugin has no prices of its own.
    /// </summary>
    public static Msat FeeOf(IRegtest net) => HasService(net) ? PolicyFee : Stage.Fee;

    public static Task<Stage> SetAsync(IRegtest net, Action<JsonObject>? ours = null) => HasService(net)
        ? Stage.SetAsync(net, @as: setup => setup with { Options = Options(), Software = Software.BuiltIn, Policy = PolicyPlugin.Prices })
        : Stage.SetAsync(net, ours);

    /// <summary>Stops or kills the node, and starts it again with our plugin.</summary>
    /// <param name="rewritten">Changes each record that is rewritten.</param>
    /// <param name="ours">Changes our plugin's options.</param>
    public static async Task GoOnWithOursAsync(this Stage stage, bool killed, Action<JsonObject>? rewritten = null, Action<JsonObject>? ours = null)
    {
        if (!HasService(stage.Net)) await stage.Provider.HandToBuiltInAsync(rewritten);
        await (killed ? stage.Provider.KillAsync() : stage.Provider.StopAsync());
        await stage.StartOursAsync(ours);
    }

    /// <summary>Starts the stopped provider again with our plugin.</summary>
    public static async Task StartOursAsync(this Stage stage, Action<JsonObject>? ours = null)
    {
        JsonObject options = Stage.ProviderOptions;
        ours?.Invoke(options);
        await stage.Provider.StartAgainAsync(options, Software.Ours);
        await stage.ReconnectAsync();
    }

    public static bool HasService(IRegtest net) => net.Offers.HasFlag(Need.BuiltInService);

    /// <summary>
    /// The built-in plugin's options, with the node's own fees at zero: it forwards without fees, and sets none on its channels.
    /// </summary>
    public static JsonObject Options() => new()
    {
        ["experimental-lsps2-service"] = true,
        ["experimental-lsps2-promise-secret"] = new string('7', 64),
        ["fee-base"] = 0,
        ["fee-per-satoshi"] = 0,
    };
}

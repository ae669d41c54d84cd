using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Model.Offers;

namespace LspsPlugin.Simulation.Runs;

/// <summary>An invoice or an offer that somebody's programs pay under one id.</summary>
internal sealed class Payout(string id, string text, SimNode receiver, Msat amount, TimeSpan retryFor, ulong? maxFee)
{
    public string Id => id;

    public string Text => text;

    /// <summary>Whether the plugin must fetch an invoice first. Another program would fetch another one, so it does not pay the same.</summary>
    public bool IsOffer => text.StartsWith(Bolt12Text.Offer, StringComparison.Ordinal);

    public SimNode Receiver => receiver;

    public Msat Amount => amount;

    public TimeSpan RetryFor => retryFor;

    /// <summary>When a program first asked for it.</summary>
    public DateTimeOffset? AskedAt { get; set; }

    /// <summary>Whether the payment answered a call.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Its end, as a program heard of it.</summary>
    public string? End { get; set; }

    /// <summary>Whether its end was certain when the calm began.</summary>
    public bool WasDecided { get; set; }

    /// <summary>Whether it was cancelled, or paid by another program too.</summary>
    public bool IsDisturbed { get; set; }

    /// <summary>Why a program gave it up without a payment.</summary>
    public string? Rejected { get; set; }

    /// <summary>The same request every time.</summary>
    public JsonObject Request(int wait)
    {
        var request = new JsonObject
        {
            ["invstring"] = text,
            ["payment_id"] = id,
            ["retry_for"] = (long)retryFor.TotalSeconds,
            ["wait"] = wait,
        };
        if (maxFee is { } limit) request["maxfee_msat"] = limit;
        return request;
    }

    /// <summary>Calls the plugin as the node lets users do it: not before it is started.</summary>
    public static async Task<JsonObject> AskAsync(JitWorld world, string command, JsonObject parameters) => world.PayerNode.Commands is { } plugin
        ? (JsonObject)(await plugin.CallAsync(command, parameters))!
        : throw new SimRpcException(-4, "the node does not run, or has not started its plugin");
}

using System.Text.Json.Nodes;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>Forwards any HTLC that comes over an unconfirmed channel.</summary>
internal sealed class SendsUnbackedOn : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        return (string?)answer?["result"] == "fail" && Next(call) is not null ? new JsonObject { ["result"] = "continue" } : answer;
    }
}

/// <summary>Accepts the wallet's own payments over any channel.</summary>
internal sealed class TakesUnbacked : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        return (string?)answer?["result"] == "fail" && Next(call) is null ? new JsonObject { ["result"] = "continue" } : answer;
    }
}

/// <summary>Accepts every channel opening.</summary>
internal sealed class GrantsEveryOpening : SimBuild
{
    public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => new Generous(shipping);

    private sealed class Generous(ISimPlugin shipping) : ISimPlugin
    {
        public async Task<JsonObject?> HookAsync(string hook, JsonObject parameters)
        {
            JsonObject? answer = await shipping.HookAsync(hook, parameters);
            if (hook == "openchannel" && answer is not null) answer["mindepth"] = 0;
            return answer;
        }

        public void Notify(string topic, JsonObject parameters) => shipping.Notify(topic, parameters);
    }
}

/// <summary>Keeps some of its records in memory only.</summary>
internal abstract class ForgetfulWallet(string place) : SimBuild
{
    public override JsonNode? Command(string method, JsonObject parameters)
    {
        if (method != "datastore" || parameters["key"] is not JsonArray key || (string?)key[0] != "lsps-client" || (string?)key[1] != place) return null;
        return new JsonObject { ["key"] = key.DeepClone(), ["generation"] = 0 };
    }
}

/// <summary>Forgets the channels that it granted at a restart.</summary>
internal sealed class ForgetsItsGrants() : ForgetfulWallet("granted");

/// <summary>Stores no debts.</summary>
internal sealed class BooksNothing() : ForgetfulWallet("owed");

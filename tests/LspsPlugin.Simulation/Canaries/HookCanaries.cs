using System.Buffers.Binary;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Canaries;

/// <summary>A build that answers htlc_accepted wrongly.</summary>
internal abstract class HookCanary : SimBuild
{
    public override ISimPlugin Plugin(SimNode node, ISimPlugin shipping) => new Between(this, shipping);

    /// <param name="ask">Calls the production build.</param>
    protected abstract Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask);

    /// <summary>Returns whether an answer forwards the part over a channel of the plugin's choice.</summary>
    protected static bool IsForward(JsonObject? answer) => answer?["forward_to"] is not null;

    protected static string? Next(JsonObject call) => (string?)call["onion"]!["short_channel_id"];

    protected static ulong Asked(JsonObject call) => call["onion"]!["forward_msat"]!.GetValue<ulong>();

    protected static ulong Sent(JsonObject answer) => SimHop.FromHex((string)answer["payload"]!)!.Amount!.Value.Value;

    /// <summary>Changes the answer to another amount, with a matching extra_fee unless it is null.</summary>
    protected static void Rewrite(JsonObject answer, ulong amount, ulong? extraFee)
    {
        SimHop hop = SimHop.FromHex((string)answer["payload"]!)!;
        answer["payload"] = Convert.ToHexStringLower(hop.Tlvs.With(2, Truncated.Write(amount)).ToBytes());
        byte[] value = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, extraFee ?? 0);
        answer["extra_tlvs"] = extraFee is null ? "" : Convert.ToHexStringLower(TlvStream.Empty.With(65537, value).ToBytes());
    }

    private sealed class Between(HookCanary canary, ISimPlugin shipping) : ISimPlugin
    {
        public Task<JsonObject?> HookAsync(string hook, JsonObject parameters) => hook == "htlc_accepted"
            ? canary.OnHtlcAsync(parameters, call => shipping.HookAsync(hook, call))
            : shipping.HookAsync(hook, parameters);

        public void Notify(string topic, JsonObject parameters) => shipping.Notify(topic, parameters);
    }
}

/// <summary>Deducts the whole fee from each part.</summary>
internal sealed class TakesTheFeeFromEveryPart : HookCanary
{
    private ulong _fee;

    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        if (!IsForward(answer)) return answer;
        _fee = Math.Max(_fee, Asked(call) - Sent(answer!));
        if (_fee > 0 && Asked(call) > _fee) Rewrite(answer!, Asked(call) - _fee, _fee);
        return answer;
    }
}

/// <summary>Deducts one msat more than promised, and declares it.</summary>
internal sealed class TakesMoreThanPromised : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        if (IsForward(answer) && Asked(call) > Sent(answer!)) Rewrite(answer!, Sent(answer!) - 1, Asked(call) - Sent(answer!) + 1);
        return answer;
    }
}

/// <summary>Forwards the payment without deducting the fee.</summary>
internal sealed class ForgetsTheFee : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        if (IsForward(answer)) Rewrite(answer!, Asked(call), null);
        return answer;
    }
}

/// <summary>Deducts the fee without declaring it to the client.</summary>
internal sealed class HidesTheFee : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        if (IsForward(answer)) Rewrite(answer!, Sent(answer!), null);
        return answer;
    }
}

/// <summary>Counts each part twice, as if a replayed part were another one.</summary>
internal sealed class CountsPartsTwice : HookCanary
{
    protected override Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject twin = call.DeepClone().AsObject();
        twin["htlc"]!["id"] = call["htlc"]!["id"]!.GetValue<ulong>() + 1_000_000;
        _ = ask(twin);
        return ask(call);
    }
}

/// <summary>Never answers a part that arrives after others were forwarded.</summary>
internal sealed class DropsLateParts : HookCanary
{
    private readonly HashSet<string> _forwarded = [];

    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        string payment = $"{Next(call)} {call["htlc"]!["payment_hash"]}";
        if (_forwarded.Contains(payment)) await new TaskCompletionSource().Task;
        JsonObject? answer = await ask(call);
        if (IsForward(answer)) _forwarded.Add(payment);
        return answer;
    }
}

/// <summary>Adds up all parts for a scid, whatever their payment hash.</summary>
internal sealed class MixesPaymentHashes : HookCanary
{
    private readonly Dictionary<string, JsonNode> _hashes = [];

    protected override Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        if (Next(call) is not { } scid) return ask(call);
        JsonObject mixed = call.DeepClone().AsObject();
        JsonNode hash = _hashes.TryGetValue(scid, out JsonNode? known) ? known : _hashes[scid] = call["htlc"]!["payment_hash"]!;
        mixed["htlc"]!["payment_hash"] = hash.DeepClone();
        return ask(mixed);
    }
}

/// <summary>Treats every part as if it expired in a week.</summary>
internal sealed class IgnoresTheExpiry : HookCanary
{
    protected override Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject later = call.DeepClone().AsObject();
        later["htlc"]!["cltv_expiry"] = call["htlc"]!["cltv_expiry"]!.GetValue<uint>() + 900;
        if (call["onion"]!["outgoing_cltv_value"] is { } outgoing) later["onion"]!["outgoing_cltv_value"] = outgoing.GetValue<uint>() + 900;
        return ask(later);
    }
}

/// <summary>Fails HTLCs that are not the plugin's.</summary>
internal sealed class FailsForeignHtlcs : HookCanary
{
    protected override async Task<JsonObject?> OnHtlcAsync(JsonObject call, Func<JsonObject, Task<JsonObject?>> ask)
    {
        JsonObject? answer = await ask(call);
        return answer is { Count: 1 } && Next(call) is not null ? new JsonObject { ["result"] = "fail", ["failure_message"] = "10070000" } : answer;
    }
}

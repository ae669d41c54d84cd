using System.Text.Json;
using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>Each member of the model's answers against all recorded answers of the command.</summary>
public class MemberTests
{
    /// <summary>Recorded members that the model leaves out. The list is to shrink: a member that the model has must leave it.</summary>
    private static readonly Dictionary<string, string> LeftOut = new()
    {
        ["connect"] = "address",
        ["fundchannel_start"] = "channel_type.names",
        ["getinfo"] =
            "address binding color fees_collected_msat lightning-dir num_active_channels num_inactive_channels num_peers num_pending_channels " +
            "our_features",
        ["listforwards"] = "forwards.out_htlc_id forwards.received_time",
        ["listfunds"] = "outputs.address outputs.blockheight",
        ["listpeerchannels"] =
            "channels.channel_type.names channels.close_to channels.close_to_addr channels.closer channels.direction channels.dust_limit_msat " +
            "channels.features channels.feerate channels.htlcs.local_trimmed channels.in_fulfilled_msat " +
            "channels.in_offered_msat channels.in_payments_fulfilled channels.in_payments_offered channels.last_tx_fee_msat channels.lost_state " +
            "channels.max_to_us_msat channels.min_to_us_msat channels.minimum_htlc_in_msat " +
            "channels.out_fulfilled_msat channels.out_offered_msat channels.out_payments_fulfilled " +
            "channels.out_payments_offered channels.owner channels.scratch_txid channels.state_changes " +
            "channels.updates",
    };

    [Fact]
    public void Each_member_of_an_answer_is_recorded_with_the_same_kind_and_each_omission_is_listed() => Stage.Play(async stage =>
    {
        var said = new SortedDictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        async Task<JsonObject> Hear(string method, string parameters)
        {
            JsonObject answer = await stage.CallAsync(method, parameters);
            if (!said.TryGetValue(method, out var members)) said.Add(method, members = new(StringComparer.Ordinal));
            Collect(JsonDocument.Parse(answer.ToJsonString()).RootElement, "", members);
            return answer;
        }

        await Hear("getinfo", "{}");
        await Hear("listconfigs", """{"config":"cltv-delta"}""");
        await Hear("connect", """{"id":"WALLET"}""");
        await Hear("sendcustommsg", """{"node_id":"WALLET","msg":"94197b7d"}""");
        await Hear("datastore", """{"key":["a","b"],"string":"x"}""");
        await Hear("listdatastore", """{"key":["a"]}""");
        await Hear("listdatastore", "{}");
        await Hear("deldatastore", """{"key":["a","b"]}""");
        await Hear("fundchannel_start", """{"id":"WALLET","amount":100000,"mindepth":0,"channel_type":[12,46,50]}""");
        await Hear("fundchannel_cancel", """{"id":"WALLET"}""");
        JsonObject start = await Hear("fundchannel_start", """{"id":"WALLET","amount":100000,"mindepth":0,"channel_type":[12,46,50]}""");
        JsonObject coins = await Hear("fundpsbt", """{"satoshi":100000,"feerate":"normal","startweight":1000,"excess_as_change":true}""");
        JsonObject output = await Hear("addpsbtoutput", $$"""{"satoshi":100000,"initialpsbt":"{{coins["psbt"]}}","destination":"{{start["funding_address"]}}"}""");
        await Hear("unreserveinputs", $$"""{"psbt":"{{output["psbt"]}}"}""");
        await stage.CallAsync("reserveinputs", $$"""{"psbt":"{{output["psbt"]}}"}""");
        await Hear("fundchannel_complete", $$"""{"id":"WALLET","psbt":"{{output["psbt"]}}","withhold":true}""");
        SimChannel channel = stage.Provider.ChannelsWith(stage.Wallet).Single();
        await stage.World.UntilAsync(() => channel.State == SimChannel.Normal, "the channel is usable");
        await stage.CallAsync("setchannel", $$"""{"id":"{{channel.Id}}","feebase":0,"feeppm":0,"enforcedelay":0}""");
        Scid alias = channel.End(stage.Provider).Alias;
        stage.Invoice(1_000_000);
        Task<PartResult> half = stage.Pay(alias, 500_000, 500_000, 1_000_000);
        await stage.WaitAsync();
        await Hear("listpeerchannels", """{"id":"WALLET"}""");
        await Hear("listfunds", "{}");
        Assert.True((await stage.Pay(alias, 500_000, 500_000, 1_000_000)).Outcome.IsSettled);
        Assert.True((await half).Outcome.IsSettled);
        await stage.Pay(Scid.Of(609, 7777, 1), 1_000_000, 1_000_000);
        await Hear("listforwards", "{}");
        JsonObject signed = await Hear("signpsbt", $$"""{"psbt":"{{output["psbt"]}}"}""");
        await Hear("sendpsbt", $$"""{"psbt":"{{signed["signed_psbt"]}}"}""");
        stage.Chain.Mine();
        await Hear("listpeerchannels", """{"id":"WALLET"}""");
        await Hear("close", $$"""{"id":"{{channel.Id}}"}""");

        var leftOut = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string method, SortedDictionary<string, string> members) in said)
        {
            var recorded = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonElement result in Recorded.Results(method)) Collect(result, "", recorded);
            Assert.NotEmpty(recorded);
            foreach ((string name, string kind) in members)
            {
                Assert.True(recorded.TryGetValue(name, out string? real), $"{method}: no real node says {name}");
                Assert.True(real.Split('|').Intersect(kind.Split('|')).Count() == kind.Split('|').Length, $"{method}: {name} is {kind}, a real node says {real}");
            }

            // What lies in a member that is left out is left out with it.
            string[] missing = [.. recorded.Keys.Where(name => !members.ContainsKey(name) && (Parent(name) is not { } parent || members.ContainsKey(parent)))];
            if (missing.Length > 0) leftOut.Add(method, string.Join(' ', missing));
        }

        Assert.Equal(LeftOut.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(Line), leftOut.Select(Line));
    });

    private static string Line(KeyValuePair<string, string> entry) => $"{entry.Key}: {entry.Value}";

    private static string? Parent(string name) => name.LastIndexOf('.') is var dot and > 0 ? name[..dot] : null;

    private static void Collect(JsonElement value, string path, SortedDictionary<string, string> members)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray()) Collect(item, path, members);
        }

        if (value.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            string name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            string kind = member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "Boolean" : member.Value.ValueKind.ToString();
            members[name] = members.TryGetValue(name, out string? known) && !known.Split('|').Contains(kind) ? $"{known}|{kind}" : known ?? kind;
            Collect(member.Value, name, members);
        }
    }
}

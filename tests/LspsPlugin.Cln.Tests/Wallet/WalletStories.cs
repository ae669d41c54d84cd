using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>The wallet's hooks, with the recorded messages of a real payment through a JIT channel.</summary>
public class WalletStories
{
    private const string Part1 = "htlc_accepted_final_mpp_part1_with_extra_tlvs";
    private const string Part2 = "htlc_accepted_final_mpp_part2";

    /// <summary>Good for the recordings: their provider, their payment, as bought a while ago.</summary>
    private static readonly Purchase Bought = new(
        Sample.Provider, Sample.JitScid, Sample.FeeParams with { ValidUntil = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero) }, new Msat(10_000_000), true, Sample.Hash);

    [Fact]
    [Trait("Requirement", "R52-84")]
    [Trait("Requirement", "R52-03")]
    [Trait("Requirement", "R52-68")]
    [Trait("Requirement", "R52-72")]
    [Trait("Requirement", "R52-77")]
    [Trait("Requirement", "R25-02")]
    public void Two_parts_of_a_bought_payment_are_taken_together_with_the_lowered_total() => Run(Bought, async host =>
    {
        host.Send(Recorded.Plugin(Part1));
        host.Send(Recorded.Plugin(Part2));
        foreach (string part in (string[])[Part1, Part2])
        {
            JsonElement accepted = JsonDocument.Parse(Recorded.Plugin(part + ".answer")).RootElement;
            JsonElement answer = await host.AnswerAsync(accepted.GetProperty("id").GetString()!);
            Assert.Equal("continue", answer.GetProperty("result").GetProperty("result").GetString());
            Assert.Equal(9_990_000, answer.GetProperty("result").GetProperty("invoice_msat").GetInt64());
            Assert.Equal(accepted.GetProperty("result").GetProperty("payload").GetString()![..18], answer.GetProperty("result").GetProperty("payload").GetString()![..18]);
            Assert.EndsWith("986f70", answer.GetProperty("result").GetProperty("payload").GetString(), StringComparison.Ordinal);
        }
    });

    /// <summary>The node forgets extra_fee over a restart; peers may be back before the plugin has read its records.</summary>
    [Fact]
    [Covers("S11")]
    public void Replayed_parts_are_known_as_such_though_a_peer_connects_before_the_records_are_read()
    {
        var store = new FakeDatastore();
        store.Put($"lsps/purchases/{Bought.JitScid}", Bought.Write());
        Host.Run(
            async host =>
            {
                string part1 = Encoding.UTF8.GetString(Recorded.Plugin(Part1)), tlvs = JsonDocument.Parse(part1).RootElement.GetProperty("params").GetProperty("htlc").GetProperty("extra_tlvs").GetString()!;
                string replayed = part1.Replace($",\"extra_tlvs\":\"{tlvs}\"", "", StringComparison.Ordinal);
                Assert.NotEqual(part1, replayed);
                host.Send(Init);
                host.Send(replayed);
                host.Send(Recorded.Plugin(Part2));
                host.Send(Recorded.Plugin("connect"));
                await host.AnswerAsync("cln:init#1");
                foreach (string id in (string[])["cln:htlc_accepted#88", "cln:htlc_accepted#89"])
                {
                    Assert.Equal(9_990_000, (await host.AnswerAsync(id)).GetProperty("result").GetProperty("invoice_msat").GetInt64());
                }
            },
            Node(store));
    }

    private const string Init =
        """{"jsonrpc":"2.0","id":"cln:init#1","method":"init","params":{"options":{"experimental-lsps-client":true},"configuration":{"lightning-dir":"/l","rpc-file":"lightning-rpc","network":"regtest"}}}""" + "\n\n";

    [Theory]
    [InlineData("0000000000002710", "0000000000002711")] // another amount than is missing
    [InlineData("fe00010001080000000000002710", "fe000100010700000000002710")] // seven bytes
    [InlineData("fe00010001080000000000002710", "fe0001000108")] // cut
    [Trait("Requirement", "R52-84")]
    [Covers("X25")]
    public void A_provider_that_declares_nonsense_gets_its_part_back_and_the_host_a_valid_answer(string what, string with) => Run(Bought, async host =>
    {
        string message = Encoding.UTF8.GetString(Recorded.Plugin(Part1));
        Assert.Contains(what, message, StringComparison.Ordinal);
        host.Send(message.Replace(what, with, StringComparison.Ordinal));
        JsonElement result = (await host.AnswerAsync("cln:htlc_accepted#88")).GetProperty("result");
        Assert.Equal("fail", result.GetProperty("result").GetString());
        Assert.StartsWith("400f", result.GetProperty("failure_message").GetString(), StringComparison.Ordinal);
    });

    [Fact]
    [Trait("Requirement", "R52-86")]
    public void The_same_invoice_paid_by_another_way_is_the_nodes_business() => Run(Bought with { Provider = Sample.Client }, async host =>
    {
        host.Send(Recorded.Plugin(Part2));
        Assert.Equal("""{"result":"continue"}""", (await host.AnswerAsync("cln:htlc_accepted#89")).GetProperty("result").GetRawText());
    });

    [Fact]
    [Trait("Requirement", "R52-70")]
    [Trait("Requirement", "R52-73")]
    public void A_bought_channel_without_confirmation_is_granted() => Run(Bought, async host =>
    {
        host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
        Assert.Equal("""{"result":"continue","mindepth":0}""", (await host.AnswerAsync("cln:openchannel#80")).GetProperty("result").GetRawText());

        // A provider whose first attempt failed may try again (the approval holds as long as the offer).
        host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
        Assert.Equal("""{"result":"continue","mindepth":0}""", (await host.AnswerAsync("cln:openchannel#80")).GetProperty("result").GetRawText());
    });

    [Theory]
    [InlineData("\"channel_flags\":0", "\"channel_flags\":1")] // announced
    [InlineData("[12,46,50]", "[12,50]")] // without a scid alias
    [InlineData("\"funding_msat\":100000000", "\"funding_msat\":9000000")] // too small for the payment
    [InlineData("\"to_self_delay\":5", "\"to_self_delay\":2017")] // our coins locked for longer
    [InlineData("033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a", "038194b5f32bdf0aa59812c86c4ef7ad2f294104fa027d1ace9b469bb6f88cf37b")] // somebody else
    [Trait("Requirement", "R52-62")]
    [Trait("Requirement", "R52-63")]
    [Covers("X25")]
    [Trait("Requirement", "R52-65")]
    public void Another_channel_than_the_bought_one_is_not_granted(string what, string with) => Run(Bought, async host =>
    {
        string message = Encoding.UTF8.GetString(Recorded.Plugin("openchannel_hook_zeroconf"));
        Assert.Contains(what, message, StringComparison.Ordinal);
        host.Send(message.Replace(what, with, StringComparison.Ordinal));
        await AssertNotGrantedAsync(host);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_live_approval_nobody_gets_a_channel_without_confirmation(bool expired) => Run(
        expired ? Bought with { FeeParams = Bought.FeeParams with { ValidUntil = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero) } } : Bought with { PaymentHash = null },
        async host =>
        {
            host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
            await AssertNotGrantedAsync(host);
        });

    [Fact]
    public void An_ordinary_channel_is_none_of_our_business() => Run(Bought, async host =>
    {
        host.Send(Recorded.Plugin("openchannel_hook_normal"));
        Assert.Equal("""{"result":"continue"}""", (await host.AnswerAsync("cln:openchannel#60")).GetProperty("result").GetRawText());
    });

    [Fact]
    public void A_paid_invoice_ends_the_purchase_and_its_records() => Run(Bought, async host =>
    {
        host.Send(Recorded.Plugin("invoice_payment_notification"));
        await host.LoggedAsync("was paid, but no part was accepted here");

        // Each call takes some turns.
        for (int turn = 0; turn < 100 && !Deleted(host).Contains($"lsps/invoice/{Sample.Hash}"); turn++) Assert.True((await host.AskAsync($"u{turn}", "lsps-listprotocols", "{}")).TryGetProperty("error", out _));
        Assert.Contains($"lsps/invoice/{Sample.Hash}", Deleted(host));
    });

    [Fact]
    public void A_record_that_cannot_be_read_is_told_and_left_alone()
    {
        var store = new FakeDatastore();
        store.Put("lsps/purchases/609x7777x1", "{}");
        Host.Run(
            async host =>
            {
                await host.InitAsync(Host.Wallet);
                await host.LoggedAsync("lsps/purchases/609x7777x1");
                await host.LoggedAsync("wallet: ready");
            },
            Node(store));
        Assert.Equal("{}", store["lsps/purchases/609x7777x1"]);
    }

    /// <summary>The node refuses by itself, unless the operator or another plugin allows the channel: a rejection of ours would end the hook's chain.</summary>
    private static async Task AssertNotGrantedAsync(Host host)
    {
        await host.LoggedAsync("is not approved");
        Assert.Equal("""{"result":"continue"}""", (await host.AnswerAsync("cln:openchannel#80")).GetProperty("result").GetRawText());
    }

    /// <summary>An opening ends with its connection: kept, each would stand in the way of those of others.</summary>
    [Fact]
    public void An_opening_that_waits_for_the_records_is_let_go_with_its_peer() => Host.Run(
        async host =>
        {
            await host.InitAsync(Host.Wallet);
            host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
            host.Send(Disconnect(Sample.Client));
            await host.LoggedAsync("the node does not answer yet");
            host.Send(Disconnect(Sample.Provider));
            JsonElement answer = await host.AnswerAsync("cln:openchannel#80").WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System); // the log goes on
            Assert.Equal("""{"result":"continue"}""", answer.GetProperty("result").GetRawText());
        },
        static (method, parameters) => method == "listdatastore" ? "\"error\":{\"code\":-1,\"message\":\"not now\"}" : Host.Answers(method, parameters));

    private static string Disconnect(NodeId peer) => $$$"""{"jsonrpc":"2.0","method":"disconnect","params":{"disconnect":{"id":"{{{peer}}}"} } }""" + "\n\n";

    [Fact]
    public void What_is_left_behind_when_the_role_is_off_is_counted_by_channel()
    {
        var store = new FakeDatastore();
        Purchase over = Bought with { FeeParams = Bought.FeeParams with { ValidUntil = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero) } };
        Purchase[] purchases = [Bought, Bought with { PaymentHash = null }, over, Bought, Bought with { Provider = Sample.Client }];
        for (int i = 0; i < purchases.Length; i++) store.Put($"lsps/purchases/{purchases[i].Provider}/609x7777x{i}", purchases[i].Write());
        store.Put("lsps/purchases/609x7777x9", Bought.Write()); // as an older version kept them
        foreach (uint output in (uint[])[1, 2])
        {
            Scid scid = Scid.Of(609, 7777, (ushort)output);
            store.Put($"lsps-client/granted/{Sample.Provider}/{scid}", new GrantedChannel(Sample.Provider, scid, new Msat(120_000_000), IsTrusted: false).Write());
        }

        Host.Run(
            async host =>
            {
                await host.InitAsync(Host.Provider);
                await host.LoggedAsync("wallet: 4 bought channel(s) cannot be opened");
                await host.LoggedAsync("wallet: 2 zero-conf channel(s) are not watched");
            },
            Node(store));
    }

    private static string[] Deleted(Host host) =>
        [.. host.Node.Calls.Where(call => call.GetProperty("method").GetString() == "deldatastore").Select(call => string.Join('/', call.GetProperty("params").GetProperty("key").EnumerateArray()))];

    private static void Run(Purchase purchase, Func<Host, Task> story)
    {
        var store = new FakeDatastore();
        store.Put($"lsps/purchases/{purchase.JitScid}", purchase.Write());
        Host.Run(
            async host =>
            {
                await host.InitAsync(Host.Wallet);
                await host.LoggedAsync("wallet: ready");
                host.Send(Recorded.Plugin("connect")); // peers are there: what comes now is no replay
                await story(host);
                Assert.DoesNotContain(host.Log, line => line.Level == "error");
            },
            Node(store));
    }

    private static Func<string, JsonElement, string> Node(FakeDatastore store) =>
        (method, parameters) => method.EndsWith("datastore", StringComparison.Ordinal) ? store.Answer(method, parameters) : Host.Answers(method, parameters);
}

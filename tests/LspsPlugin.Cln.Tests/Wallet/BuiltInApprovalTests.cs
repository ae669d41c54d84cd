using System.Text.Json;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>Approvals that the built-in client plugin left behind, with the recorded messages of a real payment.</summary>
public class BuiltInApprovalTests
{
    private const string Marker = "lsps/client/033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a";

    private static readonly string Approval = $"lsps/invoice/{Sample.Hash}";

    [Theory]
    [InlineData(9_990_000UL)]
    [InlineData(null)]
    [Covers("S05")]
    public void A_channel_is_granted_and_its_payment_taken(ulong? arrives) => Run(Invoice(arrives), "unpaid", async (host, store) =>
    {
        host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
        Assert.Equal("""{"result":"continue","mindepth":0}""", (await host.AnswerAsync("cln:openchannel#80")).GetProperty("result").GetRawText());
        host.Send(Recorded.Plugin("htlc_accepted_final_mpp_part1_with_extra_tlvs"));
        host.Send(Recorded.Plugin("htlc_accepted_final_mpp_part2"));
        foreach (string id in (string[])["cln:htlc_accepted#88", "cln:htlc_accepted#89"])
        {
            JsonElement result = (await host.AnswerAsync(id)).GetProperty("result");
            Assert.Equal("continue", result.GetProperty("result").GetString());
            Assert.Equal(9_990_000, result.GetProperty("invoice_msat").GetInt64());
        }

        Assert.NotNull(store[$"lsps/purchases/{Sample.Provider}/{Sample.JitScid}"]);
        Assert.NotNull(store[Approval]); // the built-in plugin still finds it, should it come back
        host.Send(Recorded.Plugin("invoice_payment_notification"));
        await host.LoggedAsync("was paid through the JIT channel");

        // Each record goes with a call of its own: some turns later.
        for (int turn = 0; turn < 100 && store.Keys.Any(OfThePurchase); turn++) Assert.True((await host.AskAsync($"u{turn}", "lsps-listprotocols", "{}")).TryGetProperty("error", out _));
        Assert.DoesNotContain(store.Keys, OfThePurchase);
        Assert.Single(store.Keys, static key => key.StartsWith("lsps-client/granted/", StringComparison.Ordinal)); // until it is known what became of the opening
    });

    private static bool OfThePurchase(string key) => key.StartsWith("lsps/", StringComparison.Ordinal);

    [Fact]
    [Trait("Requirement", "R52-83")]
    [Covers("S05")]
    public void A_provider_that_takes_more_than_the_invoice_leaves_it_gets_everything_back() => Run(Invoice(9_990_001), "unpaid", async (host, _) =>
    {
        host.Send(Recorded.Plugin("htlc_accepted_final_mpp_part1_with_extra_tlvs"));
        Assert.Equal("fail", (await host.AnswerAsync("cln:htlc_accepted#88")).GetProperty("result").GetProperty("result").GetString());
    });

    [Theory]
    [InlineData("paid", false)]
    [InlineData("expired", false)]
    [InlineData("unpaid", true)]
    [Covers("S05")]
    public void What_is_paid_or_ran_out_is_forgotten(string status, bool old) => Run(Invoice(9_990_000, old), status, async (host, store) =>
    {
        Assert.Empty(store.Keys);
        host.Send(Recorded.Plugin("openchannel_hook_zeroconf"));
        await host.LoggedAsync("is not approved: no channel was bought from it");
        Assert.Equal("""{"result":"continue"}""", (await host.AnswerAsync("cln:openchannel#80")).GetProperty("result").GetRawText());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Covers("S05")]
    public void What_cannot_be_told_is_left_alone(bool elsewhere) => Run(elsewhere ? Invoice(9_990_000, over: Sample.Client) : null, "unpaid", async (host, store) =>
    {
        await host.LoggedAsync("left alone");
        Assert.Equal([Marker, Approval], store.Keys);
    });

    private static void Run(string? bolt11, string status, Func<Host, FakeDatastore, Task> story)
    {
        var store = new FakeDatastore();
        store.Put(Marker, $$"""{"jit_channel_scid":"{{Sample.JitScid}}","client_trusts_lsp":true}""");
        store.Put(Approval, Sample.Provider.ToString());
        string invoices = bolt11 is null ? "" : $$"""{"label":"l","status":"{{status}}","bolt11":"{{bolt11}}"}""";
        Host.Run(
            async host =>
            {
                await host.InitAsync(Host.Wallet);
                await host.LoggedAsync("wallet: ready");
                host.Send(Recorded.Plugin("connect")); // peers are there: what comes now is no replay
                await story(host, store);
                Assert.DoesNotContain(host.Log, line => line.Level == "error");
            },
            (method, parameters) => method.EndsWith("datastore", StringComparison.Ordinal) ? store.Answer(method, parameters)
                : method == "listinvoices" ? $$""" "result":{"invoices":[{{invoices}}]} """
                : Host.Answers(method, parameters));
    }

    private static string Invoice(ulong? arrives, bool old = false, NodeId? over = null) => new Bolt11Invoice(
        "bcrt",
        arrives is { } msat ? new Msat(msat) : null,
        DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - (old ? 7200 : 0)),
        Sample.Hash,
        Sample.Preimage.DeriveSecret(),
        "a coffee",
        TimeSpan.FromHours(1),
        new BlockCount(7),
        new RouteHint(over ?? Sample.Provider, Sample.JitScid, 0, new Ppm(0), 144),
        [8, 14]).WriteUnsigned();
}

using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>The wallet's records as they were first written: whatever writes them later, these are read.</summary>
public class WalletRecordTests
{
    private const string Provider = "033845802d25b4e074ccfd7cd8b339a41dc75bf9978a034800444b51d42b07799a";
    private const string Channel = "5be80f5ce6587b1b54072a1fdec736f8af3e412d022e70d059b5ecc13d5879ae";

    private const string Granted = $$"""{"lsp_id":"{{Provider}}","jit_channel_scid":"609x7777x1","capacity_msat":120000000,"client_trusts_lsp":true}""";

    private const string GrantedAndFound =
        $$"""{"lsp_id":"{{Provider}}","jit_channel_scid":"609x7777x1","capacity_msat":120000000,"client_trusts_lsp":false,"channel_id":"{{Channel}}","alias":"15319737x6786139x27787"}""";

    private const string Bought =
        $$"""{"lsp_id":"{{Provider}}","opening_fee_params":{"min_fee_msat":"10000","proportional":1000,"valid_until":"2100-01-01T00:00:00.000Z","min_lifetime":1008,"max_client_to_self_delay":2016,"min_payment_size_msat":"1000","max_payment_size_msat":"1000000000","promise":"p"},"payment_size_msat":"10000000","client_trusts_lsp":true,"payment_hash":"3fd57ea6096270340d4f0bf41d886ee9a16809aaaf878d81c9e0146cc3ecd0a7"}""";

    [Fact]
    public void A_grant_whose_channel_is_not_known_yet()
    {
        GrantedChannel granted = new(NodeId.Parse(Provider), Scid.Parse("609x7777x1"), new Msat(120_000_000), IsTrusted: true);
        Assert.Equal(granted, GrantedChannel.Read(Granted, out _));
        Assert.Equal(Granted, granted.Write());
    }

    [Fact]
    public void A_grant_with_its_channel()
    {
        var granted = new GrantedChannel(NodeId.Parse(Provider), Scid.Parse("609x7777x1"), new Msat(120_000_000), IsTrusted: false, ChannelId.Parse(Channel), Scid.Parse("15319737x6786139x27787"));
        Assert.Equal(granted, GrantedChannel.Read(GrantedAndFound, out _));
        Assert.Equal(GrantedAndFound, granted.Write());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"lsp_id":"02","jit_channel_scid":"609x7777x1","capacity_msat":1,"client_trusts_lsp":true}""")]
    [InlineData("""{"lsp_id":7,"jit_channel_scid":"609x7777x1","capacity_msat":1,"client_trusts_lsp":true}""")]
    [InlineData($$"""{"lsp_id":"{{Provider}}","jit_channel_scid":"609x7777x1","capacity_msat":-1,"client_trusts_lsp":true}""")]
    [InlineData($$"""{"lsp_id":"{{Provider}}","jit_channel_scid":"609x7777x1","capacity_msat":1,"client_trusts_lsp":"yes"}""")]
    public void What_is_no_grant_is_read_as_none(string? text)
    {
        Assert.Null(GrantedChannel.Read(text, out string? problem));
        Assert.NotEmpty(problem!);
    }

    [Fact]
    public void A_purchase_from_before_its_secret_was_kept_knows_none()
    {
        Purchase? purchase = Purchase.Read(Sample.JitScid, Bought, out string? problem);
        Assert.Null(problem);
        Assert.Null(purchase!.PaymentSecret);
        PaymentSecret secret = Preimage.Parse(new string('7', 64)).DeriveSecret();
        Assert.Equal(secret, Purchase.Read(Sample.JitScid, (purchase with { PaymentSecret = secret }).Write(), out _)!.PaymentSecret);
    }

    [Fact]
    public void A_purchase_from_before_records_named_the_provider_gets_the_new_key()
    {
        var store = new FakeDatastore();
        store.Put("lsps/purchases/609x7777x1", Bought);
        Host.Run(
            async host =>
            {
                await host.InitAsync(Host.Wallet);
                await host.LoggedAsync("wallet: ready");
            },
            (method, parameters) => method.EndsWith("datastore", StringComparison.Ordinal) ? store.Answer(method, parameters) : Host.Answers(method, parameters));
        Assert.Null(store["lsps/purchases/609x7777x1"]);
        Assert.Equal(Purchase.Read(Sample.JitScid, Bought, out _), Purchase.Read(Sample.JitScid, store[$"lsps/purchases/{Provider}/609x7777x1"], out _));
    }
}

using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests;

/// <summary>A record that cannot be read says which member is wrong, and how.</summary>
[Covers("S04")]
public class RecordProblemTests
{
    [Theory]
    [InlineData("\"phase\":\"AwaitingSettlement\"", "\"phase\":\"Waiting\"", "phase is 'Waiting', which this version does not know")]
    [InlineData("\"status\":\"Settled\"", "\"status\":\"settled\"", "forwards[0].status is 'settled', which this version does not know")]
    [InlineData("\"id\":0", "\"id\":-1", "forwards[0].id: expected an integer from 0 to 18446744073709551615")]
    [InlineData("\"channel\":\"104x1x0\"", "\"channel\":null", "forwards[0].channel is missing")]
    [InlineData("\"channel_alias\":\"16000000x1x1\"", "\"channel_alias\":\"16000000x1\"", "channel_alias: expected a short channel id (BLOCKxTXxOUTPUT)")]
    [InlineData("\"planned_outnum\":1,", "", "planned_outnum is missing")]
    [InlineData("\"planned_capacity_sat\":100000", "\"planned_capacity_sat\":\"many\"", "planned_capacity_sat: expected an amount in sat")]
    [InlineData("\"fee_msat\":\"10000\"", "\"fee_msat\":\"10 sat\"", "fee_msat: expected an amount in msat")]
    [InlineData("\"funding_psbt\":\"cHNidP8=\"", "\"funding_psbt\":7", "funding_psbt: expected a string of valid Unicode")]
    [InlineData("\"channel_existed\":true", "\"channel_existed\":\"yes\"", "channel_existed: expected true or false")]
    [InlineData("\"proportional\":1000", "\"proportional\":\"x\"", "opening_fee_params.proportional is \"x\", but must be an integer from 0 to 4294967295")]
    [InlineData("\"format\":1", "\"format\":2", "format 2 is newer than this version reads (1)")]
    [InlineData("\"format\":1", "\"format\":\"1\"", "format is not an integer")]
    public void A_session(string member, string changed, string problem)
    {
        string whole = RecordJson.Write(new SessionRecord(Sample.Offer, Sample.Hash, Sample.States().Single(static state => state.Phase == Phase.AwaitingSettlement), null));
        Assert.Contains(member, whole, StringComparison.Ordinal);
        Assert.Null(RecordJson.Read(Sample.JitScid, whole.Replace(member, changed, StringComparison.Ordinal), out string? found));
        Assert.Equal(problem, found);
    }

    /// <summary>A later version may have changed whatever else is in the record.</summary>
    [Fact]
    public void A_newer_format_is_named_before_anything_else() => AssertProblem("format 2 is newer than this version reads (1)", """{"peer_id":7,"format":2}""");

    [Theory]
    [InlineData("{}", "peer_id is missing")]
    [InlineData("[]", "not an object")]
    [InlineData("""{"peer_id":"02"}""", "peer_id: expected a node id (66 hex digits)")]
    public void An_offer(string text, string problem) => AssertProblem(problem, text);

    [Fact]
    public void A_loss_and_the_wallets_records()
    {
        Assert.Null(LossJson.Read(Sample.JitScid, """{"at":"yesterday"}""", out string? loss));
        Assert.Equal("at is not a time", loss);
        Assert.Null(GrantedChannel.Read($$"""{"lsp_id":"{{Sample.Provider}}"}""", out string? granted));
        Assert.Equal("jit_channel_scid is missing", granted);
        Assert.Null(TrustedChannel.Read($$"""{"lsp_id":"{{Sample.Provider}}","channel_id":"x"}""", out string? owed));
        Assert.Equal("channel_id: expected a channel id (64 hex digits)", owed);
        Assert.Null(Purchase.Read(Sample.JitScid, $$"""{"lsp_id":"{{Sample.Provider}}","client_trusts_lsp":1}""", out string? purchase));
        Assert.Equal("client_trusts_lsp: expected true or false", purchase);
    }

    [Fact]
    public void The_words_of_options_are_those_that_operators_have_in_their_configuration()
    {
        Assert.Equal(["client-trusts-lsp", "lsp-trusts-client", "auto"], OptionWords.TrustModels.Words);
        Assert.Equal([TrustModel.ClientTrustsLsp, TrustModel.LspTrustsClient, TrustModel.Auto], Enum.GetValues<TrustModel>());
        Assert.Equal(["never", "always", "ask"], OptionWords.ClientTrusts.Words);
        Assert.Equal([ClientTrust.Never, ClientTrust.Always, ClientTrust.Ask], Enum.GetValues<ClientTrust>());
    }

    private static void AssertProblem(string problem, string text)
    {
        Assert.Null(RecordJson.Read(Sample.JitScid, text, out string? found));
        Assert.Equal(problem, found);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LspsPlugin.Simulation.Model;
using Xunit;

namespace LspsPlugin.Simulation.Tests;

/// <summary>The model refuses with the code and the words of a real node; ids, amounts and transactions are the model's own.</summary>
public class RefusalTests
{
    [Theory]
    [InlineData("datastore_error_exists", "datastore", """{"key":["k"],"string":"x"}""")]
    [InlineData("datastore_error_generation", "datastore", """{"key":["k"],"string":"x","mode":"must-replace","generation":9}""")]
    [InlineData("datastore_error_has_children", "datastore", """{"key":["d"],"string":"x","mode":"create-or-replace"}""")]
    [InlineData("datastore_error_parent_has_value", "datastore", """{"key":["lsps","lsps2","sessions","active","1x2x3","sub"],"string":"x","mode":"create-or-replace"}""")]
    [InlineData("deldatastore_error_missing", "deldatastore", """{"key":["nothing"]}""")]
    [InlineData("fundchannel_start_error_not_connected", "fundchannel_start", """{"id":"STRANGER","amount":100000,"channel_type":[12,46,50]}""")]
    [InlineData("fundchannel_cancel_error_nothing", "fundchannel_cancel", """{"id":"WALLET"}""")]
    [InlineData("fundpsbt_error_no_funds", "fundpsbt", """{"satoshi":100000000,"feerate":"normal","startweight":1000}""")]
    [InlineData("sendcustommsg_error_not_connected", "sendcustommsg", """{"node_id":"STRANGER","msg":"94197b7d"}""")]
    [InlineData("connect_error_inbound_peer_gone", "connect", """{"id":"STRANGER"}""")]
    [InlineData("close_again", "close", """{"id":"cd9fa14fe4a6e265189cb75751d1948fc96701c13196f46464ad8a6883865a66"}""")]
    [InlineData("error_unknown_method", "nosuchmethod", "{}")]
    public void A_command_is_refused_as_a_real_node_refuses_it(string recording, string method, string parameters) => Stage.Play(async stage =>
    {
        SimNode stranger = stage.World.Network.AddNode("stranger");
        stage.Provider.Datastore.Put(["k"], "value");
        stage.Provider.Datastore.Put(["d", "child"], "value");
        stage.Provider.Datastore.Put(["lsps", "lsps2", "sessions", "active", "1x2x3"], "value");
        AssertSame(recording, await stage.RefusedAsync(method, parameters.Replace("STRANGER", stranger.Id.ToString(), StringComparison.Ordinal)));
    });

    [Theory]
    [InlineData("fundchannel_start_error_rejected", """{"result":"reject","error_message":"no"}""")]
    [InlineData("fundchannel_start_error_client_not_zeroconf", """{"result":"continue"}""")]
    public void A_peer_that_refuses_a_channel_is_quoted(string recording, string answer) => Stage.Play(async stage =>
    {
        stage.Wallet.Plugin = new Scripted("openchannel", JsonNode.Parse(answer)!.AsObject());
        AssertSame(recording, await stage.RefusedAsync("fundchannel_start", Start));
    });

    [Fact]
    public void One_channel_with_a_peer_is_opened_at_a_time() => Stage.Play(async stage =>
    {
        await stage.CallAsync("fundchannel_start", Start);
        AssertSame("fundchannel_start_error_already", await stage.RefusedAsync("fundchannel_start", Start));
    });

    [Fact]
    public void A_confirmed_funding_is_neither_signed_nor_sent_again() => Stage.Play(async stage =>
    {
        await stage.OpenAsync();
        string signed = $$"""{"psbt":"{{(await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}"""))["signed_psbt"]}}"}""";
        await stage.CallAsync("sendpsbt", signed);
        await stage.CallAsync("signpsbt", """{"psbt":"PSBT"}""");
        await stage.CallAsync("sendpsbt", signed);
        stage.Chain.Mine();
        AssertSame("signpsbt_after_confirm", await stage.RefusedAsync("signpsbt", """{"psbt":"PSBT"}"""));
        AssertSame("sendpsbt_after_confirm", await stage.RefusedAsync("sendpsbt", signed));
    });

    private const string Start = """{"id":"WALLET","amount":100000,"mindepth":0,"channel_type":[12,46,50],"announce":false}""";

    private static void AssertSame(string recording, SimRpcException refused)
    {
        JsonElement error = Recorded.Json($"rpc/{recording}.response.json").GetProperty("error");
        Assert.Equal(error.GetProperty("code").GetInt32(), refused.Code);
        Assert.Equal(Words(error.GetProperty("message").GetString()!), Words(refused.Message));
    }

    /// <summary>Without hexadecimal of 32 bytes and more, and without amounts in satoshi.</summary>
    private static string Words(string text) => Regex.Replace(Regex.Replace(text, "[0-9a-f]{64,}(:[0-9]+)?", "HEX", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture), "[0-9]+sat", "Nsat", RegexOptions.NonBacktracking);
}

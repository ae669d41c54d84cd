using System.Text;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Lsps2.Pricing;
using LspsPlugin.Core.Tests.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

/// <summary>Null says the same as a member that is not there, in every message, wherever a member may be missing.</summary>
public sealed class NullMemberTests
{
    private static readonly PriceList Options = new(
        [new PriceEntry(new Msat(5000), 120, new Ppm(2000), TimeSpan.FromMinutes(30), new BlockCount(100), new BlockCount(2016), new Msat(1), new Msat(50_000_000))],
        PriceList.NoTokens,
        new ChannelSize(new Sat(25_000), 0, new Sat(0), new Sat(16_777_215)));

    /// <summary>What each reader makes of a text, as something that can be compared.</summary>
    private static readonly Dictionary<string, Func<string, object?>> Readers = new()
    {
        ["message"] = static text => Message(Lsps0Message.Parse(Encoding.UTF8.GetBytes(text))),
        ["get_info"] = static text => GetInfoRequest.Read(Offers.Json(text), out _),
        ["buy"] = static text => BuyRequest.Read(Offers.Json(text), out _),
        ["menu"] = static text => MenuReading.Read(Offers.Json(text), out string? problem) is null ? problem : "read",
        ["bought"] = static text => BuyResult.Read(Offers.Json(text), out _),
        ["policy"] = static text => PolicyContract.ReadPolicy(Offers.Json(text), out string? problem) is { Menu: var menu, ClientRejected: var rejected } ? (menu is null ? problem : string.Join(';', menu), rejected) : null,
        ["prices"] = static text => PriceFile.Read(Encoding.UTF8.GetBytes(text), Options, out string? problem) is { } list
            ? string.Join(';', list.Entries) + string.Join(';', list.Tokens.SelectMany(token => token.Value.Select(entry => $"{token.Key}: {entry}"))) + string.Join(';', list.ZeroReserveTokens)
            : problem,
    };

    [Theory]
    [InlineData("message", """{"jsonrpc":"2.0","id":"1","method":"m","params":null}""")]
    [InlineData("message", """{"jsonrpc":"2.0","id":"1","result":{"a":1},"error":null}""")]
    [InlineData("message", """{"jsonrpc":"2.0","id":"1","result":{"a":1},"method":null,"params":null}""")]
    [InlineData("message", """{"jsonrpc":"2.0","id":null,"method":"m"}""")]
    [InlineData("message", """{"jsonrpc":"2.0","id":"1","error":{"code":1,"message":"no","data":null}}""")]
    [InlineData("message", """{"jsonrpc":"2.0","id":"1","error":{"code":null,"message":null}}""")]
    [InlineData("get_info", """{"token":null}""")]
    [InlineData("buy", """{"opening_fee_params":OFFER,"payment_size_msat":null}""")]
    [InlineData("menu", """{"opening_fee_params_menu":null}""")]
    [InlineData("bought", """{"jit_channel_scid":"29451x4815x1","lsp_cltv_expiry_delta":144,"client_trusts_lsp":null}""")]
    [InlineData("policy", """{"policy_opening_fee_params_menu":[],"client_rejected":null}""")]
    [InlineData("policy", """{"policy_opening_fee_params_menu":null}""")]
    [InlineData("policy", """{"policy_opening_fee_params_menu":[ENTRY]}""")]
    [InlineData("prices", """{"menu":null,"tokens":null}""")]
    [InlineData("prices", """{"menu":[{"min_fee_msat":null,"chain_fee_percent":null,"fee_ppm":null,"validity_minutes":null,"min_lifetime":null,"max_client_to_self_delay":null,"min_payment_msat":null,"max_payment_msat":null}]}""")]
    [InlineData("prices", """{"tokens":{"t":{"menu":null,"zero_reserve":null}}}""")]
    [Trait("Requirement", "R50-42")]
    [Covers("X03")]
    public void Null_is_absent(string reader, string text)
    {
        string with = text.Replace("OFFER", Offers.Write(Offers.Plain), StringComparison.Ordinal).Replace("ENTRY", Offers.With(Offers.Plain, "promise", "null"), StringComparison.Ordinal);
        string without = WithoutNulls(Offers.Json(with));
        Assert.NotEqual(with, without);
        object? read = Readers[reader](with);
        Assert.NotNull(read);
        Assert.Equal(Readers[reader](without), read);
    }

    [Theory]
    [InlineData("""{"tokens":null}""", "tokens")]
    [InlineData("""{"token":null,"x":null}""", "x")]
    [Trait("Requirement", "R50-42")]
    public void A_name_that_nobody_knows_is_unrecognized_whatever_it_holds(string parameters, string unknown)
    {
        Assert.Null(GetInfoRequest.Read(Offers.Json(parameters), out LspsError? error));
        Assert.Equal([unknown], error!.Unrecognized);
    }

    [Theory]
    [InlineData("""{"opening_fee_params":null}""", "opening_fee_params is missing")]
    [InlineData("""{"opening_fee_params":{"min_fee_msat":null}}""", "opening_fee_params.min_fee_msat is missing")]
    public void Where_a_member_is_needed_null_is_missing(string parameters, string message)
    {
        Assert.Null(BuyRequest.Read(Offers.Json(parameters), out LspsError? error));
        Assert.Equal((LspsError.InvalidParams, message), (error!.Code, error.Message));
    }

    /// <summary>Records compare JSON elements by where they come from: the text says what they hold.</summary>
    private static string Message(Lsps0Message message) => message switch
    {
        Lsps0Request request => $"request {request.Id} {request.Method} {request.Params}",
        Lsps0Response response => $"response {response.Id} {response.Result} {response.Error?.Code} {response.Error?.Message}",
        _ => message.GetType().Name,
    };

    private static string WithoutNulls(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', element.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).Select(m => $"\"{m.Name}\":{WithoutNulls(m.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', element.EnumerateArray().Select(WithoutNulls))}]",
        _ => element.GetRawText(),
    };
}

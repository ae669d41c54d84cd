using System.Reflection;
using System.Text;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Tests.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

/// <summary>A wallet made of other software reads every answer that a provider gives; one that it cannot read is its last.</summary>
public sealed class ForeignReaderTests
{
    private static readonly JsonElement Id = Offers.Json("\"c2a2d4b1e0b04f4c9d3a\"");

    public static TheoryData<int> Codes =>
        [.. new[] { typeof(LspsError), typeof(Lsps2Error) }.SelectMany(static codes => codes.GetFields(BindingFlags.Public | BindingFlags.Static)).Where(code => code.IsLiteral).Select(code => (int)code.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Codes))]
    [Trait("Requirement", "R50-27")]
    [Covers("X06")]
    public void Every_error_but_the_one_that_the_specification_gives_an_object_is_understood(int code)
    {
        byte[] answer = Lsps0Writer.Error(Id, LspsError.Of(code, "too many unpaid offers \"é😀\\"));
        Assert.Equal(code != LspsError.InvalidParams, RustLightningReader.Understands("lsps2.buy", answer));
        Assert.Equal(code, Offers.Json(Encoding.UTF8.GetString(answer)).GetProperty("error").GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"error\":{\"code\":1,\"message\":\"no\",\"data\":{\"message\":\"no\"}}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"error\":{\"code\":1,\"message\":\"no\",\"data\":[]}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocols\":[2]}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"no\"}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{\"protocols\":[\"2\"]}}")]
    public void The_reader_of_these_tests_refuses_what_it_should(string answer) => Assert.False(RustLightningReader.Understands("lsps0.list_protocols", Encoding.UTF8.GetBytes(answer)));

    [Fact]
    [Trait("Requirement", "R50-10")]
    public void Bad_format_is_understood_without_an_id() =>
        Assert.True(RustLightningReader.Understands("lsps2.buy", Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format"))));

    [Fact]
    [Trait("Requirement", "R50-18")]
    public void Every_result_is_understood()
    {
        Assert.True(RustLightningReader.Understands("lsps0.list_protocols", Lsps0Writer.Result(Id, static json =>
        {
            json.WriteStartArray("protocols"u8);
            json.WriteNumberValue(2);
            json.WriteEndArray();
        })));
        Assert.True(RustLightningReader.Understands("lsps2.get_info", Lsps0Writer.Result(Id, static json =>
        {
            json.WriteStartArray("opening_fee_params_menu"u8);
            json.WriteStartObject();
            OpeningFeeParamsJson.Write(json, Offers.Plain);
            json.WriteEndObject();
            json.WriteEndArray();
        })));
        Assert.True(RustLightningReader.Understands("lsps2.buy", Lsps0Writer.Result(Id, new BuyResult(Scid.Parse("29451x4815x1"), new BlockCount(144), ClientTrustsLsp: true).Write)));
    }

    /// <summary>It writes every optional member, and the offer's date as its own library does: without decimals that are zero.</summary>
    [Fact]
    [Trait("Requirement", "R52-29")]
    public void Its_requests_are_read()
    {
        Assert.Equal(new GetInfoRequest(Token: null), GetInfoRequest.Read(Offers.Json("""{"token":null}"""), out _));
        string bought = Offers.With(Offers.Plain, "valid_until", $"\"{Offers.Plain.ValidUntil:yyyy-MM-ddTHH:mm:ssZ}\"");
        BuyRequest? buy = BuyRequest.Read(Offers.Json($$"""{"opening_fee_params":{{bought}}}"""), out LspsError? error);
        Assert.Null(error);
        Assert.Equal((null, Offers.Plain.ValidUntil), (buy!.PaymentSize, buy.FeeParams.ValidUntil));
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2;

public sealed class WireTests
{
    private static readonly string[] Names =
    [
        "min_fee_msat", "proportional", "valid_until", "min_lifetime", "max_client_to_self_delay", "min_payment_size_msat", "max_payment_size_msat", "promise",
    ];

    [Fact]
    [Trait("Requirement", "R52-09")]
    [Trait("Requirement", "R52-10")]
    [Trait("Requirement", "R50-45")]
    [Trait("Requirement", "R50-46")]
    [Trait("Requirement", "R50-48")]
    public void An_offer_has_its_eight_members_and_no_other() =>
        Assert.Equal(Names, Offers.Json(Offers.Write(Offers.Plain)).EnumerateObject().Select(member => member.Name));

    [Fact]
    [Trait("Requirement", "R52-27")]
    [Trait("Requirement", "R52-20")]
    public void Every_offer_that_is_read_is_sent_back_verbatim() => Prop.ForAll(Offers.Any.ToArbitrary(), terms =>
    {
        string wire = Offers.Write(terms);
        OpeningFeeParams? read = OpeningFeeParamsJson.Read(Offers.Json(wire), out LspsError? error);
        return error is null && read == terms && Offers.Write(read!) == wire;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [Trait("Requirement", "R52-27")]
    [InlineData("min_fee_msat", "\"01000\"")]
    [InlineData("min_fee_msat", "\"00\"")]
    [InlineData("max_payment_size_msat", "\"+100000000\"")]
    [InlineData("max_payment_size_msat", "\" 100000000\"")]
    [InlineData("proportional", "1e3")]
    [InlineData("proportional", "1000.0")]
    [InlineData("proportional", "4294967296")]
    [Covers("X03")]
    public void A_number_that_we_would_write_in_another_way_is_refused(string name, string value) =>
        Assert.Null(OpeningFeeParamsJson.Read(Offers.Json(Offers.With(Offers.Plain, name, value)), out _));

    [Fact]
    [Trait("Requirement", "R52-09")]
    public void Each_member_is_needed_and_named_when_it_is_missing() => Assert.All(Names, missing =>
    {
        string wire = $"{{{string.Join(',', Offers.Json(Offers.Write(Offers.Plain)).EnumerateObject().Where(m => m.Name != missing).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}"))}}}";
        Assert.Null(OpeningFeeParamsJson.Read(Offers.Json(wire), out LspsError? error));
        Assert.Equal((LspsError.InvalidParams, $"opening_fee_params.{missing} is missing"), (error!.Code, error.Message));
    });

    [Theory]
    [Trait("Requirement", "R52-19")]
    [InlineData(512, "p", true)]
    [InlineData(513, "p", false)]
    [InlineData(256, "é", true)]
    [InlineData(257, "é", false)]
    [Covers("X24")]
    public void A_promise_of_more_than_512_bytes_is_refused(int times, string text, bool read) =>
        Assert.Equal(read, OpeningFeeParamsJson.Read(Offers.Json(Offers.Write(Offers.Plain with { Promise = string.Concat(Enumerable.Repeat(text, times)) })), out _) is not null);

    [Theory]
    [Trait("Requirement", "R52-21")]
    [InlineData("extra", "1")]
    [InlineData("Promise", "\"x\"")]
    [InlineData("", "null")]
    public void One_unknown_member_spoils_the_whole_menu(string name, string value)
    {
        string menu = $"{{\"opening_fee_params_menu\":[{Offers.Write(Offers.Plain)},{Offers.With(Offers.Plain, name, value)}]}}";
        Assert.Null(MenuReading.Read(Offers.Json(menu), out string? problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void What_is_missing_of_the_answer_to_a_purchase_is_named()
    {
        Assert.Null(BuyResult.Read(Offers.Json("{\"lsp_cltv_expiry_delta\":144}"), out string? problem));
        Assert.Equal("jit_channel_scid is missing", problem);
        Assert.Null(BuyResult.Read(Offers.Json("{\"jit_channel_scid\":\"1x1x1\"}"), out problem));
        Assert.Contains("lsp_cltv_expiry_delta is missing", problem, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Requirement", "R50-21")]
    [Trait("Requirement", "R50-39")]
    [Trait("Requirement", "R52-08")]
    [InlineData("{\"opening_fee_params_menu\":[],\"extra\":{\"deep\":[1]}}", true)]
    [InlineData("{\"opening_fee_params_menu\":{}}", false)]
    [InlineData("{\"opening_fee_params_menu\":null}", false)]
    [InlineData("{\"opening_fee_params_menu\":[1]}", false)]
    [InlineData("{}", false)]
    [InlineData("[]", false)]
    [InlineData("7", false)]
    public void A_menu_may_be_empty_and_its_message_may_say_more(string result, bool read)
    {
        Assert.Equal(read, MenuReading.Read(Offers.Json(result), out string? problem) is not null);
        Assert.Equal(read, problem is null);
    }

    [Theory]
    [Trait("Requirement", "R52-38")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144}", false)]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":false,\"more\":[{}]}", false)]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":null}", false)]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":true}", true)]
    public void Who_trusts_whom_is_read_and_absent_means_the_provider_trusts(string result, bool trusts) =>
        Assert.Equal(new BuyResult(Scid.Parse("29451x4815x1"), new BlockCount(144), trusts), BuyResult.Read(Offers.Json(result), out _));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_purchase_grants_is_read_as_it_was_written(bool trusts)
    {
        var granted = new BuyResult(Scid.Parse("29451x4815x1"), new BlockCount(144), trusts);
        string written = Object(granted.Write);
        Assert.Equal($"{{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":{(trusts ? "true" : "false")}}}", written);
        Assert.Equal(granted, BuyResult.Read(Offers.Json(written), out _));
    }

    [Fact]
    public void A_policy_plugin_is_asked_with_the_offer_as_it_was_promised() =>
        Assert.Equal($"{{\"opening_fee_params\":{Offers.Write(Offers.Plain)}}}", Object(writer => PolicyContract.WriteFeeParams(writer, Offers.Plain)));

    [Theory]
    [InlineData(1U)]
    [InlineData(2016U)]
    public void The_shortest_and_the_longest_delta_are_accepted(uint delta) =>
        Assert.Equal(new BlockCount(delta), BuyResult.Read(Offers.Json($"{{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":{delta}}}"), out _)?.CltvExpiryDelta);

    [Theory]
    [Trait("Requirement", "R50-49")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":\"true\"}")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":144,\"client_trusts_lsp\":1}")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":0}")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":2017}")]
    [InlineData("{\"jit_channel_scid\":\"29451x4815x1\",\"lsp_cltv_expiry_delta\":\"144\"}")]
    [InlineData("{\"jit_channel_scid\":\"29451:4815:1\",\"lsp_cltv_expiry_delta\":144}")]
    [InlineData("{\"jit_channel_scid\":\"16777216x0x0\",\"lsp_cltv_expiry_delta\":144}")]
    [InlineData("{\"jit_channel_scid\":1,\"lsp_cltv_expiry_delta\":144}")]
    [InlineData("{\"lsp_cltv_expiry_delta\":144}")]
    [InlineData("null")]
    [Covers("X24")]
    public void A_hostile_answer_to_a_purchase_is_a_problem_and_no_more(string result)
    {
        Assert.Null(BuyResult.Read(Offers.Json(result), out string? problem));
        Assert.NotNull(problem);
    }

    [Theory]
    [Trait("Requirement", "R50-42")]
    [InlineData("{}", "")]
    [InlineData("{\"opening_fee_params\":{}}", "")]
    [InlineData("{\"opening_fee_params\":7}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size_msat\":1000000}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size_msat\":\"-1\"}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size_msat\":\"1.5\"}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size_msat\":\"18446744073709551616\"}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size_msat\":\"\"}", "")]
    [InlineData("{\"opening_fee_params\":P,\"payment_size\":\"1\",\"x\":2}", "payment_size,x")]
    [InlineData("{\"opening_fee_params\":Q}", "surprise")]
    [Covers("X03", "X07")]
    public void A_wrong_purchase_is_invalid_params_with_the_unknown_names(string parameters, string unknown)
    {
        string wire = parameters.Replace("P", Offers.Write(Offers.Plain), StringComparison.Ordinal).Replace("Q", Offers.With(Offers.Plain, "surprise", "1"), StringComparison.Ordinal);
        Assert.Null(BuyRequest.Read(Offers.Json(wire), out LspsError? error));
        Assert.Equal((LspsError.InvalidParams, unknown), (error!.Code, string.Join(',', error.Unrecognized)));
    }

    [Theory]
    [Trait("Requirement", "R52-30")]
    [Trait("Requirement", "R52-31")]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("18446744073709551615")]
    public void A_purchase_with_and_without_a_size_is_read(string? size)
    {
        string wire = $"{{\"opening_fee_params\":{Offers.Write(Offers.Plain)}{(size is null ? "" : $",\"payment_size_msat\":\"{size}\"")}}}";
        BuyRequest? buy = BuyRequest.Read(Offers.Json(wire), out _);
        Assert.Equal(new BuyRequest(Offers.Plain, size is null ? null : new Msat(ulong.Parse(size))), buy);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void A_token_is_bounded(int chars, bool read) =>
        Assert.Equal(read, GetInfoRequest.Read(Offers.Json($"{{\"token\":\"{new string('t', chars)}\"}}"), out _) is not null);

    [Theory]
    [InlineData("promise", "\"\\ud800\"")]
    [InlineData("\\udc00", "1")]
    [InlineData("min_fee_msat", "\"\\ud800\"")]
    [InlineData("min_fee_msat", "-1")]
    [InlineData("min_fee_msat", "1.5")]
    [InlineData("min_fee_msat", "1e400")]
    [InlineData("valid_until", "\"tomorrow, at the very latest\"")]
    public void What_an_operator_or_a_policy_plugin_got_wrong_is_a_problem_and_no_more(string name, string value)
    {
        JsonElement wrong = Offers.Json(Offers.With(Offers.Plain, name, value));
        Assert.Null(OpeningFeeParamsJson.Read(wrong, out LspsError? error));
        Assert.NotNull(error);
        Assert.Null(OpeningFeeParamsJson.ReadRecord(wrong, out string? problem));
        Assert.NotNull(problem);
    }

    private static string Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

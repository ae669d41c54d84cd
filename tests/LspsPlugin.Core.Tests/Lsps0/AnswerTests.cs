using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

/// <summary>Whatever a peer sends, there is an answer that fits, and no answer is ever answered.</summary>
public sealed class AnswerTests
{
    private static readonly Gen<string> Texts = Gen.Elements(
        "", "a", "lsps2.get_info", "\\u0000", "\\u202e", "\\ud83d\\ude00", "😀", "é", "\\\"", "null", new string('n', 600), new string('é', 300), new string('x', 65_000));

    private static readonly Gen<string> Values = Gen.OneOf(
        Texts.Select(text => $"\"{text}\""),
        Gen.Elements("null", "true", "false", "0", "-1", "1e400", "1.50", "18446744073709551616", "{}", "[]", "[{}]", "{\"code\":-32700}", "{\"code\":\"x\",\"message\":7}", "\"\\ud800\""),
        Texts.Select(text => $"{{\"{text}\":{{\"code\":1,\"message\":\"{text}\"}}}}"));

    private static readonly Gen<string> Members = from name in Gen.Elements("jsonrpc", "id", "method", "params", "result", "error", "extra")
                                                  from value in Gen.Frequency((1, Gen.Constant("\"2.0\"")), (3, Values))
                                                  select $"\"{name}\":{value}";

    /// <summary>Objects of the protocol's members in any combination, half of them with the version that a request needs.</summary>
    private static readonly Gen<string> Objects = from members in Members.ListOf()
                                                  from version in Gen.Elements("", "\"jsonrpc\":\"2.0\",")
                                                  select $"{{{version}{string.Join(',', members)}{(members.Count == 0 ? "\"x\":0" : "")}}}";

    private static readonly Gen<byte[]> Bodies = Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        Objects.Select(Encoding.UTF8.GetBytes),
        from text in Objects from at in Gen.Choose(0, 400) from with in Gen.Choose(0, 255) select Damaged(text, at, (byte)with),
        from text in Objects from at in Gen.Choose(0, 400) select Encoding.UTF8.GetBytes(text)[..Math.Min(at, Encoding.UTF8.GetByteCount(text))]);

    [Fact]
    [Trait("Requirement", "R50-05")]
    [Trait("Requirement", "R50-06")]
    [Trait("Requirement", "R50-16")]
    [Covers("X06")]
    public void Two_nodes_with_both_roles_never_answer_each_others_answers() => Prop.ForAll(Bodies.ToArbitrary(), body =>
    {
        if (ProviderAnswers(body) is not { } answer) return true;
        return answer.Length <= Lsps0Message.MaxBodyBytes && Lsps0Message.Parse(answer) is Lsps0Response && ProviderAnswers(answer) is null;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Theory]
    [Trait("Requirement", "R50-10")]
    [InlineData("{\"id\":\"LONG\"}")]
    [InlineData("{\"id\":\"LONG\",\"method\":\"m\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"LONG\",\"method\":\"m\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"LONG\",\"method\":7}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":[\"LONG\"],\"method\":\"m\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":{\"a\":1},\"method\":\"m\"}")]
    [Covers("X04")]
    public void An_id_that_cannot_be_echoed_is_answered_with_null(string body)
    {
        JsonElement answer = Json(ProviderAnswers(Encoding.UTF8.GetBytes(body.Replace("LONG", new string('i', 65_000), StringComparison.Ordinal)))!);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("id").ValueKind);
        Assert.Equal(LspsError.InvalidRequest, answer.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Theory]
    [Trait("Requirement", "R50-18")]
    [InlineData("\"a\\\"b\\u0001\"")]
    [InlineData("\"\\u00e9é😀\"")]
    [InlineData("12345678901234567890123")]
    [InlineData("1.50")]
    [InlineData("-0")]
    public void An_id_comes_back_as_it_was(string id)
    {
        byte[] answer = ProviderAnswers(Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"m\"}}"))!;
        Assert.True(JsonElement.DeepEquals(Json(Encoding.UTF8.GetBytes(id)), Json(answer).GetProperty("id")));
    }

    [Fact]
    [Trait("Requirement", "R50-28")]
    [Trait("Requirement", "R50-42")]
    public void Names_that_nobody_knows_are_listed_however_long_and_many_they_are()
    {
        string names = string.Join(',', Enumerable.Range(0, 16).Select(i => $"\"{i:x}{string.Concat(Enumerable.Repeat("😀", 1000))}\":0"));
        ImmutableArray<string> unknown = new ParamsReader(Json(Encoding.UTF8.GetBytes($"{{{names}}}"))).Unrecognized();
        JsonElement error = Json(Lsps0Writer.Error(Json("\"1\""u8), LspsError.NotRecognized(unknown))).GetProperty("error");
        Assert.Equal(LspsError.InvalidParams, error.GetProperty("code").GetInt32());
        Assert.Equal(16, error.GetProperty("data").GetProperty("unrecognized").GetArrayLength());
        Assert.All(error.GetProperty("data").GetProperty("unrecognized").EnumerateArray(), name => Assert.DoesNotContain('\uFFFD', name.GetString()!));
    }

    [Theory]
    [Trait("Requirement", "R50-27")]
    [InlineData(LspsError.InvalidParams, true)]
    [InlineData(LspsError.ClientRejected, false)]
    [InlineData(LspsError.UnknownMethod, false)]
    [InlineData(LspsError.Internal, false)]
    [InlineData(Lsps2Error.InvalidOpeningFeeParams, false)]
    public void Data_goes_with_the_code_that_must_have_it_and_with_no_other(int code, bool hasData) =>
        Assert.Equal(hasData, Json(Lsps0Writer.Error(null, LspsError.Of(code, "m"))).GetProperty("error").TryGetProperty("data", out _));

    [Fact]
    [Trait("Requirement", "R50-44")]
    public void Text_is_written_without_needless_escapes()
    {
        string body = Encoding.UTF8.GetString(Lsps0Writer.Request("a/b+c", "lsps2.get_info", json => json.WriteString("token"u8, "<é&'+/>😀")));
        Assert.Equal("{\"jsonrpc\":\"2.0\",\"id\":\"a/b+c\",\"method\":\"lsps2.get_info\",\"params\":{\"token\":\"<é&'+/>😀\"}}", body);
    }

    /// <summary>What a provider sends back, as the host's router decides it: answers are for requests and for what is neither a request nor an answer.</summary>
    private static byte[]? ProviderAnswers(ReadOnlyMemory<byte> body) => Lsps0Message.Parse(body) switch
    {
        Lsps0Request { Params: { ValueKind: JsonValueKind.Object } given } request when !new ParamsReader(given).Unrecognized().IsEmpty =>
            Lsps0Writer.Error(request.Id, LspsError.NotRecognized(new ParamsReader(given).Unrecognized())),
        Lsps0Request { Params: null } request => Lsps0Writer.Result(request.Id, static _ => { }),
        Lsps0Request request => Lsps0Writer.Error(request.Id, LspsError.Of(LspsError.UnknownMethod, "method not found")),
        Lsps0InvalidRequest invalid => Lsps0Writer.Error(invalid.Id, LspsError.Of(LspsError.InvalidRequest, invalid.Reason)),
        Lsps0Malformed => Lsps0Writer.Error(null, LspsError.Of(LspsError.BadFormat, "bad message format")),
        _ => null,
    };

    private static byte[] Damaged(string text, int at, byte with)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        bytes[at % bytes.Length] = with;
        return bytes;
    }

    private static JsonElement Json(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        return JsonElement.ParseValue(ref reader);
    }
}

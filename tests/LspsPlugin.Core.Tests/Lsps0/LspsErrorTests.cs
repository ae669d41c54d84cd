using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

public sealed class LspsErrorTests
{
    [Fact]
    [Trait("Requirement", "R50-23")]
    public void No_text_of_a_peer_can_steer_a_terminal_or_break_a_line() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
    {
        string safe = LspsError.Sanitize(text ?? "");
        return safe.Length <= 256
            && !safe.Any(c => char.IsControl(c) || c == '<' || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            && safe == LspsError.Sanitize(safe);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [Trait("Requirement", "R50-23")]
    [InlineData("\u202egnp.exe", "?gnp.exe")]
    [InlineData("a\u200bb\ufeffc", "a?b?c")]
    [InlineData("\u001b[2J", "?[2J")]
    [InlineData("line\r\nline\u2028line", "line??line?line")]
    [InlineData("naïve 😀", "naïve 😀")]
    public void What_reorders_hides_or_clears_text_is_replaced(string text, string safe) => Assert.Equal(safe, LspsError.Sanitize(text));

    [Fact]
    [Trait("Requirement", "R50-23")]
    public void A_long_text_is_cut_between_characters()
    {
        string safe = LspsError.Sanitize(new string('a', 255) + "😀");
        Assert.Equal(new string('a', 255), safe);
        Assert.Equal(safe, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(safe)));
    }

    [Theory]
    [Trait("Requirement", "R50-22")]
    [Trait("Requirement", "R50-26")]
    [InlineData("{\"code\":-32602,\"message\":\"m\"}", -32602, "m")]
    [InlineData("{\"code\":200}", 200, "")]
    [InlineData("{\"message\":\"m\"}", LspsError.Internal, "m")]
    [InlineData("{\"code\":1e3,\"message\":[]}", LspsError.Internal, "")]
    [InlineData("{\"code\":99999999999,\"message\":\"a\\nb\"}", LspsError.Internal, "a?b")]
    [InlineData("\"boom\"", LspsError.Internal, "")]
    public void An_error_of_any_shape_is_an_error(string error, int code, string message)
    {
        var response = Assert.IsType<Lsps0Response>(Lsps0Message.Parse(Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"error\":{error}}}")));
        Assert.Equal((code, message), (response.Error!.Code, response.Error.Message));
    }

    [Theory]
    [Trait("Requirement", "R50-25")]
    [Trait("Requirement", "R50-40")]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(203)]
    [InlineData(-32700)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void People_read_our_words_and_never_the_peers(int code)
    {
        LspsError error = LspsError.Of(code, "<script>call 555-EVIL</script>");
        Assert.All(new[] { error.Explain(), Lsps2Error.Explain(error) }, shown =>
        {
            Assert.NotEmpty(shown);
            Assert.DoesNotContain("EVIL", shown, StringComparison.Ordinal);
        });
    }

    /// <summary>Another protocol may give the same number another meaning.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(203)]
    public void A_code_of_one_protocol_means_nothing_in_another(int code)
    {
        LspsError error = LspsError.Of(code, "");
        Assert.EndsWith($"(code {code})", error.Explain(), StringComparison.Ordinal);
        Assert.DoesNotContain("(code", Lsps2Error.Explain(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LspsError.BadFormat, "did not understand")]
    [InlineData(LspsError.InvalidRequest, "did not understand")]
    [InlineData(LspsError.UnknownMethod, "did not understand")]
    [InlineData(LspsError.InvalidParams, "did not understand")]
    [InlineData(LspsError.ClientRejected, "does not serve")]
    [InlineData(LspsError.Internal, "temporary problem")]
    [InlineData(-32099, "temporary problem")]
    [InlineData(-32000, "temporary problem")]
    [InlineData(-32100, "does not know")]
    [InlineData(-31999, "does not know")]
    [InlineData(0, "does not know")]
    public void What_went_wrong_is_told_by_the_code(int code, string words) => Assert.Contains(words, LspsError.Of(code, "").Explain(), StringComparison.Ordinal);

    [Theory]
    [InlineData(255, 255)]
    [InlineData(256, 256)]
    [InlineData(257, 256)]
    public void A_text_is_cut_at_256_characters(int chars, int left) => Assert.Equal(left, LspsError.Sanitize(new string('a', chars)).Length);
}

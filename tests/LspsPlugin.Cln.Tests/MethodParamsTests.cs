using System.Text.Json;
using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Tests;

public class MethodParamsTests
{
    private const string Usage = "lsp_id amount_msat [token]";

    [Theory]
    [InlineData("""{"lsp_id":"02","amount_msat":5}""")]
    [InlineData("""["02",5]""")]
    [InlineData("""["02",5,null]""")]
    [InlineData("""{"amount_msat":5,"lsp_id":"02","token":null}""")]
    public void By_name_or_by_position_it_is_the_same_call(string parameters)
    {
        Dictionary<string, JsonElement>? bound = Bind(parameters, out string? problem);
        Assert.Null(problem);
        Assert.Equal(["amount_msat", "lsp_id"], bound!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("02", bound["lsp_id"].GetString());
    }

    [Theory]
    [InlineData("""{"lsp_id":"02","amount_msat":5,"lable":"x"}""", "lable")]
    [InlineData("""{"lsp_id":"02"}""", "amount_msat")]
    [InlineData("""{"lsp_id":null,"amount_msat":5}""", "lsp_id")]
    [InlineData("""["02"]""", "amount_msat")]
    [InlineData("""["02",5,"t",7]""", "too many")]
    [InlineData("[]", "lsp_id")]
    [InlineData("null", "lsp_id")]
    [InlineData("7", "lsp_id")]
    public void What_is_missing_or_unknown_is_named(string parameters, string named)
    {
        Assert.Null(Bind(parameters, out string? problem));
        Assert.Contains(named, problem, StringComparison.Ordinal);
    }

    private static Dictionary<string, JsonElement>? Bind(string parameters, out string? problem) =>
        MethodParams.Bind(Usage, JsonDocument.Parse(parameters).RootElement, out problem);
}

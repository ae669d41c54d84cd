using LspsPlugin.Fuzz;
using LspsPlugin.Fuzz.Targets;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Hostile;

/// <summary>A short walk through the targets of <c>./build.sh fuzz</c>, from fixed seeds; the command goes on from where it is told.</summary>
public class HostileInputTests
{
    private const int Readings = 1500;
    private const int WholeRuns = 120;

    [Theory]
    [Covers("X02", "S21")]
    [InlineData("frames")]
    [InlineData("envelope")]
    [InlineData("htlc-scan")]
    public void Readers_of_the_hosts_stream_stand_any_bytes(string target) => Stands(target, Readings);

    [Theory]
    [Covers("X01", "X02", "X03", "X04", "X05", "X06", "X07", "X08", "X09", "X24", "A29")]
    [InlineData("lsps0")]
    [InlineData("lsps2-results")]
    [InlineData("policy")]
    public void Readers_of_peers_messages_stand_any_bytes(string target) => Stands(target, Readings);

    [Theory]
    [Covers("A32", "X25")]
    [InlineData("tlv")]
    [InlineData("onion")]
    [InlineData("extra-fee")]
    [InlineData("bolt11")]
    [InlineData("psbt")]
    public void Readers_of_lightnings_values_stand_any_bytes(string target) => Stands(target, Readings);

    [Theory]
    [Covers("S04", "S05")]
    [InlineData("record")]
    [InlineData("income")]
    [InlineData("purchase")]
    [InlineData("options")]
    [InlineData("prices")]
    [InlineData("setconfig")]
    public void Readers_of_what_others_wrote_down_stand_any_bytes(string target) => Stands(target, Readings / 3);

    [Theory]
    [Covers("S13", "S21", "X01", "X02", "X03", "X04")]
    [InlineData("htlc_accepted")]
    [InlineData("openchannel")]
    [InlineData("rpc_command")]
    [InlineData("custommsg")]
    [InlineData("custommsg-raw")]
    [InlineData("notifications")]
    [InlineData("requests")]
    [InlineData("init")]
    [InlineData("stdin")]
    public void The_whole_process_answers_once_and_validly_and_goes_on(string target) => Stands(target, WholeRuns);

    [Fact]
    public void Every_target_of_the_command_is_walked_through_here()
    {
        IEnumerable<object?[]> walked = GetType().GetMethods()
            .SelectMany(method => method.GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>()).Select(data => data.Data);
        Assert.Equal(AllTargets.List.Select(target => target.Name).Order(), walked.Select(data => (string)data[0]!).Order());
    }

    private static void Stands(string target, int inputs)
    {
        (int tried, Finding? finding) = FuzzRun.Run(AllTargets.Find(target), seed: 1, i => i < inputs);
        Assert.True(finding is null, finding?.Shrink().ToString());
        Assert.Equal(inputs, tried);
    }
}

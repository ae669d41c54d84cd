namespace LspsPlugin.Desk.Tests;

public class ArgumentsTests
{
    [Theory]
    [InlineData("top", "/home/op/.lightning/bitcoin/lightning-rpc")]
    [InlineData("top --network=regtest", "/home/op/.lightning/regtest/lightning-rpc")]
    [InlineData("top --signet", "/home/op/.lightning/signet/lightning-rpc")]
    [InlineData("top --lightning-dir /srv/ln --mainnet", "/srv/ln/bitcoin/lightning-rpc")]
    [InlineData("report --lightning-dir=/srv/ln --rpc-file=rpc", "/srv/ln/bitcoin/rpc")]
    [InlineData("report --rpc-file /run/node/rpc --testnet4", "/run/node/rpc")]
    public void The_socket_is_where_lightning_cli_looks_for_it(string line, string socket) => Assert.Equal(socket, Read(line).Read?.Socket);

    [Fact]
    public void What_is_not_said_has_a_default()
    {
        Arguments top = Read("top").Read!, report = Read("report").Read!;
        Assert.Equal((Command.Top, TimeSpan.FromSeconds(5), false), (top.Command, top.Interval, top.Once));
        Assert.Equal((Command.Report, 30), (report.Command, report.Days));
        Assert.Equal((TimeSpan.FromSeconds(0.5), true), (Read("top --interval=0.5 --once").Read!.Interval, Read("top --interval=0.5 --once").Read!.Once));
        Assert.Equal(365, Read("report --days 365").Read!.Days);
    }

    [Theory]
    [InlineData("top --interval=0", "--interval is '0', and must be a number of seconds from 0.5 to 3600")]
    [InlineData("top --interval=NaN", "--interval is 'NaN'")]
    [InlineData("top --interval=-5", "--interval is '-5'")]
    [InlineData("top --interval", "--interval needs a value")]
    [InlineData("top --days=3", "top has no argument '--days=3'")]
    [InlineData("top --once=1", "top has no argument '--once=1'")]
    [InlineData("report --days=0", "--days is '0', and must be a whole number from 1 to 3660")]
    [InlineData("report --days=1.5", "--days is '1.5'")]
    [InlineData("report --days=99999999999", "--days is '99999999999'")]
    [InlineData("report --once", "report has no argument '--once'")]
    [InlineData("report today", "report has no argument 'today'")]
    [InlineData("report --network=", "--network needs a value")]
    public void A_wrong_argument_is_one_sentence(string line, string words)
    {
        (Arguments? read, string? problem) = Read(line);
        Assert.Null(read);
        Assert.StartsWith(words, problem, StringComparison.Ordinal);
    }

    private static (Arguments? Read, string? Problem) Read(string line) => Arguments.Read(line.Split(' '), new FakeTerminal().Variable);
}

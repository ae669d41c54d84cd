using LspsPlugin.Core.Lsps0;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps0;

public sealed class LspsTimeTests
{
    [Fact]
    public void The_first_moment_that_is_read_is_the_beginning_of_1970()
    {
        Assert.Equal(DateTimeOffset.UnixEpoch, LspsTime.Read("1970-01-01T00:00:00.000Z"));
        Assert.Equal(DateTimeOffset.UnixEpoch, LspsTime.ReadPeer("1970-01-01T00:00:00Z"));
        Assert.Equal(DateTimeOffset.UnixEpoch, LspsTime.ReadLenient("1970-01-01T00:00:00Z"));
        Assert.Null(LspsTime.Read("1969-12-31T23:59:59.999Z"));
        Assert.Null(LspsTime.ReadPeer("1969-12-31T23:59:59.999Z"));
        Assert.Null(LspsTime.ReadLenient("1969-12-31T23:59:59.999Z"));
    }

    [Theory]
    [InlineData("2026-11-21T13:00:00,5Z")]
    [InlineData("2026-11-21T13:00:00:5Z")]
    [InlineData("2026-11-21T13:00:0005Z")]
    public void Only_a_point_separates_the_decimals_of_a_peers_date(string date) => Assert.Null(LspsTime.ReadPeer(date));

    /// <summary>Any zone and any number of decimals, but neither a date alone nor a text without end.</summary>
    [Theory]
    [InlineData("2026-11-21", false)]
    [InlineData("2026-11-21 13:00:00", false)]
    [InlineData("2026-11-21T13:00:00Z", true)]
    [InlineData("2026-11-21T14:00:00+01:00", true)]
    [InlineData("2026-11-21T13:00:00.1234567Z            ", true)]
    [InlineData("2026-11-21T13:00:00.1234567Z             ", false)]
    public void A_date_of_a_policy_plugin_has_20_to_40_characters(string date, bool isRead)
    {
        DateTimeOffset? read = LspsTime.ReadLenient(date);
        Assert.Equal(isRead, read is not null);
        if (isRead) Assert.Equal(new DateTimeOffset(2026, 11, 21, 13, 0, 0, TimeSpan.Zero), LspsTime.Truncate(read!.Value).AddMilliseconds(-read.Value.Millisecond));
    }
}

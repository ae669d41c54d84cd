using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Tests;
using Xunit;

namespace LspsPlugin.Core.Tests.Lsps2;

/// <summary>Other implementations write dates with as many decimals as they need; their offers are bought, and they buy ours.</summary>
public sealed class PeerDateTests
{
    private static readonly NodeId Client = NodeId.Parse("02" + new string('1', 64));

    [Theory]
    [Trait("Requirement", "R52-27")]
    [InlineData("2026-11-21T13:00:00Z")]
    [InlineData("2026-11-21T13:00:00.5Z")]
    [InlineData("2026-11-21T13:00:00.000Z")]
    [InlineData("2026-11-21T13:00:00.196973Z")]
    [InlineData("2026-11-21T13:00:00.196973123Z")]
    public void An_offer_goes_back_with_its_date_verbatim_also_from_the_record(string date)
    {
        string wire = Offers.With(Offers.Plain, "valid_until", $"\"{date}\"");
        OpeningFeeParams read = OpeningFeeParamsJson.Read(Offers.Json(wire), out _)!;
        Assert.Equal(date, Offers.Json(Offers.Write(read)).GetProperty("valid_until").GetString());
        Assert.Equal(read, OpeningFeeParamsJson.ReadRecord(Offers.Json(Offers.Write(read)), out _));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 13, 0, 0, TimeSpan.Zero), read.ValidUntil.AddMilliseconds(-read.ValidUntil.Millisecond).AddMicroseconds(-read.ValidUntil.Microsecond).AddTicks(-(read.ValidUntil.Ticks % 10)));
    }

    [Fact]
    [Trait("Requirement", "R52-28")]
    public void A_client_that_leaves_out_zero_decimals_can_buy_and_one_that_adds_time_cannot()
    {
        byte[] key = new byte[32];
        OpeningFeeParams offer = Offers.Plain with { Promise = Promise.Make(key, Offers.Plain, Client, token: null) };
        Assert.Null(Buy("2026-11-21T13:00:00Z"));
        Assert.Null(Buy("2026-11-21T13:00:00.000000Z"));
        Assert.Equal(Lsps2Error.InvalidOpeningFeeParams, Buy("2026-11-21T13:00:00.0000001Z")!.Code);
        Assert.Equal(Lsps2Error.InvalidOpeningFeeParams, Buy("2026-11-21T13:00:00.001Z")!.Code);

        LspsError? Buy(string date) => new BuyRequest(OpeningFeeParamsJson.Read(Offers.Json(Offers.With(offer, "valid_until", $"\"{date}\"")), out _)!, null).GetRejection(key, Client, Offers.Now);
    }

    [Theory]
    [Trait("Requirement", "R50-56")]
    [InlineData("2026-11-21T13:00:00.Z")]
    [InlineData("2026-11-21T13:00:00.1234567890Z")]
    [InlineData("2026-11-21T13:00:00.12345678xZ")]
    [InlineData("2026-11-21T13:00:00+00:00")]
    [InlineData("2026-11-21T13:00:00z")]
    [InlineData("2026-11-21 13:00:00Z")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("2026-02-30T13:00:00Z")]
    [InlineData("")]
    [Covers("X08")]
    public void Any_other_form_is_refused(string date) => Assert.Null(LspsTime.ReadPeer(date));
}

using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>The wallet's records as the version before wrote them: each is read, and written in the same bytes.</summary>
[Covers("S20")]
public class RecordsOfVersionBeforeTests
{
    public static TheoryData<string> Names => [.. RecordedRecord.Names("wallet")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_record_is_read_and_written_in_the_same_bytes(string name)
    {
        RecordedRecord recorded = RecordedRecord.Of(name);
        string? problem = null;
        string again = recorded.Key[..2] switch
        {
            ["lsps", "purchases"] => Purchase.Read(Scid.Parse(recorded.Key[^1]), recorded.Text, out problem)!.Write(),
            ["lsps", "client"] or ["lsps", "invoice"] => recorded.Text,
            ["lsps-client", "granted"] => GrantedChannel.Read(recorded.Text, out problem)!.Write(),
            ["lsps-client", "owed"] => TrustedChannel.Read(recorded.Text, out problem)!.Write(),
            var other => throw new InvalidOperationException(string.Join('/', other)),
        };
        Assert.Null(problem);
        Assert.Equal(recorded.Text, again);
    }

    [Fact]
    public void A_purchase_that_is_not_approved_has_no_payment() => Assert.Equal((null, false), (Bought("purchase").PaymentHash, Bought("purchase").AwaitsConfirmation));

    [Fact]
    public void An_approved_purchase_knows_its_payment() => Assert.NotNull(Bought("purchase-approved").PaymentHash);

    [Fact]
    public void A_purchase_without_trust_awaits_the_confirmation() => Assert.True(Bought("purchase-awaiting").AwaitsConfirmation);

    [Fact]
    public void A_grant_knows_its_channel_once_it_was_found()
    {
        Assert.Null(GrantedChannel.Read(RecordedRecord.Of("wallet/granted").Text, out _)!.ChannelId);
        Assert.NotNull(GrantedChannel.Read(RecordedRecord.Of("wallet/granted-found").Text, out _)!.Alias);
    }

    [Fact]
    public void What_is_owed_has_an_amount() => Assert.True(TrustedChannel.Read(RecordedRecord.Of("wallet/owed").Text, out _)!.Amount > Msat.Zero);

    private static Purchase Bought(string name)
    {
        RecordedRecord recorded = RecordedRecord.Of($"wallet/{name}");
        return Purchase.Read(Scid.Parse(recorded.Key[^1]), recorded.Text, out _)!;
    }
}

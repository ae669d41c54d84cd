using LspsPlugin.Cln.Provider.Records;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Whether a plugin whose provider is switched off may go: only where nothing is owed for sure.</summary>
public class ObligationsTests
{
    [Theory]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"phase":"SomethingNew"}""")]
    [Covers("S28")]
    public void A_record_that_cannot_be_read_is_owed(string text) => Run(text, static owed => Assert.Equal((1, true), (owed.Sessions, owed.Any)));

    [Fact]
    [Covers("S28")]
    public void An_offer_that_nobody_paid_for_is_not() => Run(Written(state: null), static owed => Assert.Equal((0, false), (owed.Sessions, owed.Any)));

    [Fact]
    [Covers("S28")]
    public void What_is_over_is_not_and_everything_under_way_is()
    {
        foreach (SavedState state in Sample.States()) Run(Written(state), owed => Assert.Equal(state.Phase != Phase.Ended, owed.Any));
    }

    private static string Written(SavedState? state) => RecordJson.Write(new SessionRecord(Sample.Offer, state is null ? null : Sample.Hash, state, null));

    private static void Run(string active, Action<Obligations> check) => EventLoop.Run(async _ =>
    {
        var store = new FakeDatastore();
        store.Put($"lsps/lsps2/sessions/active/{Sample.JitScid}", active);
        check((await Obligations.ReadAsync(FakeNode.Client(store.Answer), default))!);
        return 0;
    });
}

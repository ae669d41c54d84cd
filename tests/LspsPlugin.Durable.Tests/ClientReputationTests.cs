using FsCheck;
using FsCheck.Fluent;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LspsPlugin.Durable.Tests;

public class ClientReputationTests
{
    private static readonly ReputationLimits Limits = ReputationLimits.Default;
    private static readonly NodeId Client = Node('1'), Other = Node('2');

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void What_counts_is_kept_with_its_cause_until_all_of_it_is_forgiven()
    {
        var standings = new ClientReputation(() => Limits with { FailedOpenings = 2 }, _clock);
        standings.Count(Client, cause: "PaymentRejected");
        standings.Count(Client, ClientReputation.UnpaidOffer, cause: ClientReputation.OfferUnpaid);
        standings.Count(Client, cause: "PaymentRejected");
        Assert.Equal(new Dictionary<string, int> { ["PaymentRejected"] = 2, [ClientReputation.OfferUnpaid] = 1 }, Assert.Single(standings.Listed()).Causes);
        _clock.Advance(Limits.Forgiveness * 3);
        standings.Count(Client, 3, cause: "ClientDisconnected");
        Assert.Equal(new Dictionary<string, int> { ["ClientDisconnected"] = 1 }, Assert.Single(standings.Listed()).Causes);
    }

    [Fact]
    [Covers("X20")]
    public void Whatever_a_client_wastes_it_is_refused_only_from_the_bound_on_and_is_as_new_once_all_is_forgiven()
    {
        var stories = from steps in (from wasted in Gen.Choose(0, 3) from seconds in Gen.Choose(0, 1500) select (Wasted: wasted, Seconds: seconds)).ArrayOf()
                      from limit in Gen.Choose(1, 6)
                      select (Steps: steps, Limit: limit);
        Prop.ForAll(stories.ToArbitrary(), story =>
        {
            ReputationLimits limits = Limits with { FailedOpenings = story.Limit };
            var standings = new ClientReputation(() => limits, _clock);
            double owed = 0;
            foreach ((int wasted, int seconds) in story.Steps)
            {
                for (int i = 0; i < wasted; i++) standings.Count(Client);
                owed += wasted;
                double tooMany = owed - (limits.FailedOpenings - 1);
                if (Math.Abs(tooMany) > 1e-6) Assert.Equal(tooMany > 0, standings.Of(Client) == ReputationLevel.Refused);
                Assert.Equal(ReputationLevel.Good, standings.Of(Other));
                _clock.Advance(TimeSpan.FromSeconds(seconds));
                owed = Math.Max(0, owed - (seconds / limits.Forgiveness.TotalSeconds));
            }

            _clock.Advance(limits.Forgiveness * (owed + 0.001));
            Assert.Equal(ReputationLevel.Good, standings.Of(Client));
            Assert.Empty(standings.Listed());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_pause_doubles_with_each_opening_that_comes_to_nothing_and_the_first_is_free()
    {
        var standings = new ClientReputation(() => Limits with { FailedOpenings = 100 }, _clock);
        var pauses = new List<double>();
        for (int i = 0; i < 8; i++)
        {
            standings.Count(Client);
            pauses.Add(standings.Listed().Select(client => Math.Round(client.Left.TotalSeconds)).SingleOrDefault());
        }

        Assert.Equal([0, 15, 30, 60, 120, 240, 480, 600], pauses);
        _clock.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal(ReputationLevel.Good, standings.Of(Client));
    }

    [Fact]
    public void Small_things_add_up_but_slow_nobody()
    {
        var standings = new ClientReputation(static () => Limits, _clock);
        for (int i = 0; i < 39; i++) standings.Count(Client, ClientReputation.UnpaidOffer);
        Assert.Equal(ReputationLevel.Good, standings.Of(Client));
        for (int i = 0; i < 3; i++) standings.Count(Client, ClientReputation.UnpaidOffer);
        Assert.Equal(ReputationLevel.Refused, standings.Of(Client));
        Assert.True(standings.Forgive(Client));
        Assert.False(standings.Forgive(Client));
        Assert.Equal(ReputationLevel.Good, standings.Of(Client));
    }

    [Fact]
    public void What_is_read_from_the_record_counts_as_if_it_had_been_seen_then()
    {
        ClientReputation seen = new(static () => Limits, _clock), read = new(static () => Limits, _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        foreach (int seconds in new[] { 0, 60, 300, 30, 200 })
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            seen.Count(Client);
        }

        _clock.Advance(TimeSpan.FromSeconds(45));
        foreach (int ago in new[] { 635, 575, 275, 245, 45 }) read.Count(Client, ago: TimeSpan.FromSeconds(ago));
        Assert.Equal(seen.Listed().Single().Wasted, read.Listed().Single().Wasted, precision: 6);
        Assert.Equal(seen.Of(Client), read.Of(Client));
    }

    [Fact]
    public void However_many_strangers_come_those_that_cost_most_are_remembered()
    {
        var standings = new ClientReputation(static () => Limits, _clock);
        for (int i = 0; i < 6; i++) standings.Count(Client);
        for (int i = 0; i < 3000; i++) standings.Count(NodeId.Parse($"02{i:x64}"), ClientReputation.UnpaidOffer);
        Assert.Equal(ReputationLevel.Refused, standings.Of(Client));
    }

    [Fact]
    public void A_stranger_takes_the_place_of_whoever_cost_least_and_only_if_all_places_are_taken()
    {
        var standings = new ClientReputation(static () => Limits, _clock);
        NodeId[] clients = [.. Enumerable.Range(0, 1001).Select(i => NodeId.Parse($"02{i:x64}"))];
        standings.Count(clients[0], 0.01); // forgiven after six seconds
        _clock.Advance(TimeSpan.FromSeconds(10));
        standings.Count(clients[1], 0.5);
        foreach (NodeId client in clients[2..1000]) standings.Count(client);
        standings.Count(clients[1], 0.1); // it has its place
        Assert.All(clients[1..1000], client => Assert.True(standings.Wastes(client)));

        standings.Count(clients[1000]); // there is room: nothing counts against the first of them any more
        standings.Count(clients[2], 0.1);
        Assert.All(clients[1..], client => Assert.True(standings.Wastes(client)));
        standings.Count(clients[0]);
        Assert.False(standings.Wastes(clients[1]));
        Assert.All(clients[2..], client => Assert.True(standings.Wastes(client)));
        Assert.True(standings.Wastes(clients[0]));
    }

    [Fact]
    public void Whatever_counts_wastes_until_it_is_forgiven()
    {
        var standings = new ClientReputation(static () => Limits, _clock);
        Assert.False(standings.Wastes(Client));
        standings.Count(Client, ClientReputation.UnpaidOffer);
        Assert.True(standings.Wastes(Client));
        Assert.False(standings.Wastes(Other));
        _clock.Advance(Limits.Forgiveness * 0.101);
        Assert.False(standings.Wastes(Client));
    }

    [Fact]
    public void Those_that_are_not_good_are_listed_with_what_is_left_the_worst_first()
    {
        var standings = new ClientReputation(() => Limits with { FailedOpenings = 3 }, _clock);
        standings.Count(Node('3'));
        for (int i = 0; i < 2; i++) standings.Count(Client);
        for (int i = 0; i < 4; i++) standings.Count(Other);
        ReputationReport[] listed = [.. standings.Listed()];
        Assert.Equal([(Other, ReputationLevel.Refused, 4.0), (Client, ReputationLevel.Slowed, 2.0)], listed.Select(report => (report.Client, report.Level, report.Wasted)));
        Assert.Equal([Limits.Forgiveness * 2, TimeSpan.FromSeconds(15)], listed.Select(report => report.Left));
    }

    /// <summary>An opening that failed long ago is read from the record after one that failed later.</summary>
    [Fact]
    public void A_pause_is_not_shortened_by_what_is_counted_afterwards()
    {
        var standings = new ClientReputation(() => Limits with { FailedOpenings = 100 }, _clock);
        for (int i = 0; i < 3; i++) standings.Count(Client);
        Assert.Equal(TimeSpan.FromSeconds(30), Assert.Single(standings.Listed()).Left);
        standings.Count(Client, ClientReputation.UnpaidOffer);
        Assert.Equal(TimeSpan.FromSeconds(30), Assert.Single(standings.Listed()).Left);
        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.Equal(ReputationLevel.Slowed, standings.Of(Client));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(ReputationLevel.Good, standings.Of(Client));
    }

    /// <summary>Of what is counted late nothing had been forgiven when it happened, and nothing is added to what happened after it.</summary>
    [Fact]
    public void What_is_counted_after_something_later_counts_by_its_own_time()
    {
        var standings = new ClientReputation(() => Limits with { FailedOpenings = 1 }, _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        standings.Count(Client);
        standings.Count(Client, ago: Limits.Forgiveness / 2);
        Assert.Equal(1.5, Assert.Single(standings.Listed()).Wasted, precision: 6);
    }

    private static NodeId Node(char digit) => NodeId.Parse("02" + new string(digit, 64));
}

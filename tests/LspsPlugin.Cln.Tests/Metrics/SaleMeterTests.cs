using LspsPlugin.Cln.Export;
using LspsPlugin.Cln.Metrics;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Metrics;

/// <summary>What events of sales count, and what they measure.</summary>
public sealed class SaleMeterTests : IDisposable
{
    private static readonly Scid Jit = Scid.Parse("900000x1x1");
    private static readonly PaymentHash Hash = PaymentHash.Parse(new string('a', 64));
    private static readonly ChannelId Channel = ChannelId.Parse(new string('b', 64));

    private readonly FakeTimeProvider _time = new();
    private readonly Instruments _instruments = new();
    private readonly MetricReading _reading;
    private readonly SaleMeter _meter;

    public SaleMeterTests()
    {
        _reading = new MetricReading(_instruments.Meter);
        _meter = new SaleMeter(_instruments, _time);
    }

    public void Dispose()
    {
        _reading.Dispose();
        _instruments.Dispose();
    }

    [Fact]
    public void A_payment_that_succeeds_is_an_opening_a_sale_and_a_time()
    {
        Tell(new PartAdded(Part(1), new Msat(60), 1, new Msat(60)));
        _time.Advance(TimeSpan.FromSeconds(10));
        Tell(new PartAdded(Part(2), new Msat(40), 2, new Msat(100)));
        Assert.Equal(TimeSpan.FromSeconds(10), _time.GetElapsedTime(_meter.OldestPart!.Value));
        Tell(new PhaseChanged(Phase.Collecting, Phase.Negotiating, InputKind.PartArrived));
        Assert.Equal((1, 0), (Sum("lsps.openings.started"), Sum("lsps.openings.succeeded")));
        _time.Advance(TimeSpan.FromSeconds(0.3));
        Tell(new PhaseChanged(Phase.AwaitingChannelReady, Phase.AwaitingSettlement, InputKind.ChannelReady));
        Tell(new PartsForwarded(Channel, [new Forward(Part(1), new Msat(50), new Msat(10)), new Forward(Part(2), new Msat(40), Msat.Zero)]));
        Assert.Null(_meter.OldestPart);
        Tell(new PaymentClaimed(new Msat(90), new Msat(10)));
        Tell(new SessionEnded(Outcome.Succeeded, Reason: null));

        Assert.Equal((1, 1), (Sum("lsps.openings.succeeded"), Sum("lsps.sales", "state", "paid")));
        Assert.Equal((10, 90), (Sum("lsps.opening.fees"), Sum("lsps.forwarded")));
        Assert.Equal(1, Sum("lsps.payments", "outcome", "succeeded"));
        SeriesPoint delay = Assert.Single(Family("lsps.forward.delay").Points);
        Assert.Equal((1L, 0.3), (delay.Count, Math.Round(delay.Value, 6)));
        Assert.Equal(1, delay.Buckets!.First(static bucket => bucket.UpTo is 0.5).Count);
    }

    [Fact]
    public void An_opening_that_fails_has_the_stage_and_its_payment_the_reason()
    {
        Tell(new PartAdded(Part(1), new Msat(100), 1, new Msat(100)));
        Tell(new PhaseChanged(Phase.Collecting, Phase.Negotiating, InputKind.PartArrived));
        Tell(new PhaseChanged(Phase.Negotiating, Phase.Planning, InputKind.OpeningStarted));
        Tell(new PhaseChanged(Phase.Planning, Phase.Unwinding, InputKind.OpeningFailed));
        Tell(new PhaseChanged(Phase.Unwinding, Phase.Ended, InputKind.Released));
        Tell(new PartsFailed([], FailureReason.NoFunds));
        Tell(new SessionEnded(Outcome.Failed, FailureReason.NoFunds));
        Assert.Equal((1, 1), (Sum("lsps.openings.failed"), Sum("lsps.openings.failed", "stage", "Planning")));
        Assert.Equal(1, Sum("lsps.payments", "reason", "NoFunds"));
        Assert.Null(_meter.OldestPart); // the session is over, whatever its events were
    }

    [Fact]
    public void A_part_over_a_limit_begins_nothing()
    {
        Tell(new PartTurnedAway(default, Part(1), RejectReason.HeldValue));
        Assert.Equal(1, Sum("lsps.parts.refused", "limit", "HeldValue"));
        Assert.Null(_meter.OldestPart);
    }

    [Fact]
    public void A_payment_that_runs_no_longer_is_forgotten()
    {
        Tell(new PartAdded(Part(1), new Msat(100), 1, new Msat(100)));
        _meter.KeepOnly(new HashSet<(Scid, PaymentHash)> { (Jit, Hash) });
        Assert.NotNull(_meter.OldestPart);
        _meter.KeepOnly(new HashSet<(Scid, PaymentHash)>());
        Assert.Null(_meter.OldestPart);
    }

    private static HtlcKey Part(ulong id) => new(Scid.Parse("1x1x1"), id);

    private void Tell(SessionEvent happened) => _meter.Publish(new SessionEventEnvelope(Jit, Hash, _time.GetUtcNow(), happened));

    private MetricFamily Family(string name) => _reading.Read().Single(family => family.Name == name);

    private double Sum(string name, string? attribute = null, string? word = null) =>
        Family(name).Points.Where(point => attribute is null || point.Attributes.Contains(KeyValuePair.Create(attribute, word!))).Sum(static point => point.Value);
}

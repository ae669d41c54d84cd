using BenchmarkDotNet.Attributes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Benchmarks;

/// <summary>What a decision costs.</summary>
[MemoryDiagnoser]
public class Machine
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SessionTerms Terms = new(
        new Offer(
            Scid.Of(900_000, 1, 1),
            NodeId.Parse("02" + new string('1', 64)),
            new OpeningFeeParams(new Msat(1_000_000), new Ppm(1000), Start.AddHours(1), new BlockCount(2000), new BlockCount(2016), Msat.One, new Msat(1_000_000_000), "x"),
            new Msat(100_000_000),
            new Sat(150_000),
            ClientTrustsLsp: true,
            Start),
        PaymentHash.Parse(new string('a', 64)),
        new SessionLimits(30, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(120), TimeSpan.FromHours(1), new BlockCount(6), new BlockCount(144), new Sat(50_000), new Sat(16_777_215), new BlockCount(1008)));

    private readonly PartArrived[] _parts = [.. Enumerable.Range(0, 10).Select(i => new PartArrived(
        new Part(new HtlcKey(Scid.Of(1, 1, 1), (ulong)i), new Msat(10_000_000), new Msat(10_000_000), new BlockHeight(1000), new BlockHeight(800)), new BlockHeight(500)))];

    [Benchmark(OperationsPerInvoke = 10)]
    public SessionState TenPartsThroughTheMachine()
    {
        SessionState state = Collecting.Nothing;
        foreach (PartArrived part in _parts) state = SessionMachine.Apply(Terms, state, part).Next;
        return state;
    }
}

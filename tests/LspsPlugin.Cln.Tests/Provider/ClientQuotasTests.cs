using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Provider.Selling;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

public class ClientQuotasTests
{
    private static readonly QuotaLimits Limits = new(MessagesPerMinute: 60, BytesPerMinute: 100_000);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    [Covers("X15")]
    public void A_peer_gets_its_minute_at_once_then_as_much_as_the_time_gives_back()
    {
        ClientQuotas quotas = New();
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => quotas.Admit(Peer(1), 10) == Admission.Admitted));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => quotas.Admit(Peer(1), 10) == Admission.Admitted));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => quotas.Admit(Peer(1), 10) == Admission.Admitted));
    }

    [Fact]
    [Covers("X15")]
    public void Bytes_count_as_well()
    {
        ClientQuotas quotas = New();
        Assert.Equal(2, Enumerable.Range(0, 10).Count(_ => quotas.Admit(Peer(1), 40_000) == Admission.Admitted));
        Assert.Equal(Admission.Admitted, quotas.Admit(Peer(1), 20_000));
        Assert.NotEqual(Admission.Admitted, quotas.Admit(Peer(1), 1));
    }

    [Fact]
    public void A_flood_is_told_once_in_a_minute_and_dropped_otherwise()
    {
        ClientQuotas quotas = New();
        for (int minute = 0; minute < 3; minute++)
        {
            var seen = Enumerable.Range(0, 6000).Select(_ =>
            {
                _clock.Advance(TimeSpan.FromMilliseconds(10));
                return quotas.Admit(Peer(1), 10);
            }).ToList();
            Assert.Equal(1, seen.Count(admission => admission == Admission.Refused));
            Assert.InRange(seen.Count(admission => admission == Admission.Admitted), 59, 121);
        }
    }

    [Fact]
    [Covers("X14")]
    public void One_peers_flood_costs_no_other_peer_anything()
    {
        ClientQuotas quotas = New();
        for (int i = 0; i < 10_000; i++) quotas.Admit(Peer(1), 60_000);
        Assert.Equal(60, Enumerable.Range(0, 60).Count(_ => quotas.Admit(Peer(2), 100) == Admission.Admitted));
    }

    [Fact]
    [Covers("X14")]
    public void Peers_beyond_number_share_one_bucket_and_idle_ones_are_forgotten()
    {
        ClientQuotas quotas = New();
        int admitted = Enumerable.Range(0, 3 * ClientQuotas.MostPeers).Count(i => quotas.Admit(Peer(i), 10) == Admission.Admitted);
        Assert.Equal(ClientQuotas.MostPeers, quotas.Peers);
        Assert.Equal(ClientQuotas.MostPeers + Limits.MessagesPerMinute, admitted);

        // Those that were there first keep what is theirs.
        Assert.Equal(Admission.Admitted, quotas.Admit(Peer(1), 10));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Admission.Admitted, quotas.Admit(Peer(1_000_000), 10));
        Assert.Equal(1, quotas.Peers);
    }

    [Fact]
    [Covers("S17")]
    public void A_jump_of_the_wall_clock_gives_nobody_anything()
    {
        var quotas = new ClientQuotas(static () => Limits, new Jumping());
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => quotas.Admit(Peer(1), 10) == Admission.Admitted));
    }

    [Fact]
    [Covers("X14", "S15")]
    public void What_is_answered_at_a_time_is_bounded_per_peer_and_in_all()
    {
        ClientQuotas quotas = New();
        Assert.Equal(ClientQuotas.MostAtOncePerPeer, Enumerable.Range(0, 10).Count(_ => quotas.TryBegin(Peer(0))));
        int others = Enumerable.Range(1, 1000).Count(i => quotas.TryBegin(Peer(i)));
        Assert.Equal(ClientQuotas.MostAtOnce - ClientQuotas.MostAtOncePerPeer, others);
        quotas.End(Peer(0));
        Assert.True(quotas.TryBegin(Peer(2000)));
        Assert.False(quotas.TryBegin(Peer(2001)));
    }

    [Theory]
    [Covers("X14")]
    [InlineData(0, 10)]
    [InlineData(2499, 10)]
    [InlineData(2500, 1)]
    [InlineData(5000, 1)]
    public void Above_half_of_all_offers_each_client_gets_one(int live, int allowed) => Assert.Equal(allowed, Lsps2Seller.OffersAllowed(perClient: 10, live, most: 5000));

    private ClientQuotas New() => new(static () => Limits, _clock);

    private static NodeId Peer(int number)
    {
        byte[] key = new byte[NodeId.Size];
        key[0] = 2;
        BitConverter.TryWriteBytes(key.AsSpan(1), number);
        return NodeId.FromBytes(key);
    }

    /// <summary>A wall clock that leaps an hour whenever it is looked at; its timestamps stand still.</summary>
    private sealed class Jumping : FakeTimeProvider
    {
        private int _looks;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(++_looks);

        /// <summary>FakeTimeProvider takes it from the wall clock; here only that jumps.</summary>
        public override long GetTimestamp() => Start.Ticks;
    }
}

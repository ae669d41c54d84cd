using System.IO.Pipelines;
using System.Text;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider.Guards;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;
using LspsPlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace LspsPlugin.Cln.Tests.Provider;

/// <summary>Two plugins that rewrite one HTLC: the log says so, whichever of them comes first.</summary>
public sealed class RewriteMonitorTests : IHeldHtlc
{
    private static readonly HtlcKey Key = new(Scid.Parse("104x1x0"), 7);

    private readonly Pipe _log = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly RewriteMonitor _watch;
    private readonly List<HtlcResolution> _answers = [];

    public RewriteMonitorTests() => _watch = new RewriteMonitor(new PeerLog(new HostLog(new JsonRpcWriter(_log.Writer)), new FakeTimeProvider()));

    bool IHeldHtlc.IsRewritable => true;

    void IHeldHtlc.Answer(HtlcResolution resolution) => _answers.Add(resolution);

    [Fact]
    [Covers("S22")]
    public void A_plugin_before_us_is_seen_by_the_channel_that_it_chose()
    {
        _watch.Watch(Key, Sample.Plan.Channel, this).Answer(HtlcResolution.Continue);
        Assert.Equal([HtlcResolution.Continue], _answers);
        Assert.Contains($"another plugin redirected HTLC {Key} of one of our payments to {Sample.Plan.Channel}", Logged(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4_990_000ul, false)]
    [InlineData(5_000_000ul, true)]
    [InlineData(null, false)]
    public void A_plugin_behind_us_is_seen_by_what_the_node_forwards(ulong? sent, bool told)
    {
        _watch.Watch(Key, null, this).Answer(new ForwardHtlc(Sample.Plan.Channel, new Msat(4_990_000), new Msat(10_000)));
        _watch.OnForward(Key, ForwardStatus.Offered, sent is { } msat ? new Msat(msat) : null);
        _watch.OnForward(Key, ForwardStatus.Settled, sent is { } again ? new Msat(again) : null);
        Assert.Equal(told, Logged().Contains("was to be forwarded with 4990000msat, but the node reports 5000000msat", StringComparison.Ordinal));

        // With its outcome it is over: what the node says of the next HTLC of that name concerns nobody.
        _watch.OnForward(Key, ForwardStatus.Settled, Msat.One);
        Assert.Empty(Logged());
    }

    [Fact]
    public void What_is_not_forwarded_by_us_is_not_compared()
    {
        _watch.Watch(Key, null, this).Answer(new FailHtlc(OnionFailure.TemporaryChannelFailure));
        _watch.OnForward(Key, ForwardStatus.Settled, Msat.One);
        Assert.Empty(Logged());
    }

    private string Logged()
    {
        if (!_log.Reader.TryRead(out ReadResult read)) return "";
        string text = Encoding.UTF8.GetString(read.Buffer);
        _log.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}

using System.IO.Pipelines;
using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Tests.Provider;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Tests.Wallet;

/// <summary>The record of what was let in without confirmation, with a node that does not take every write.</summary>
public class GrantedChannelsTests
{
    private static readonly ChannelId Channel = ChannelId.Parse(new string('5', 64));
    private static readonly GrantedChannel Granted = new(Sample.Provider, Sample.JitScid, new Msat(120_000_000), IsTrusted: false, Channel);
    private static readonly string Old = $"lsps-client/granted/{Sample.Provider}/{Sample.JitScid}", New = $"lsps-client/granted/{Sample.Provider}/{Channel}";

    [Fact]
    public void A_dying_channel_leaves_its_place_only_when_it_is_on_record_elsewhere() => EventLoop.Run<object?>(async _ =>
    {
        var store = new FakeDatastore();
        bool refuses = false;
        var fake = new FakeNode((method, parameters) => refuses && method == "datastore" ? "\"error\":{\"code\":-1,\"message\":\"disk full\"}" : store.Answer(method, parameters));
        NodeClient node = fake.Client();
        var log = new HostLog(new JsonRpcWriter(new Pipe(new PipeOptions(pauseWriterThreshold: 0)).Writer));
        var granted = new GrantedChannels(node, log, CancellationToken.None);
        Assert.Null(await granted.AddAsync(Granted));

        refuses = true;
        await granted.RetireAsync(granted.Find(Channel)!);
        Assert.Equal([Old], store.Keys);
        Assert.False(Assert.Single(granted.Of(Sample.Provider)).IsDying);

        refuses = false;
        await granted.RetireAsync(granted.Find(Channel)!);
        Assert.Equal([New], store.Keys);
        Assert.True(Assert.Single(granted.Of(Sample.Provider)).IsDying);
        return null;
    });
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests;

/// <summary>What real nodes send, read into our shapes.</summary>
public class HookShapeTests
{
    [Fact]
    public void Every_recorded_htlc_reads()
    {
        foreach (string name in Recorded.PluginMessages("htlc_accepted"))
        {
            HtlcAcceptedParams call = Read(name, HookJson.Default.HtlcAcceptedParams);
            Assert.NotEqual(default, call.Htlc.PaymentHash);
            Assert.NotNull(call.Htlc.ShortChannelId);
            Assert.NotNull(call.PeerId);
            Assert.NotNull(call.Onion.ForwardMsat);
            Assert.True(OnionPayload.TryParse(call.Onion.Payload, out _), name);

            // The last node has no next channel, and a blinded path names the next node.
            bool hasNone = name.Contains("_final_", StringComparison.Ordinal) || name.Contains("_blinded_", StringComparison.Ordinal);
            Assert.Equal(hasNone, call.Onion.ShortChannelId is null);
        }
    }

    [Fact]
    public void A_forward_brings_its_amounts_and_both_expiries()
    {
        HtlcAcceptedParams call = Read("htlc_accepted_forward_unknown_scid_mpp_part1", HookJson.Default.HtlcAcceptedParams);
        Assert.Equal(Scid.Parse("609x7777x1"), call.Onion.ShortChannelId);
        Assert.Equal(new Msat(5_000_000), call.Onion.ForwardMsat);
        Assert.Equal(116u, call.Onion.OutgoingCltvValue);
        Assert.Equal(Scid.Parse("104x1x0"), call.Htlc.ShortChannelId);
        Assert.Equal(0ul, call.Htlc.Id);
        Assert.Equal(260u, call.Htlc.CltvExpiry);
        Assert.Null(call.Htlc.ExtraTlvs);
        Assert.Null(call.ForwardTo);
    }

    [Fact]
    public void A_forward_over_a_known_channel_names_it()
    {
        HtlcAcceptedParams call = Read("htlc_accepted_forward_known_scid", HookJson.Default.HtlcAcceptedParams);
        Assert.Equal("a7d11f2f05ddba55c2ffc4d84813a2cf8dca4a4d071913bc2249b4aa1590d6c8", call.ForwardTo.ToString());
    }

    [Fact]
    public void The_last_hop_brings_total_secret_and_extra_tlvs()
    {
        HtlcAcceptedParams call = Read("htlc_accepted_final_mpp_part1_with_extra_tlvs", HookJson.Default.HtlcAcceptedParams);
        Assert.Equal(new Msat(10_000_000), call.Onion.TotalMsat);
        Assert.NotNull(call.Onion.PaymentSecret);
        Assert.Equal(new Msat(4_990_000), call.Htlc.AmountMsat);
        Assert.True(ExtraFee.TryRead(call.Htlc.ExtraTlvs, out Msat? fee));
        Assert.Equal(new Msat(10_000), fee);
    }

    [Fact]
    public void A_replayed_htlc_is_the_one_that_was_held()
    {
        HtlcAcceptedParams held = Read("htlc_accepted_held_before_restart", HookJson.Default.HtlcAcceptedParams);
        HtlcAcceptedParams replayed = Read("htlc_accepted_replayed_after_restart", HookJson.Default.HtlcAcceptedParams);
        Assert.Equal((held.Htlc.ShortChannelId, held.Htlc.Id, held.Htlc.PaymentHash), (replayed.Htlc.ShortChannelId, replayed.Htlc.Id, replayed.Htlc.PaymentHash));
    }

    [Fact]
    public void An_htlc_long_overdue_reads_too()
    {
        // A replay after a long stop: the relative expiry is negative then.
        string overdue = System.Text.Encoding.UTF8.GetString(Recorded.Plugin("htlc_accepted_replayed_after_restart"))
            .Replace("\"cltv_expiry_relative\":152", "\"cltv_expiry_relative\":-40", StringComparison.Ordinal);
        HtlcAcceptedParams call = Recorded.Params(System.Text.Encoding.UTF8.GetBytes(overdue)).Deserialize(HookJson.Default.HtlcAcceptedParams)!;
        Assert.Equal(-40, call.Htlc.CltvExpiryRelative);
    }

    [Fact]
    public void Every_recorded_forward_event_reads()
    {
        foreach (string name in Recorded.PluginMessages("forward_event"))
        {
            HookForwardEvent e = Read(name, HookJson.Default.ForwardEventParams).ForwardEvent;
            Assert.NotNull(e.InHtlcId);
            Assert.NotEqual(default, e.InChannel);
            Assert.Equal(e.Status == "settled", e.Preimage is not null);
            if (e.Preimage is { } preimage) Assert.Equal(e.PaymentHash, preimage.Hash());
        }
    }

    [Fact]
    public void Every_recorded_channel_state_change_reads()
    {
        string[] states =
        [
            .. Recorded.PluginMessages("channel_state_changed")
                .Select(name => Read(name, HookJson.Default.ChannelStateChangedParams).ChannelStateChanged.NewState),
        ];
        Assert.Equal(["CHANNELD_AWAITING_LOCKIN", "CHANNELD_NORMAL", "CHANNELD_SHUTTING_DOWN", "CLOSINGD_SIGEXCHANGE", "CLOSINGD_COMPLETE", "CLOSED"], states);
    }

    [Fact]
    public void A_new_channel_has_no_old_state()
    {
        Assert.Null(Read("channel_state_changed_withheld_0_awaiting_lockin", HookJson.Default.ChannelStateChangedParams).ChannelStateChanged.OldState);
    }

    [Fact]
    public void Openings_read_with_amounts_up_to_the_largest_number()
    {
        HookOpenChannel open = Read("openchannel_hook_zeroconf", HookJson.Default.OpenChannelParams).Openchannel;
        Assert.Equal(new Msat(100_000_000), open.FundingMsat);
        Assert.Equal([12, 46, 50], open.ChannelType!.Bits!);
        Assert.Equal(1ul, Read("openchannel_hook_normal", HookJson.Default.OpenChannelParams).Openchannel.ChannelFlags);
    }

    [Fact]
    public void Custom_messages_connections_and_blocks_read()
    {
        CustomMsgParams message = Read("custommsg_hook_lsps0", HookJson.Default.CustomMsgParams);
        Assert.StartsWith("9419", message.Payload, StringComparison.Ordinal);
        Assert.Equal(101u, Read("block_added", HookJson.Default.BlockAddedParams).BlockAdded.Height);
        Assert.NotEqual(default, Read("connect", HookJson.Default.ConnectParams).Connect.Id);
        Assert.NotEqual(default, Read("disconnect", HookJson.Default.DisconnectParams).Disconnect.Id);
    }

    [Theory]
    [InlineData("init_service", true, false)]
    [InlineData("init_client", false, true)]
    public void Init_brings_options_and_the_way_to_the_socket(string name, bool provider, bool wallet)
    {
        InitNames init = Read(name, HookJson.Default.InitNames);
        Assert.Equal("lightning-rpc", init.Configuration!.RpcFile);
        Assert.StartsWith("/srv/lightning-", init.Configuration.LightningDir, StringComparison.Ordinal);
        Assert.Equal("regtest", init.Configuration.Network);
        (PluginOptions? options, string? disable) = PluginOptions.Bind(init.Options!);
        Assert.Null(disable);
        Assert.Equal((provider, wallet), (options!.Provider is not null, options.Wallet is not null));
    }

    [Fact]
    public void Without_a_role_only_what_is_owed_may_be_carried_out()
    {
        InitNames init = Read("init_neither", HookJson.Default.InitNames);
        (PluginOptions? options, string? disable) = PluginOptions.Bind(init.Options!);
        Assert.Null(disable);
        Assert.True(options!.IsOff);
        Assert.False(options.Finishing.Sells);
    }

    private static T Read<T>(string name, JsonTypeInfo<T> type) => Recorded.Params(Recorded.Plugin(name)).Deserialize(type)!;
}

using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet.Records;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>
/// Makes an ordinary invoice over an existing channel that can receive the payment, so that nothing is bought. An unconfirmed channel
/// counts only if the provider is trusted.
/// </summary>
internal sealed class ExistingChannelInvoice(NodeClient node, GrantedChannels granted, TrustRule trust, HostLog log, CancellationToken stopping)
{
    private const ulong Day = 86_400;

    /// <returns>False if a channel must be bought.</returns>
    public async ValueTask<bool> TryAsync(MethodCall call, InvoiceOrder order)
    {
        Msat needed = order.Amount ?? OfferRound.Reference;
        foreach (ProviderAddress provider in order.Providers)
        {
            var listed = await node.ListPeerChannelsAsync(provider.Id, stopping);
            if (!listed.IsOk) continue;
            if (listed.Value.Channels.FirstOrDefault(row => CanReceive(row, needed) && IsSafe(row, provider.Id, order.Agreed)) is not { } channel || (channel.ShortChannelId ?? channel.Alias?.Local) is not { } name) continue;
            ulong expiry = (ulong)Math.Min(order.Expiry.TotalSeconds, Day);
            var invoice = new InvoiceParams(
                order.Amount?.Value.ToString() ?? "any", order.Label, order.Description, expiry, [name.ToString()], order.HashOnly ? true : null);

            // The node's invoice names the channel by its alias and the fees that the peer announced for it (R52-87, R52-88).
            var made = await node.InvoiceAsync(invoice, stopping);
            if (made.IsOk)
            {
                call.Result(json =>
                {
                    new MadeInvoice(made.Value.Bolt11, made.Value.PaymentHash, made.Value.PaymentSecret, (long)made.Value.ExpiresAt, made.Value.CreatedIndex).Write(json);
                    json.WriteString("lsp_id"u8, provider.Id.ToString());
                    json.WriteString("reused_channel"u8, channel.ChannelId?.ToString() ?? name.ToString());
                });
                return true;
            }

            log.Info($"wallet: no invoice could be made for the existing channel {name}, so a channel is bought: {made.Error}");
        }

        return false;
    }

    private bool IsSafe(PeerChannel channel, NodeId provider, bool? agreed)
    {
        if (channel.ShortChannelId is not null) return true;
        return channel.ChannelId is { } id && granted.Find(id) is { } over ? trust.TakesOwnPayments(over) : trust.GetRejection(provider, agreed) is null;
    }

    private static bool CanReceive(PeerChannel channel, Msat amount) =>
        channel is { PeerConnected: true, ReceivableMsat: { } room } && ChannelStates.CarriesHtlcs(channel.State) && room >= amount;
}

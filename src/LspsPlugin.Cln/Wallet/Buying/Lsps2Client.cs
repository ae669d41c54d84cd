using LspsPlugin.Cln.Peers;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Wallet.Buying;

/// <summary>The methods of LSPS2, asked of a provider.</summary>
internal sealed class Lsps2Client(Lsps0Client client)
{
    /// <summary>Asks for the menu; the question is repeated if no answer arrives.</summary>
    public ValueTask<LspsAnswer> GetInfoAsync(NodeId provider, string? token) => client.AskAsync(provider, "lsps2.get_info", json =>
    {
        if (token is not null) json.WriteString("token"u8, token);
    });

    /// <summary>Buys an offer. The request is sent once: a repeated one could buy twice.</summary>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="feeParams">The menu entry, sent back unchanged (R52-27).</param>
    /// <param name="size">The payment's size; null if the payer chooses the amount (R52-30).</param>
    public ValueTask<LspsAnswer> BuyAsync(NodeId provider, OpeningFeeParams feeParams, Msat? size) => client.AskOnceAsync(provider, "lsps2.buy", json =>
    {
        json.WriteStartObject("opening_fee_params"u8);
        OpeningFeeParamsJson.Write(json, feeParams); // R52-27
        json.WriteEndObject();
        if (size is { } s) json.WriteString("payment_size_msat"u8, s.Value.ToString());
    });
}

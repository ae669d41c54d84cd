using System.Collections.Immutable;
using System.Text.Json;
using LspsPlugin.Cln.Peers;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>
/// LSPS2 on the provider's side: reads the requests, lets them wait until we are ready to sell, and refuses clients that are not served.
/// </summary>
/// <param name="ready">Gives the seller once the records are read; until then existing promises are unknown.</param>
internal sealed class Lsps2Service(StartupQueue<Lsps2Seller> ready) : ILspsService
{
    private const string GetInfo = "lsps2.get_info";
    private const string Buy = "lsps2.buy";

    private static readonly ImmutableArray<string> All = [GetInfo, Buy];

    public int Number => 2;

    public IReadOnlyCollection<string> Methods => All;

    public ValueTask<Reply> HandleAsync(NodeId client, string method, JsonElement parameters) => method switch
    {
        GetInfo => GetInfoRequest.Read(parameters, out LspsError? error) is { } getInfo ? WhenReadyAsync(client, seller => seller.MenuAsync(client, getInfo)) : new(error!),
        Buy => BuyRequest.Read(parameters, out LspsError? error) is { } buy ? WhenReadyAsync(client, seller => seller.BuyAsync(client, buy)) : new(error!),
        _ => new(LspsError.Of(LspsError.UnknownMethod, "method not found")),
    };

    /// <summary>Drops waiting requests of a peer that has disconnected.</summary>
    public void OnDisconnect(NodeId peer) => ready.Forget(peer);

    private async ValueTask<Reply> WhenReadyAsync(NodeId client, Func<Lsps2Seller, ValueTask<Reply>> serve)
    {
        if (await ready.WaitAsync(client) is not { } seller) return Reply.Refused(LspsError.Internal, "starting, try again");
        return seller.GetRejection(client) ?? await serve(seller);
    }
}

using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Peers;

/// <summary>
/// A protocol that we serve to clients over LSPS0. <see cref="Lsps0Server"/> does what all protocols have in common: message quotas, the
/// number of answers at a time, the format of requests, errors and the log.
/// </summary>
internal interface ILspsService
{
    /// <summary>The protocol's number in lsps0.list_protocols.</summary>
    int Number { get; }

    /// <summary>The full names of its methods, such as lsps2.buy. No two services have a method in common.</summary>
    IReadOnlyCollection<string> Methods { get; }

    /// <summary>Handles a request. It may wait, for example until the records are read.</summary>
    /// <param name="client">The client.</param>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="parameters">An object, empty if the request has no params.</param>
    /// <returns>The result or the error. An exception is a bug; the server answers it with an internal error.</returns>
    ValueTask<Reply> HandleAsync(NodeId client, string method, JsonElement parameters);

    /// <summary>Called when a peer has disconnected: answers to its open requests are no longer sent.</summary>
    void OnDisconnect(NodeId peer);
}

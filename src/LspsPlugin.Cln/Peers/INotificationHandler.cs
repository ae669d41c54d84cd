using System.Text.Json;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Peers;

/// <summary>Receives a protocol's notifications from providers, on the client's side; notifications are never answered (R50-41).</summary>
internal interface INotificationHandler
{
    /// <summary>The full names of the notifications that it understands; all others are ignored.</summary>
    IReadOnlyCollection<string> Notifications { get; }

    /// <summary>Handles a notification. Anybody may send one: the content must be checked like that of a request.</summary>
    /// <param name="provider">The provider's node id.</param>
    /// <param name="method">One of <see cref="Notifications"/>.</param>
    /// <param name="parameters">An object, empty if the notification has no params.</param>
    void Handle(NodeId provider, string method, JsonElement parameters);
}

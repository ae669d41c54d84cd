using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Sending;

/// <summary>Reads why a part failed out of the encrypted answer.</summary>
internal static class FailureDecoding
{
    private static readonly PartFailure Unreadable = new(PartFailureKind.Unreadable);

    /// <summary>Reads the onionreply of injectpaymentonion, to which this node has added its own encryption.</summary>
    public static PartFailure OfReply(string? hex, PartOnion onion) => Read(hex, onion, skipped: 0) ?? Unreadable;

    /// <summary>Reads the erroronion of a row of listsendpays, which is as the peer sent it.</summary>
    public static PartFailure OfRow(string? hex, PartOnion? onion) => onion is null ? Unreadable : Read(hex, onion, skipped: 1) ?? Read(hex, onion, skipped: 0) ?? Unreadable;

    private static PartFailure? Read(string? hex, PartOnion onion, int skipped)
    {
        if (hex is null || hex.Length % 2 != 0) return null;
        byte[] reply = new byte[hex.Length / 2];
        if (Convert.FromHexString(hex, reply, out _, out _) != System.Buffers.OperationStatus.Done) return null;
        if (OnionReply.Unwrap(reply, onion.Secrets.AsSpan(skipped), out int origin) is not { Length: >= 2 } message) return null;
        int index = onion.InRoute(origin + skipped);
        RouteHop? next = index < onion.Route.Hops.Count ? onion.Route.Hops[index] : null;
        return new PartFailure(
            PartFailureKind.Onion, BinaryPrimitives.ReadUInt16BigEndian(message), index, next?.Channel, next?.Direction, Convert.ToHexStringLower(message));
    }
}

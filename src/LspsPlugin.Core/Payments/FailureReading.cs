using System.Globalization;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Payments;

/// <summary>What the failure of a part means for its payment.</summary>
/// <param name="IsRefusal">Whether the destination refused the payment for good: no other route would help.</param>
/// <param name="Lesson">What to avoid from now on; null when the failure says nothing about a route.</param>
public readonly record struct FailureReading(bool IsRefusal, Lesson? Lesson)
{
    /// <summary>The flags of a code that this version does not know (BOLT 4).</summary>
    private const ushort Perm = 0x4000, Node = 0x2000;

    private static readonly FailureReading Refused = new(IsRefusal: true, Lesson: null);
    private static readonly FailureReading Nothing = new(IsRefusal: false, Lesson: null);

    /// <summary>What a code means. It depends on whether the destination or a node before it sent the code.</summary>
    private enum Meaning : byte
    {
        /// <summary>The destination does not take this payment.</summary>
        Refusal,

        /// <summary>It may be sent again over any route.</summary>
        TryAgain,

        /// <summary>The next channel lacks liquidity.</summary>
        Constrained,

        /// <summary>The next channel is not usable for this payment.</summary>
        Channel,

        /// <summary>The node is not usable for this payment.</summary>
        Node,

        /// <summary>The last channel before the destination changed what it forwards.</summary>
        LastChannel,
    }

    /// <summary>Reads the failure of a part.</summary>
    public static FailureReading Of(Attempt attempt, PartFailure failure) => failure.Kind switch
    {
        PartFailureKind.Onion => OfOnion(attempt, failure),

        // Any node may have garbled it. Attempts suspect one channel after the other.
        PartFailureKind.Unreadable => attempt.Route.Hops.Count == 0 ? Nothing : Exclude(attempt.Route, (int)(attempt.Key.Part % (ulong)attempt.Route.Hops.Count)),
        PartFailureKind.NotSent or PartFailureKind.Ghost or PartFailureKind.Lost => Nothing,
    };

    private static FailureReading OfOnion(Attempt attempt, PartFailure failure)
    {
        int hops = attempt.Route.Hops.Count;
        if (failure is not { Code: { } code, ErringIndex: { } index } || hops == 0 || index < 0 || index > hops) return Of(attempt, failure with { Kind = PartFailureKind.Unreadable });
        if (index < hops) return Apply(OnTheWay(code), attempt.Route, index);
        return Apply(IsTooLate(attempt, code, failure.Raw) ? Meaning.TryAgain : AtDestination(code), attempt.Route, hops);
    }

    /// <summary>
    /// Whether the destination got the part so late that its expiry was too near. It says so with the code of a wrong payment, and with the height at which it
    /// looked (incorrect_or_unknown_payment_details: htlc_msat, height).
    /// </summary>
    private static bool IsTooLate(Attempt attempt, ushort code, string? raw)
    {
        if ((FailureCode)code != FailureCode.IncorrectOrUnknownPaymentDetails || raw is not { Length: >= 28 }) return false;
        return uint.TryParse(raw.AsSpan(20, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint height)
            && new BlockHeight(height) > attempt.PlannedAt + PaymentTerms.Reserve;
    }

    private static Meaning AtDestination(ushort code) => Enum.IsDefined((FailureCode)code) ? AtDestination((FailureCode)code) : (code & Perm) != 0 ? Meaning.Refusal : Meaning.TryAgain;

    private static Meaning AtDestination(FailureCode code) => code switch
    {
        FailureCode.IncorrectOrUnknownPaymentDetails or FailureCode.IncorrectPaymentAmount or FailureCode.FinalExpiryTooSoon or FailureCode.PermanentNodeFailure
            or FailureCode.RequiredNodeFeatureMissing or FailureCode.InvalidRealm or FailureCode.InvalidOnionPayload or FailureCode.ExpiryTooFar
            or FailureCode.InvalidOnionBlinding or FailureCode.RequiredChannelFeatureMissing => Meaning.Refusal,
        FailureCode.MppTimeout or FailureCode.TemporaryNodeFailure => Meaning.TryAgain,

        // The node before the destination forwarded something else than it was told, or the destination speaks of a channel that it does not need.
        FailureCode.FinalIncorrectCltvExpiry or FailureCode.FinalIncorrectHtlcAmount or FailureCode.InvalidOnionVersion or FailureCode.InvalidOnionHmac or FailureCode.InvalidOnionKey
            or FailureCode.TemporaryChannelFailure or FailureCode.PermanentChannelFailure or FailureCode.UnknownNextPeer or FailureCode.AmountBelowMinimum
            or FailureCode.FeeInsufficient or FailureCode.IncorrectCltvExpiry or FailureCode.ExpiryTooSoon or FailureCode.ChannelDisabled => Meaning.LastChannel,
    };

    private static Meaning OnTheWay(ushort code) => Enum.IsDefined((FailureCode)code) ? OnTheWay((FailureCode)code) : (code & Node) != 0 ? Meaning.Node : Meaning.Channel;

    private static Meaning OnTheWay(FailureCode code) => code switch
    {
        // The introduction point of a blinded path says invalid_onion_blinding of whatever fails behind it; a lack of liquidity is the likeliest.
        FailureCode.TemporaryChannelFailure or FailureCode.InvalidOnionBlinding => Meaning.Constrained,
        FailureCode.PermanentChannelFailure or FailureCode.RequiredChannelFeatureMissing or FailureCode.UnknownNextPeer or FailureCode.AmountBelowMinimum or FailureCode.FeeInsufficient
            or FailureCode.IncorrectCltvExpiry or FailureCode.ExpiryTooSoon or FailureCode.ExpiryTooFar or FailureCode.ChannelDisabled or FailureCode.InvalidOnionVersion
            or FailureCode.InvalidOnionHmac or FailureCode.InvalidOnionKey => Meaning.Channel,
        FailureCode.TemporaryNodeFailure or FailureCode.PermanentNodeFailure or FailureCode.RequiredNodeFeatureMissing or FailureCode.InvalidRealm or FailureCode.InvalidOnionPayload => Meaning.Node,

        // Only a destination may say this. A node before it that does is not asked again, and the payment is not over.
        FailureCode.IncorrectOrUnknownPaymentDetails or FailureCode.IncorrectPaymentAmount or FailureCode.FinalExpiryTooSoon or FailureCode.FinalIncorrectCltvExpiry
            or FailureCode.FinalIncorrectHtlcAmount or FailureCode.MppTimeout => Meaning.Node,
    };

    private static FailureReading Apply(Meaning meaning, Route route, int index) => meaning switch
    {
        Meaning.Refusal => Refused,
        Meaning.TryAgain => Nothing,
        Meaning.Constrained => new(IsRefusal: false, new ChannelConstrained(route.Hops[index].Channel, route.Hops[index].Direction, route.Hops[index].AmountOut)),
        Meaning.Channel => Exclude(route, index),

        // This node itself is never excluded; its channel is.
        Meaning.Node => index == 0 ? Exclude(route, 0) : new(IsRefusal: false, new NodeExcluded(route.Hops[index - 1].To)),
        Meaning.LastChannel => Exclude(route, route.Hops.Count - 1),
    };

    private static FailureReading Exclude(Route route, int index) => new(IsRefusal: false, new ChannelExcluded(route.Hops[index].Channel, route.Hops[index].Direction));
}

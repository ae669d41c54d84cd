using LspsPlugin.Core.Payments;

namespace LspsPlugin.Durable.Payments;

/// <summary>Finds routes, by the node's own means (askrene). It knows nothing of payments in flight.</summary>
public interface IRouteSource
{
    /// <summary>
    /// Searches routes with <c>getroutes</c>: layers <c>auto.localchans</c>, <c>auto.sourcefree</c>, those of the operator and of <see cref="PaymentTerms.Layers"/>, one with the
    /// route hints, and one with the lessons of <paramref name="find"/>.
    /// </summary>
    /// <remarks>
    /// The lessons are all that count now; those that the layer has already need not be told again, and the layer must not know any others.
    /// <see cref="ChannelConstrained"/> is true for every payment and may be shared and aged; the others hold for this payment only. final_cltv must be
    /// <see cref="PaymentTerms.FinalCltv"/> plus at least <see cref="PaymentTerms.Slack"/> and one block.
    /// </remarks>
    /// <returns><see cref="RoutesFound"/> with the height from which delays are counted, <see cref="NoRouteFound"/>, or <see cref="RouteSearchFailed"/> when it did not end.</returns>
    ValueTask<PaymentInput> FindRoutesAsync(PaymentTerms terms, FindRoutes find, CancellationToken stopping);

    /// <summary>The payment needs no more routes: what was learned for it alone is removed. Must not throw; called once or more.</summary>
    void Forget(PaymentTerms terms);
}

using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The error codes of LSPS2 (bLIP-52); those of every protocol are in <see cref="LspsError"/>.</summary>
public static class Lsps2Error
{
    /// <summary>lsps2.get_info: the token is not recognized.</summary>
    public const int UnrecognizedToken = 200;

    /// <summary>lsps2.buy: the opening_fee_params are invalid or expired.</summary>
    public const int InvalidOpeningFeeParams = 201;

    /// <summary>lsps2.buy: the payment size is too small.</summary>
    public const int PaymentSizeTooSmall = 202;

    /// <summary>lsps2.buy: the payment size is too large.</summary>
    public const int PaymentSizeTooLarge = 203;

    /// <summary>Returns a text for users: our own words for the code, never the peer's text (R50-24, R50-25).</summary>
    public static string Explain(LspsError error) => error.Code switch
    {
        UnrecognizedToken => "the provider does not know the token, or it expired",
        InvalidOpeningFeeParams => "the offer expired, or was not made by this provider",
        PaymentSizeTooSmall => "the payment is too small for the opening fee",
        PaymentSizeTooLarge => "the payment is too large for the provider",
        _ => error.Explain(),
    };
}

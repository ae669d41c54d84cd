using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Lsps2;

namespace LspsPlugin.Cln.Metrics;

/// <summary>The words for what became of a wallet's request.</summary>
internal static class RequestOutcomes
{
    public const string Ok = "ok";

    /// <summary>A message beyond the quota, which was not even read.</summary>
    public const string Dropped = "dropped";

    /// <summary>The method of a request that we do not serve: a stranger chose its name.</summary>
    public const string Other = "other";

    public static string Of(LspsError? error) => error?.Code switch
    {
        null => Ok,
        LspsError.BadFormat => "bad_format",
        LspsError.InvalidRequest => "invalid_request",
        LspsError.UnknownMethod => "unknown_method",
        LspsError.InvalidParams => "invalid_params",
        LspsError.Internal => "internal",
        LspsError.ClientRejected => "client_rejected",
        LspsError.TooManyRequests => "too_many_requests",
        Lsps2Error.UnrecognizedToken => "unrecognized_token",
        Lsps2Error.InvalidOpeningFeeParams => "invalid_opening_fee_params",
        Lsps2Error.PaymentSizeTooSmall => "payment_size_too_small",
        Lsps2Error.PaymentSizeTooLarge => "payment_size_too_large",
        _ => "other",
    };
}

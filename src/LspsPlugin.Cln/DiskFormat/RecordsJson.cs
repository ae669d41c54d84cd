using System.Text.Json.Serialization;

namespace LspsPlugin.Cln.DiskFormat;

/// <summary>
/// Reads and writes the records. The shapes are the format: a member's name on disk is its name here in snake case, and members are written in the
/// order of their declaration. Null members are not written; a missing or null member is read as null, and unknown members are ignored.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(OpeningFeeParamsRecordJson), typeof(CountJson), typeof(HtlcIdJson), typeof(FlagJson), typeof(PlainTextJson)])]
[JsonSerializable(typeof(SessionRecordJson))]
[JsonSerializable(typeof(LossRecordJson))]
[JsonSerializable(typeof(LifetimeRecordJson))]
[JsonSerializable(typeof(PauseRecordJson))]
[JsonSerializable(typeof(SaleIndexesJson))]
[JsonSerializable(typeof(AlertRecordJson))]
[JsonSerializable(typeof(IncomeEntryJson))]
[JsonSerializable(typeof(SoldChannelJson))]
[JsonSerializable(typeof(RoutedPageJson))]
[JsonSerializable(typeof(ReleasedOfferJson))]
[JsonSerializable(typeof(PurchaseRecordJson))]
[JsonSerializable(typeof(GrantedChannelJson))]
[JsonSerializable(typeof(OwedChannelJson))]
[JsonSerializable(typeof(PaymentTermsJson))]
[JsonSerializable(typeof(PaymentStatusJson))]
[JsonSerializable(typeof(PaymentSettledJson))]
[JsonSerializable(typeof(PaymentPartJson))]
[JsonSerializable(typeof(PaymentIndexesJson))]
internal sealed partial class RecordsJson : JsonSerializerContext;

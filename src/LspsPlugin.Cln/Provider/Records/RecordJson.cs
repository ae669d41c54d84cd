using System.Buffers;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Rpc;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>One datastore record: an offer and the session that uses it.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="PaymentHash">The payment's hash; null for an offer without a session.</param>
/// <param name="State">The session's state; null for an offer without a session.</param>
/// <param name="Alias">The channel of an offer that a successful session paid for.</param>
/// <param name="BuiltIn">The channel of a session that the node's built-in plugin left unfinished; only read, never written.</param>
internal sealed record SessionRecord(Offer Offer, PaymentHash? PaymentHash, SavedState? State, ChannelId? Alias, BuiltInOpening? BuiltIn = null)
{
    /// <summary>What happened to the sale, oldest first.</summary>
    public ValueList<StoryEvent> Events { get; init; } = [];

    /// <summary>The number of the change that this record is; null in records of earlier versions.</summary>
    public ulong? UpdatedIndex { get; init; }
}

/// <summary>Converts offers and saved states to and from the text of their records.</summary>
internal static class RecordJson
{
    /// <param name="record">The record.</param>
    /// <param name="finalizedAt">The time of the session's end, for finalized records.</param>
    public static string Write(SessionRecord record, DateTimeOffset? finalizedAt = null)
    {
        SessionRecordJson offer = Written(record.Offer) with
        {
            JitScid = record.State?.Plan is null ? null : record.Offer.JitScid,
            PaymentHash = record.PaymentHash,
            AliasOf = record.Alias,
            FinalizedAt = finalizedAt is { } at ? LspsTime.Write(at) : null,
            CreatedIndex = record.Offer.CreatedIndex,
            UpdatedIndex = record.UpdatedIndex,
            Token = record.Offer.Token,
            Events = record.Events.Count == 0 ? null : [.. record.Events.Select(static one => new StoryEventJson(LspsTime.Write(one.At), one.PaymentHash, one.Event, one.Text))],
            Format = SessionRecordJson.Newest,
        };
        return RecordText.Write(record.State is { } state ? SavedStateJson.Written(offer, state) : offer, RecordsJson.Default.SessionRecordJson);
    }

    /// <summary>Parses a record of this plugin or of the built-in plugin.</summary>
    /// <param name="jitScid">The last part of the key; null for records that contain the scid.</param>
    /// <param name="text">The value; null for a key without one.</param>
    /// <param name="problem">Names the member and what is wrong with it; null on success.</param>
    public static SessionRecord? Read(Scid? jitScid, string? text, out string? problem) =>
        RecordText.Read(text, RecordsJson.Default.SessionRecordJson, record => Read(jitScid, record), out problem);

    /// <summary>Returns when the session of a finalized record ended; null if the record does not say.</summary>
    public static DateTimeOffset? FinalizedAt(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            return document.RootElement.Member("finalized_at"u8) is { } at ? LspsTime.ReadLenient(JsonText.Of(at) ?? "") : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns the numbers of a record, whatever else is in it; null if it has none.</summary>
    public static (ulong? Created, ulong? Updated) NumbersOf(string? text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            return (Number(document.RootElement, "created_index"u8), Number(document.RootElement, "updated_index"u8));
        }
        catch (JsonException)
        {
            return (null, null);
        }

        static ulong? Number(JsonElement record, ReadOnlySpan<byte> name) =>
            record.Member(name) is { ValueKind: JsonValueKind.Number } member && member.TryGetUInt64(out ulong number) ? number : null;
    }

    /// <summary>Returns the text of a record with other numbers and everything else as it is, also what another version wrote; null if it is not an object.</summary>
    public static string? WithNumbers(string? text, ulong? created, ulong? updated)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var buffer = new ArrayBufferWriter<byte>(1024);
            using (Utf8JsonWriter json = RpcJson.WriterTo(buffer))
            {
                json.WriteStartObject();
                foreach (JsonProperty member in document.RootElement.EnumerateObject())
                {
                    if (!member.NameEquals("created_index"u8) && !member.NameEquals("updated_index"u8)) member.WriteTo(json);
                }

                if (created is { } sale) json.WriteNumber("created_index"u8, sale);
                if (updated is { } change) json.WriteNumber("updated_index"u8, change);
                json.WriteEndObject();
            }

            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // not JSON, or text that is not valid Unicode
        }
    }

    private static SessionRecordJson Written(Offer offer) => new(
        offer.Client,
        offer.FeeParams,
        offer.PaymentSize,
        offer.Capacity.ToMsat(),
        LspsTime.Write(offer.CreatedAt),
        offer.ClientTrustsLsp,
        offer.ZeroReserve ? true : null,
        offer.IsSizedByPayment ? true : null,
        offer.CltvDelta?.Value,
        JitScid: null,
        PaymentHash: null,
        AliasOf: null);

    private static SessionRecord Read(Scid? key, SessionRecordJson record)
    {
        Offer offer = ReadOffer(key ?? Required(record.JitScid, "jit_scid"), record);
        SessionRecord read = record.Phase is { } phase
            ? new SessionRecord(offer, record.PaymentHash, SavedStateJson.Read(record, phase), record.AliasOf)
            : new SessionRecord(offer, record.PaymentHash, null, record.AliasOf, ReadBuiltIn(record));
        return read with { UpdatedIndex = record.UpdatedIndex, Events = [.. (record.Events ?? []).OfType<StoryEventJson>().Select(ReadEvent).OfType<StoryEvent>()] };
    }

    /// <returns>Null if it cannot be read: the story decides nothing, so its record is good without it.</returns>
    private static StoryEvent? ReadEvent(StoryEventJson read) =>
        read is { PaymentHash: { } hash, Event: { } word } && LspsTime.ReadLenient(read.At ?? "") is { } at ? new StoryEvent(at, hash, word, read.Text) : null;

    private static Offer ReadOffer(Scid jitScid, SessionRecordJson record) => new(
        jitScid,
        Required(record.PeerId, "peer_id"),
        Required(record.OpeningFeeParams, "opening_fee_params"),
        record.ExpectedPaymentSize,
        Required(record.ChannelCapacityMsat, "channel_capacity_msat").ToSatFloor(),
        record.ClientTrustsLsp ?? true,
        LspsTime.ReadLenient(record.CreatedAt ?? "") ?? DateTimeOffset.UnixEpoch,
        record.ZeroReserve ?? false,
        record.CltvExpiryDelta is { } delta ? new BlockCount(delta) : null)
    {
        IsSizedByPayment = record.SizedByPayment ?? false,
        CreatedIndex = record.CreatedIndex,
        Token = record.Token,
    };

    private static BuiltInOpening? ReadBuiltIn(SessionRecordJson record) => record.ChannelId is { } channel
        ? new BuiltInOpening(channel, record.FundingPsbt, record.FundingTxid is not null, record.Preimage)
        : null;
}

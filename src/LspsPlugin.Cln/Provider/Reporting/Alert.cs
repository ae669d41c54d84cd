using System.Text.Json;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>A finding that an operator must act on, from the moment when it was first seen.</summary>
/// <param name="Finding">What was found then.</param>
/// <param name="RaisedAt">When it was raised.</param>
/// <param name="ClearedAt">When it was over; null while it lasts.</param>
internal sealed record Alert(Finding Finding, DateTimeOffset RaisedAt, DateTimeOffset? ClearedAt)
{
    /// <summary>The word of an alert that lasts.</summary>
    public const string Raised = "raised";

    /// <summary>The word of an alert that is over.</summary>
    public const string Cleared = "cleared";

    /// <summary>Its number, in the order in which alerts were raised; 0 until the alerts on record are read.</summary>
    public ulong CreatedIndex { get; init; }

    /// <summary>The number of its last change.</summary>
    public ulong UpdatedIndex { get; init; }

    /// <summary>Whether it is on record as it is.</summary>
    public bool IsSaved { get; init; }

    /// <summary>Whether it is raised or cleared.</summary>
    public string State => ClearedAt is null ? Raised : Cleared;

    /// <summary>Writes the members.</summary>
    /// <param name="json">Stands inside an object.</param>
    public void Write(Utf8JsonWriter json)
    {
        if (IsSaved) json.WriteNumber("created_index"u8, CreatedIndex);
        if (IsSaved) json.WriteNumber("updated_index"u8, UpdatedIndex);
        json.WriteString("state"u8, State);
        Finding.Write(json);
        json.WriteString("raised_at"u8, LspsTime.Write(RaisedAt));
        if (ClearedAt is { } cleared) json.WriteString("cleared_at"u8, LspsTime.Write(cleared));
    }

    /// <summary>Returns the text of its record.</summary>
    public string ToRecord() => RecordText.Write(
        new AlertRecordJson(
            Finding.Code,
            Finding.Urgency.ToWord(),
            Finding.Message,
            Finding.Remedy,
            LspsTime.Write(RaisedAt),
            ClearedAt is { } cleared ? LspsTime.Write(cleared) : null,
            Finding.Until is { } until ? LspsTime.Write(until) : null,
            UpdatedIndex),
        RecordsJson.Default.AlertRecordJson);

    /// <summary>Reads a record.</summary>
    /// <param name="number">Its number, from the key.</param>
    /// <param name="text">The value.</param>
    /// <param name="problem">What is wrong with it; null on success.</param>
    public static Alert? Read(ulong number, string? text, out string? problem) =>
        RecordText.Read(text, RecordsJson.Default.AlertRecordJson, record => Read(number, record), out problem);

    private static Alert Read(ulong number, AlertRecordJson record) => new(
        new Finding(RecordText.Required(record.Code, "code"), UrgencyWords.Read(record.Urgency), record.Message ?? "", record.Remedy ?? "") { Until = LspsTime.ReadLenient(record.Until ?? "") },
        LspsTime.ReadLenient(record.RaisedAt ?? "") ?? throw new FormatException("raised_at is not a time"),
        record.ClearedAt is { } cleared ? LspsTime.ReadLenient(cleared) ?? throw new FormatException("cleared_at is not a time") : null)
    {
        CreatedIndex = number,
        UpdatedIndex = RecordText.Required(record.UpdatedIndex, "updated_index"),
        IsSaved = true,
    };
}

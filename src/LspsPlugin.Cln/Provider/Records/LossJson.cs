using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Sales;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>The record of a channel that was opened on trust and never paid for.</summary>
internal static class LossJson
{
    public static string Write(Loss loss) => RecordText.Write(new LossRecordJson(loss.Client, loss.Amount, LspsTime.Write(loss.At)), RecordsJson.Default.LossRecordJson);

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static Loss? Read(Scid jitScid, string? text, out string? problem) =>
        RecordText.Read(text, RecordsJson.Default.LossRecordJson, record => Read(jitScid, record), out problem);

    private static Loss Read(Scid jitScid, LossRecordJson record)
    {
        DateTimeOffset at = LspsTime.ReadLenient(Required(record.At, "at")) ?? throw new FormatException("at is not a time");
        Sat amount = Required(record.LossSat, "loss_sat");
        if (amount > Msat.AllMoney.ToSatFloor()) throw new FormatException("loss_sat is more than the bitcoin supply");
        return new Loss(jitScid, Required(record.PeerId, "peer_id"), amount, at);
    }
}

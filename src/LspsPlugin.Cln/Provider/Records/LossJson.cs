using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>The record of a channel that was opened on trust and never paid for.</summary>
internal static class LossJson
{
    public static string Write(Loss loss) => RpcJson.Text(json =>
    {
        json.WriteString("peer_id"u8, loss.Client.ToString());
        json.WriteNumber("loss_sat"u8, loss.Amount.Value);
        json.WriteString("at"u8, LspsTime.Write(loss.At));
    });

    /// <summary>Parses a record; null with the reason if it is unreadable.</summary>
    public static Loss? Read(Scid jitScid, string? text, out string? problem)
    {
        problem = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text ?? "");
            JsonElement root = document.RootElement;
            if (LspsTime.ReadLenient(root.GetProperty("at"u8).GetString() ?? "") is not { } at) throw new FormatException("at is not a time");
            var amount = new Sat(root.GetProperty("loss_sat"u8).GetUInt64());
            if (amount > Msat.AllMoney.ToSatFloor()) throw new FormatException("loss_sat is more than the bitcoin supply");
            return new Loss(jitScid, NodeId.Parse(root.GetProperty("peer_id"u8).GetString() ?? ""), amount, at);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            problem = e.Message;
            return null;
        }
    }
}

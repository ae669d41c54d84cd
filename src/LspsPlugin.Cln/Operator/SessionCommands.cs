using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Operator;

/// <summary>The commands lsps-listsessions and lsps-session: what was sold, and what became of it.</summary>
internal static class SessionCommands
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    /// <summary>
    /// How much one call does for a filter that few sales meet; the answer then says where to go on. A call takes about 100 ms at most, so that it keeps neither the
    /// node nor the plugin from other work.
    /// </summary>
    private const int MostWork = 150 * WorkOfRecord;

    /// <summary>A record is read and parsed; a sale of which the ledger says that it is another wallet's is only passed over, which is 1.</summary>
    private const int WorkOfRecord = 10;

    /// <summary>After how many sales the caller is told how far the command is.</summary>
    private const int ProgressEvery = 250;

    public static async Task ListAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        NodeId? client = args.OptionalNode("client_id");
        string? word = args.Text("status", 20);
        ulong start = (ulong)(args.Number("start", 0, long.MaxValue) ?? 0);
        int limit = (int)(args.Number("limit", 1, MostLimit) ?? UsualLimit);
        string index = args.Text("index", 20) ?? "created";
        args.Check(index is "created" or "updated", "index must be created or updated");
        args.Check(word is null || SaleWriter.Words.Values.Contains(word, StringComparer.Ordinal), $"status must be one of {string.Join(", ", SaleWriter.Words.Values)}");
        if (args.Reject(call)) return;
        await desk.Provider.Updates.ReserveAsync(desk.Stopping);
        var listed = new List<(ulong Number, SaleRow? Row, string? Problem)>();
        ulong? next = null;
        int work = 0, read = 0, most = Math.Max(MostWork, limit * WorkOfRecord);
        var sales = new Sales(desk);
        await foreach ((ulong Number, SaleRow? Row, string? Problem) sale in index == "updated" ? sales.ChangedAsync(start) : sales.FromAsync(start, client))
        {
            if (++read % ProgressEvery == 0) call.Progress(read, client is null && word is null ? limit : most / WorkOfRecord);
            if (listed.Count == limit || work >= most)
            {
                next = sale.Number;
                break;
            }

            bool isAnothers = sale is { Row: null, Problem: null };
            work += isAnothers ? 1 : WorkOfRecord;
            if (isAnothers) continue;
            bool isMeant = sale.Row is not { } row || ((client is null || row.Offer.Client == client) && (word is null || SaleWriter.Words[row.Status] == word));
            if (isMeant) listed.Add(sale);
        }

        call.Result(json =>
        {
            json.WriteStartArray("sessions"u8);
            foreach ((ulong number, SaleRow? row, string? problem) in listed)
            {
                json.WriteStartObject();
                if (row is not null)
                {
                    SaleWriter.Write(json, row);
                }
                else
                {
                    json.WriteNumber(index == "updated" ? "updated_index"u8 : "created_index"u8, number);
                    json.WriteString("problem"u8, problem);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (next is { } on) json.WriteNumber("next_start"u8, on);
        });
    }

    public static async Task ShowAsync(OperatorDesk desk, MethodCall call)
    {
        var args = new ArgumentReader(call);
        Scid scid = args.Scid("jit_channel_scid");
        if (args.Reject(call)) return;
        (SaleRow? row, string? problem) = await new Sales(desk).FindAsync(scid);
        if (row is null)
        {
            call.Error(OperatorDesk.Refused, problem is not null ? $"{problem}; see the manual, RECORDS" : $"there is no sale {scid}, or its record was deleted (`lsps2-history-days`, `lsps2-history-sessions`); lsps-listsessions lists them");
            return;
        }

        call.Result(json =>
        {
            SaleWriter.Write(json, row);
            SaleWriter.WriteStory(json, row);
        });
    }
}

using System.Text.Json;
using LspsPlugin.Cln.Payer.Records;

namespace LspsPlugin.Cln.Tests.Payer;

/// <summary>
/// Records of payments that a released version wrote: rows of listdatastore, one in each file of <c>tests/Recordings/records-*/payer</c>. Every later version
/// reads them. A version adds a folder, and changes no file of another.
/// </summary>
public class RecordedPaymentTests
{
    [Fact]
    public void Every_record_of_an_earlier_version_is_read()
    {
        string[] files = [.. Directory.GetDirectories(Path.Combine(Recorded.Root, "tests", "Recordings"), "records-*")
            .Select(static folder => Path.Combine(folder, "payer")).Where(Directory.Exists).SelectMany(static folder => Directory.GetFiles(folder, "*.json"))];
        Assert.SkipWhen(files.Length == 0, "no version with the payer's role was released");
        foreach (string file in files)
        {
            JsonElement row = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            string[] key = [.. row.GetProperty("key").EnumerateArray().Select(static part => part.GetString()!)];
            string text = row.GetProperty("string").GetString()!;
            string? problem = null;
            bool isRead = key[1] switch
            {
                "payments" => PaymentJson.ReadCreation(text, out problem) is not null,
                "status" => PaymentJson.ReadProgress(text, out problem) is not null,
                "parts" => PaymentJson.ReadPart(text, out problem) is not null,
                "settled" => PaymentJson.ReadSettled(text, out problem) is not null,
                "indexes" => PaymentJson.ReadIndexes(text, out problem) is not null,
                "live" or "archive" => text.Length > 0,
                _ => false,
            };
            Assert.True(isRead, $"{file}: {problem}");
        }
    }
}

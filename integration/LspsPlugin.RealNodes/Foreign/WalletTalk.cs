using System.Globalization;
using System.Text.Json.Nodes;

namespace LspsPlugin.RealNodes.Foreign;

/// <summary>The messages between a scenario and its wallet over all of the wallet's starts: keeps a log, and collects the errors.</summary>
internal sealed class WalletTalk(string file, TimeProvider time)
{
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    public void Note(string direction, string line) =>
        File.AppendAllText(file, $"{time.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {direction} {line}\n");

    /// <summary>Takes an event; unknown kinds are only logged.</summary>
    public void Take(JsonObject message)
    {
        if (message["params"] is JsonObject told && (string?)told["kind"] == "fault") Complain((string?)told["message"] ?? "a fault without a message");
    }

    public void Complain(string what) => _faults.Add(what);
}

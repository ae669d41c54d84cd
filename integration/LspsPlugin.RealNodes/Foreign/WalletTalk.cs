using System.Globalization;
using System.Text.Json.Nodes;

namespace LspsPlugin.RealNodes.Foreign;

/// <summary>What was said between a scenario and its wallet over all the wallet's starts: kept as a log, and the faults among it.</summary>
internal sealed class WalletTalk(string file, TimeProvider time)
{
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    public void Note(string direction, string line) =>
        File.AppendAllText(file, $"{time.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {direction} {line}\n");

    /// <summary>An event; those of other kinds are for whoever reads the log.</summary>
    public void Take(JsonObject message)
    {
        if (message["params"] is JsonObject told && (string?)told["kind"] == "fault") Complain((string?)told["message"] ?? "a fault without a message");
    }

    public void Complain(string what) => _faults.Add(what);
}

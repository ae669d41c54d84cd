using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>Holds commands of our plugin before the node executes them.</summary>
internal sealed class CommandGate(Action<string, JsonObject> answer)
{
    /// <summary>Part of the ids of our plugin's calls: "…/lsps:fundchannel_start#7". A payer's parts have a connection of their own.</summary>
    private static readonly string[] OurNames = ["lsps:", "lsps-payer:"];

    /// <summary>JSON without escapes, since scenarios search for a text as it was sent.</summary>
    private static readonly JsonSerializerOptions AsSent = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<Bar> _bars = [];

    /// <returns>The number of the hold that the next such command meets.</returns>
    public int Arm(string command, string containing)
    {
        _bars.Add(new Bar(command, containing));
        return _bars.Count - 1;
    }

    public void OnCommand(string id, JsonObject call)
    {
        string caller = call["id"]?.ToString() ?? "", command = (string)call["method"]!;
        string last = caller[(caller.LastIndexOf('/') + 1)..];
        Bar? bar = OurNames.Any(name => last.StartsWith(name, StringComparison.Ordinal))
            ? _bars.Find(bar => bar.Held is null && bar.Command == command && call["params"]!.ToJsonString(AsSent).Contains(bar.Containing, StringComparison.Ordinal))
            : null;
        if (bar is null)
        {
            answer(id, Continue());
            return;
        }

        bar.Held = id;
        foreach (string waiting in bar.Waiting) answer(waiting, []);
        bar.Waiting.Clear();
    }

    /// <summary>Answers once the command has arrived.</summary>
    public void WhenAsked(int number, string id)
    {
        if (_bars[number].Held is not null) answer(id, []);
        else _bars[number].Waiting.Add(id);
    }

    public void Release(int number, bool refused)
    {
        string held = _bars[number].Held ?? throw new InvalidOperationException("no command waits there");
        answer(held, refused
            ? new JsonObject { ["return"] = new JsonObject { ["error"] = new JsonObject { ["code"] = -1, ["message"] = "refused by the scenario" } } }
            : Continue());
    }

    private static JsonObject Continue() => new() { ["result"] = "continue" };

    private sealed class Bar(string command, string containing)
    {
        public string Command => command;

        public string Containing => containing;

        /// <summary>The held hook call; a hold catches one call only.</summary>
        public string? Held { get; set; }

        /// <summary>Requests that wait for the arrival of the call.</summary>
        public List<string> Waiting { get; } = [];
    }
}

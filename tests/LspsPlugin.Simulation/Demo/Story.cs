using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model;
using Spectre.Console;

namespace LspsPlugin.Simulation.Demo;

/// <summary>Prints what happens, one line per event, for a reader.</summary>
internal sealed class Story(IAnsiConsole console, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly Dictionary<string, string> _channels = [];

    public void Title(string text)
    {
        console.WriteLine();
        console.Write(new Rule($"[bold]{Markup.Escape(text)}[/]").LeftJustified());
    }

    public void Say(string who, string what)
    {
        string colour = who switch { "wallet" => "green", "provider" => "yellow", "payer" => "blue", _ => "grey" };
        string at = $"{time.GetElapsedTime(_start).TotalMilliseconds,7:0.0} ms";
        console.MarkupLine($"[grey]{at}[/]  [{colour}]{who,-8}[/]  {Markup.Escape(what)}");
    }

    /// <summary>Prints a claim that was checked.</summary>
    public void Check(bool holds, string claim)
    {
        console.MarkupLine(holds ? $"  [green]✓[/] {Markup.Escape(claim)}" : $"  [red]✗ {Markup.Escape(claim)}[/]");
        if (!holds) throw new DemonstrationException(claim);
    }

    public void Name(SimChannel channel, string name) => _channels[channel.NameFor(channel.Opener).ToString()] = name;

    /// <summary>Prints the model's events in technical terms; most are left out.</summary>
    public void Observe(SimEvent e)
    {
        switch (e.What)
        {
            case "openchannel answered":
                Say(e.Node.Name, e.Content["mindepth"] is not null ? "accepts the channel without confirmation" : "accepts no channel without confirmation");
                break;
            case "channel_state_changed" when e.Node.Name == "provider":
                Say(e.Node.Name, $"JIT channel {Short(e.Content["channel_id"])}: {e.Content["new_state"]}");
                break;
            case "forward_event":
                Say(e.Node.Name, Forward(e.Content));
                break;
            case "invoice_payment":
                Say(e.Node.Name, $"has the whole payment, {Sat(e.Content["msat"])}, and releases the preimage");
                break;
            case "broadcast":
                Say(e.Node.Name, $"broadcasts the funding transaction {Short(e.Content["txid"])}");
                break;
            case "block_added" when e.Node.Name == "provider":
                Say("chain", $"block {e.Content["height"]}");
                break;
            default:
                break;
        }
    }

    public static string Sat(Msat amount) => amount.Value % 1000 == 0 ? $"{amount.Value / 1000:N0} sat" : $"{amount.Value / 1000.0:N3} sat";

    private static string Sat(JsonNode? msat) => Sat(new Msat(msat!.GetValue<ulong>()));

    private string Forward(JsonObject e)
    {
        string part = $"part {Channel(e["in_channel"])}/{e["in_htlc_id"]}";
        return (string?)e["status"] switch
        {
            "offered" => $"forwards {part}: {Sat(e["in_msat"])} in, {Sat(e["out_msat"])} out, {Sat(e["fee_msat"])} of the opening fee kept",
            "settled" => $"{part} is settled: the preimage goes back to the payer",
            "failed" => $"{part} was failed by the wallet and goes back to the payer",
            _ => $"{part} could not be forwarded: {e["failreason"]}",
        };
    }

    private string Channel(JsonNode? scid) => _channels.GetValueOrDefault((string)scid!, (string)scid!);

    private static string Short(JsonNode? id) => $"{((string)id!)[..8]}…";
}

/// <summary>Thrown when a claim of the demonstration is false.</summary>
internal sealed class DemonstrationException(string claim) : Exception(claim);

using LspsPlugin.Simulation.Model;
using LspsPlugin.Tests;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>Commitments are persisted before they are acted on: the checker reads what a crash at that moment would find.</summary>
[Covers("S01", "C10")]
public sealed class SavedFirstChecker(Book book) : SimChecker
{
    /// <summary>Includes Unwinding: an answer that is delayed in the pipe may arrive after the end of its channel.</summary>
    private static readonly string[] Forwarded = ["AwaitingSettlement", "Passing", "Broadcasting", "Confirming", "Unwinding", "Ended"];

    private static readonly string[] Paid = ["Broadcasting", "Confirming", "Ended"];

    /// <summary>Transactions whose signature was stored while their seller trusted the client.</summary>
    private readonly HashSet<string> _trusted = [];

    public override void Observe(SimEvent e)
    {
        switch (e.What)
        {
            case "rpc datastore done":
                foreach (Records.Entry entry in Records.Of(e.Node))
                {
                    if (entry is { PlannedTx: { } tx } && entry.Content["client_trusts_lsp"]?.GetValue<bool>() is false && entry.Content["signed_psbt"] is not null) _trusted.Add(tx);
                }

                break;
            case "rpc reserveinputs" or "rpc fundchannel_complete":
                if (Planned(e) is null) Violated($"{e.What[4..]} of a transaction that no record contains");
                break;
            case "rpc sendpsbt":
                if (Planned(e) is not { } sent || !(Paid.Contains(sent.Phase) || _trusted.Contains(sent.PlannedTx!))) Violated("sendpsbt of a funding whose payment no record contains");
                break;
            case "rpc close":
                Closing(e);
                break;
            case "htlc_accepted answered" when e.Htlc is { } part && Forwarding.Read(part, e.Content) is { } forward && book.SaleOf(e.Node, part) is { } sale:
                Forward(e, sale, part, forward);
                break;
            default:
                break;
        }
    }

    private static Records.Entry? Planned(SimEvent e)
    {
        string? tx = SimPsbt.Read((string?)e.Content["psbt"])?.Id.ToString();
        return Records.Of(e.Node).FirstOrDefault(entry => entry.PlannedTx == tx && tx is not null);
    }

    private void Closing(SimEvent e)
    {
        Records.Entry[] about = [.. Records.Of(e.Node).Where(entry => entry.Channel == (string?)e.Content["id"])];

        // A channel that no record knows is left over from a crash, and may be removed.
        if (about.Length > 0 && about.All(entry => entry.Phase is not ("Unwinding" or "Ended"))) Violated($"a channel is closed, but the phase in its record is {about[0].Phase ?? about[0].Place}");
    }

    private void Forward(SimEvent e, Sale sale, SimHtlc part, Forwarding forward)
    {
        Records.Entry[] about = [.. Records.Of(e.Node).Where(entry => entry.JitScid == sale.JitScid && entry.Channel == forward.Channel)];
        if (about.Length == 0)
        {
            Violated($"the part {HookChecker.Name(part)} is forwarded over a channel that no record contains");
            return;
        }

        // Parts after a complete and settled payment carry no fee, and need no record of their own.
        bool late = forward.Taken == 0 && about.Any(entry => Paid.Contains(entry.Phase) || entry.Content["alias_of"] is not null);
        bool recorded = about.Any(entry => Forwarded.Contains(entry.Phase) && entry.Forwards(part.Channel.NameFor(e.Node), part.Id));
        if (!late && !recorded) Violated($"the part {HookChecker.Name(part)} is forwarded before the record contains the forward");
    }
}

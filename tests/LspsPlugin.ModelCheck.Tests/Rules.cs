using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;
using LspsPlugin.Core.Tests.Sessions;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What must never happen. Each rule looks at one step and says what is wrong with it, or nothing.</summary>
internal static class Rules
{
    /// <summary>The one call that is never repeated, and never for a second channel.</summary>
    public static string? OnComplete(Node n, int plan)
    {
        if (n.Completed(plan)) return "fundchannel_complete was carried out twice for one plan";
        return Enumerable.Range(0, Node.Plans).Any(p => n.Channel(p) != Channel.Absent) ? "a second channel is funded" : null;
    }

    /// <summary>The plan is on record before anything of it is reserved or funded.</summary>
    public static string? OnLaunch(NodeAction action, SavedState? record) => action switch
    {
        CompleteFunding a when record?.Plan != a.Plan => "a funding is completed without its record",
        BroadcastFunding a when record?.SignedPsbt != a.SignedPsbt => "a signature is sent that is not on record",
        ReserveInputs a when record?.Plan != a.Plan => "inputs are reserved without a record of their plan",
        _ => null,
    };

    /// <summary>Where the client is trusted the record allows it, and that is written only over a whole payment: <see cref="OnTrust"/>.</summary>
    public static string? OnBroadcast(Configuration c, Node n, int plan, Func<int, ulong> shares)
    {
        if (!c.Terms.Offer.ClientTrustsLsp || n.Borne(plan)) return null;
        if (!n.Settled(plan)) return "the funding is broadcast although no part was settled";
        ulong earned = 0;
        for (int i = 0; i < c.Parts.Length; i++)
        {
            if (n.Plan(i) == plan && n.Fate(i) == Fate.Settled) earned += shares(n.Share(i));
        }

        return earned < Sample.Fee.Value ? "the funding is broadcast although its fee was not earned and no loss allowed" : null;
    }

    /// <summary>The step after which a funding may go out before it is paid.</summary>
    public static string? OnTrust(Configuration c, Node n, ValueList<Part> held)
    {
        if (c.Terms.Offer.ClientTrustsLsp) return "a client is trusted that was not promised that";
        if (held.Any(part => n.Fate((int)part.Htlc.Id) != Fate.Hooked)) return "a channel is opened on trust with a part that is not held";
        return (ulong)held.Sum(part => (long)part.Amount.Value) < (c.Terms.Offer.PaymentSize?.Value ?? 1) ? "a channel is opened on trust although the payment is not complete" : null;
    }

    public static string? OnClose(Node n, int plan) =>
        n.Settled(plan) ? "a channel is released although a part was settled over it" : null;

    /// <summary>Forwards are decided only while every part of a complete payment is held; together they carry the fee and nothing else is taken.</summary>
    public static string? OnDecide(Configuration c, Node n, ValueList<Forward> forwards, Msat fee)
    {
        ulong sum = 0, taken = 0;
        foreach (Forward forward in forwards)
        {
            if (n.Fate((int)forward.Htlc.Id) != Fate.Hooked) return "the payment is taken to be complete with a part that is not held";
            sum += c.Parts[(int)forward.Htlc.Id].Amount.Value;
            taken += forward.OpeningFee.Value;
        }

        if (sum < (c.Terms.Offer.PaymentSize?.Value ?? 1)) return "parts are to be forwarded although the payment is not complete";
        return taken != fee.Value ? $"the parts carry {taken} msat of a fee of {fee}" : null;
    }

    /// <summary>What goes on to the client is the part less its share, and all shares together never exceed the fee.</summary>
    public static string? OnForward(Configuration c, Node n, int plan, ForwardParts action, Msat fee, Func<int, ulong> shares)
    {
        if (!n.Paid(plan)) return "a part is forwarded before the payment was complete";
        ulong taken = 0;
        foreach (Forward forward in action.Forwards)
        {
            ulong amount = c.Parts[(int)forward.Htlc.Id].Amount.Value;
            if (forward.Amount.Value + forward.OpeningFee.Value != amount) return "a part is forwarded with another amount than its own less its share of the fee";
            taken += forward.OpeningFee.Value;
        }

        for (int i = 0; i < c.Parts.Length; i++)
        {
            if (n.Plan(i) == plan && n.Fate(i) is Fate.Handed or Fate.Out or Fate.Settled) taken += shares(n.Share(i));
        }

        return taken > fee.Value ? $"the parts carry {taken} msat of a fee of {fee}" : null;
    }

    /// <summary>A part that went to the client is not the payer's any more.</summary>
    public static string? OnFail(Node n, int part) =>
        n.Fate(part) is Fate.Handed or Fate.Out or Fate.Settled ? "a part is failed that was forwarded" : null;

    /// <summary>After a block that brings expiry near, nothing is held that was known before it.</summary>
    public static string? OnExpiry(Configuration c, Node n)
    {
        for (int i = 0; i < c.Parts.Length; i++)
        {
            if (n.Fate(i) == Fate.Hooked && !n.Mail(i)) return $"part {i} is still held although it is about to expire";
        }

        return null;
    }

    /// <summary>When no session is left, neither is anything of it.</summary>
    /// <param name="openingMayStay">Nobody knows of an opening without a plan after the session's code failed; the next opening replaces it.</param>
    public static string? AtEnd(Configuration c, Node n, bool openingMayStay)
    {
        for (int plan = 0; plan < Node.Plans; plan++)
        {
            bool owed = (n.Settled(plan) && !n.Forfeited(plan)) || (n.Public(plan) && n.Channel(plan) != Channel.Absent);
            if (owed && n.Chain(plan) != OnChain.Confirmed) return "a paid channel's funding is not confirmed, and no session is left to see to it";
            if (n.Chain(plan) == OnChain.Nothing && n.Channel(plan) != Channel.Absent) return "a withheld channel is left behind";
            if (n.Chain(plan) == OnChain.Nothing && n.Reserved(plan)) return "a reservation is left behind";
        }

        if (n.Opening != Opening.None && !n.Orphan && !openingMayStay) return "an opening is left under way";
        for (int i = 0; i < c.Parts.Length; i++)
        {
            if (n.Fate(i) == Fate.Hooked) return "a held part is left behind";
        }

        return null;
    }
}

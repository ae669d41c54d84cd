namespace LspsPlugin.ModelCheck.Tests;

/// <summary>What becomes of one HTLC of the payer.</summary>
internal enum Fate
{
    Unsent,

    /// <summary>The node waits for the answer to its hook.</summary>
    Hooked,

    /// <summary>Answered with a forward that the node has not sent on yet: a crash of the node replays it.</summary>
    Handed,

    /// <summary>With the client.</summary>
    Out,

    /// <summary>The client released the preimage.</summary>
    Settled,

    /// <summary>Back with the payer.</summary>
    Gone,
}

internal enum Opening
{
    None,

    /// <summary>fundchannel_start was accepted.</summary>
    Open,

    /// <summary>fundchannel_complete was sent by a process or a call that gave up on its answer; the client still has a say.</summary>
    Completing,
}

internal enum Channel
{
    Absent,
    Pending,
    Normal,

    /// <summary>Listed, but on its way out: the client closed it.</summary>
    Dead,
}

internal enum OnChain
{
    Nothing,
    Sent,
    Confirmed,
}

/// <summary>
/// Everything outside of the plugin that one session can touch: the node, the chain, the client and the payer, in one word, because
/// there are millions of them.
/// </summary>
internal readonly record struct Node(ulong Bits)
{
    /// <summary>Fundings that are told apart; a third is refused for want of funds.</summary>
    public const int Plans = 2;

    public const int MostParts = 3;

    private const int PlanAt = 8;
    private const int PlanWidth = 9;
    private const int PartAt = PlanAt + (Plans * PlanWidth);
    private const int PartWidth = 10;
    private const int BorneAt = PartAt + (MostParts * PartWidth);

    public Opening Opening => (Opening)Get(0, 2);

    /// <summary>The plan that a fundchannel_complete is still under way for.</summary>
    public int Completing => Get(2, 1);

    /// <summary>A process died without a record of the opening: it lasts until the client's connection ends, or another replaces it.</summary>
    public bool Orphan => Get(3, 1) == 1;

    public int Planned => Get(4, 2);

    /// <summary>The height is close to the expiry of the parts.</summary>
    public bool Near => Get(6, 1) == 1;

    public bool Reserved(int plan) => Get(PlanBit(plan), 1) == 1;

    public Channel Channel(int plan) => (Channel)Get(PlanBit(plan) + 1, 2);

    public OnChain Chain(int plan) => (OnChain)Get(PlanBit(plan) + 3, 2);

    /// <summary>A payment was forwarded over this channel, so its sum was there.</summary>
    public bool Paid(int plan) => Get(PlanBit(plan) + 5, 1) == 1;

    /// <summary>fundchannel_complete was carried out once.</summary>
    public bool Completed(int plan) => Get(PlanBit(plan) + 6, 1) == 1;

    /// <summary>The client closed the channel while its funding was withheld: what it is owed from it is its own loss.</summary>
    public bool Forfeited(int plan) => Get(PlanBit(plan) + 7, 1) == 1;

    /// <summary>sendpsbt was asked for: from then on the node takes the channel for one like any other, whether the transaction went out or not.</summary>
    public bool Public(int plan) => Get(PlanBit(plan) + 8, 1) == 1;

    /// <summary>The operator bears what the channel was not paid.</summary>
    public bool Borne(int plan) => Get(BorneAt + plan, 1) == 1;

    /// <summary>A part was settled over the channel.</summary>
    public bool Settled(int plan) => Any(plan, Tests.Fate.Settled);

    /// <summary>A part is with the client.</summary>
    public bool Carries(int plan) => Any(plan, Tests.Fate.Out);

    public Fate Fate(int part) => (Fate)Get(PartBit(part), 3);

    /// <summary>Its arrival is in the session's mail.</summary>
    public bool Mail(int part) => Get(PartBit(part) + 3, 1) == 1;

    /// <summary>A forward_event that was not delivered yet; a crash loses it.</summary>
    public bool News(int part) => Get(PartBit(part) + 4, 1) == 1;

    public int Plan(int part) => Get(PartBit(part) + 5, 1);

    /// <summary>Which of the model's fee shares was taken from it.</summary>
    public int Share(int part) => Get(PartBit(part) + 6, 3);

    public Node WithOpening(Opening value) => value == Tests.Opening.None ? Set(0, 2, 0).Set(2, 2, 0) : Set(0, 2, (int)value);

    public Node WithCompleting(int plan) => WithOpening(Tests.Opening.Completing).Set(2, 1, plan);

    public Node WithOrphan(bool value) => Set(3, 1, value ? 1 : 0);

    public Node WithPlanned(int value) => Set(4, 2, value);

    public Node WithNear(bool value) => Set(6, 1, value ? 1 : 0);

    public Node WithReserved(int plan, bool value) => Set(PlanBit(plan), 1, value ? 1 : 0);

    public Node WithChannel(int plan, Channel value) => Set(PlanBit(plan) + 1, 2, (int)value);

    public Node WithChain(int plan, OnChain value) => Set(PlanBit(plan) + 3, 2, (int)value);

    public Node WithPaid(int plan) => Set(PlanBit(plan) + 5, 1, 1);

    public Node WithCompleted(int plan) => Set(PlanBit(plan) + 6, 1, 1);

    public Node WithForfeited(int plan) => Set(PlanBit(plan) + 7, 1, 1);

    public Node WithPublic(int plan) => Set(PlanBit(plan) + 8, 1, 1);

    public Node WithBorne(int plan) => Set(BorneAt + plan, 1, 1);

    public Node WithFate(int part, Fate value) => Set(PartBit(part), 3, (int)value);

    public Node WithMail(int part, bool value) => Set(PartBit(part) + 3, 1, value ? 1 : 0);

    public Node WithNews(int part, bool value) => Set(PartBit(part) + 4, 1, value ? 1 : 0);

    public Node WithForward(int part, int plan, int share) =>
        Set(PartBit(part), PartWidth, (int)Tests.Fate.Handed).WithMail(part, Mail(part)).Set(PartBit(part) + 5, 1, plan).Set(PartBit(part) + 6, 3, share);

    /// <summary>The part is out of the game: nothing else of it matters any more.</summary>
    public Node WithGone(int part) => Set(PartBit(part), PartWidth, (int)Tests.Fate.Gone).WithMail(part, Mail(part));

    /// <summary>Forgets plans that left nothing, so that a second attempt is explored once and not once per first attempt.</summary>
    public Node WithoutPlans() => new(Bits & ~(((1UL << (Plans * PlanWidth)) - 1) << PlanAt) & ~(3UL << 4));

    public override string ToString()
    {
        Node self = this;
        string parts = string.Join(' ', Enumerable.Range(0, MostParts).Select(i => $"{self.Fate(i)}{(self.Mail(i) ? "+mail" : "")}{(self.News(i) ? "+news" : "")}"));
        string plans = string.Join(' ', Enumerable.Range(0, Plans).Select(i => $"{self.Channel(i)}/{self.Chain(i)}{(self.Reserved(i) ? "/reserved" : "")}"));
        return $"opening {Opening}, plans [{plans}], parts [{parts}]{(Near ? ", near expiry" : "")}";
    }

    private bool Any(int plan, Fate fate)
    {
        for (int part = 0; part < MostParts; part++)
        {
            if (Fate(part) == fate && Plan(part) == plan) return true;
        }

        return false;
    }

    private static int PlanBit(int plan) => PlanAt + (plan * PlanWidth);

    private static int PartBit(int part) => PartAt + (part * PartWidth);

    private int Get(int at, int width) => (int)((Bits >> at) & ((1UL << width) - 1));

    private Node Set(int at, int width, int value) => new((Bits & ~(((1UL << width) - 1) << at)) | ((ulong)value << at));
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>All checkers of one run: they see every event from the first one on, and check the final state at the end.</summary>
public sealed class CheckerSet
{
    private readonly Book _book;
    private readonly PaymentBook _payments = new();
    private readonly SimChecker[] _checkers;
    private SimNetwork? _network;

    /// <summary>Creates every checker, for one run.</summary>
    public CheckerSet()
        : this(new Book())
    {
    }

    private CheckerSet(Book book)
    {
        _book = book;
        _checkers =
        [
            new HookChecker(book),
            new SumChecker(book),
            new FeeChecker(book),
            new FundingChecker(book),
            new TransactionChecker(),
            new TrustChecker(book),
            new SavedFirstChecker(book),
            new ForeignChecker(book),
            new ClaimChecker(book),
            new LeftoverChecker(book),
            new UnbackedForwardChecker(book),
            new UnbackedReceiptChecker(book),
            new GrantChecker(),
            new PartChecker(_payments),
            new PaymentSumChecker(_payments),
            new PaymentEndChecker(_payments),
            new PaymentProofChecker(_payments),
            new LogChecker(),
        ];
    }

    public string? FirstViolation => Violations.FirstOrDefault();

    /// <summary>The violations in the order of the checkers.</summary>
    public IEnumerable<string> Violations => _checkers.SelectMany(checker => checker.Violations);

    /// <summary>Returns the opening fees that wallets paid a provider with the parts that they settled.</summary>
    public Msat EarnedBy(SimNode provider) => new(_book.JitChannels.Keys.Where(channel => channel.Opener == provider).Aggregate(0UL, (sum, channel) => sum + _book.Earned(channel)));

    /// <summary>Starts watching, before the world is set up.</summary>
    public void Attach(SimNetwork network)
    {
        _network = network;
        network.Observed += Observe;
    }

    /// <summary>Stops watching, and lets each checker check the final state.</summary>
    public void AtEnd(JitWorld world)
    {
        if (_network is not null) _network.Observed -= Observe;
        foreach (SimChecker checker in _checkers) checker.AtEnd(world);
    }

    private void Observe(SimEvent happened)
    {
        _book.Observe(happened);
        _payments.Observe(happened);
        foreach (SimChecker checker in _checkers) checker.Observe(happened);
    }
}

using LspsPlugin.Core.Funding;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Durable.Sales;

/// <summary>The locks that one session holds while it opens its channel.</summary>
internal sealed class OpeningLocks(SessionPorts ports, NodeId client)
{
    private const int TheWallet = 0;
    private bool _client;
    private bool _wallet;
    private bool _over;

    /// <summary>Acquires the locks that <paramref name="effect"/> needs and the session does not hold yet.</summary>
    public async ValueTask EnterForAsync(NodeAction effect)
    {
        if (effect is StartOpening && !_client)
        {
            await ports.ClientLocks.EnterAsync(client);
            _client = true;
        }

        if (effect is PlanFunding && !_wallet)
        {
            await ports.WalletLock.EnterAsync(TheWallet);
            _wallet = true;
        }

        if (_over) LeaveAll();
    }

    /// <summary>
    /// Releases the locks that a phase does not need. The wallet lock ends with the reservation, before the client must respond: a slow client must
    /// not stall other openings.
    /// </summary>
    public void LeaveWhatIsNotNeeded(Phase phase)
    {
        if (phase is not (Phase.Planning or Phase.Reserving or Phase.Recovering)) LeaveWallet();
        if (phase is not (Phase.Negotiating or Phase.AwaitingClient or Phase.Planning or Phase.Reserving or Phase.Recovering or Phase.Completing or Phase.LocatingChannel
            or Phase.AwaitingOutcome or Phase.Unwinding))
        {
            LeaveClient();
        }
    }

    public void LeaveAll()
    {
        _over = true;
        LeaveWallet();
        LeaveClient();
    }

    private void LeaveWallet()
    {
        if (_wallet) ports.WalletLock.Leave(TheWallet);
        _wallet = false;
    }

    private void LeaveClient()
    {
        if (_client) ports.ClientLocks.Leave(client);
        _client = false;
    }
}

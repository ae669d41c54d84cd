using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Sessions;

namespace LspsPlugin.Runtime;

/// <summary>
/// How many openings may come to nothing per client. Each binds coins and costs the node a channel's worth of work, while it costs the
/// client, or whoever probes its JIT scid with a hash of his own, nothing.
/// </summary>
internal sealed class OpeningBudget(TimeProvider time)
{
    private const int Openings = 5;
    private const int MostClients = 1000;

    /// <summary>One wasted opening is forgiven after each of these.</summary>
    private static readonly TimeSpan Forgiveness = TimeSpan.FromMinutes(10);

    private readonly Dictionary<NodeId, (double Wasted, long At)> _clients = [];

    /// <summary>Whether another payment to <paramref name="client"/> may lead to an opening now.</summary>
    public bool Allows(NodeId client) => Wasted(client) <= Openings - 1;

    /// <summary>Counts an attempt that ended; one that the client could not help costs it nothing.</summary>
    public void Count(NodeId client, Ended ended)
    {
        if (ended.Plan is null || ended.Reason is not (FailureReason.PaymentRejected or FailureReason.ChannelNotReady or FailureReason.ChannelClosed
            or FailureReason.ChannelForfeited or FailureReason.ClientDisconnected or FailureReason.FeeNotCovered))
        {
            return;
        }

        if (_clients.Count >= MostClients) Forgive();
        if (_clients.Count < MostClients || _clients.ContainsKey(client)) _clients[client] = (Wasted(client) + 1, time.GetTimestamp());
    }

    private double Wasted(NodeId client) =>
        _clients.TryGetValue(client, out (double Wasted, long At) known) ? Math.Max(0, known.Wasted - (time.GetElapsedTime(known.At) / Forgiveness)) : 0;

    private void Forgive()
    {
        foreach (NodeId client in _clients.Keys.Where(client => Wasted(client) == 0).ToArray()) _clients.Remove(client);
    }
}

using LspsPlugin.Simulation.Model;

namespace LspsPlugin.Simulation.Checkers;

/// <summary>A provider gets no more unconfirmed channels than the wallet approved, counting those that exist and are unconfirmed.</summary>
public sealed class GrantChecker : SimChecker
{
    private readonly HashSet<(SimNode Wallet, string Provider, string Hash)> _approved = [];
    private readonly Dictionary<int, string> _openers = [];

    public override void Observe(SimEvent e)
    {
        if (e.What == "openchannel asked")
        {
            _openers[e.Call] = (string)e.Content["openchannel"]!["id"]!;
        }
        else if (e.What == "openchannel answered" && e.Content["mindepth"] is not null)
        {
            foreach ((string[] key, string provider) in e.Node.Datastore.Under("lsps", "invoice")) _approved.Add((e.Node, provider, key[^1]));
            string opener = _openers[e.Call];
            int there = e.Node.Channels.Count(channel => channel.Acceptor == e.Node && channel.Opener.Id.ToString() == opener && channel.RealScid is null && channel.State is SimChannel.Normal or SimChannel.AwaitingLockin);
            int approved = _approved.Count(one => one.Wallet == e.Node && one.Provider == opener);
            if (there >= approved) Violated($"{e.Node} approved {approved} channel(s) of {opener}, has {there} unconfirmed one(s) and accepts another");
        }
    }
}

using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Host;
using LspsPlugin.Simulation.Model;
using LspsPlugin.Simulation.Time;

#pragma warning disable RS0030
var loop = new SimLoop(1);
return loop.Run(async () =>
{
    JitWorld world = JitWorld.Build(loop.Clock, channels: 2);
    world.Network.Observed += e => Console.WriteLine($"{loop.Clock.GetUtcNow():ss.fff} {e.Node} {e.What} {e.Content.ToJsonString()[..Math.Min(150, e.Content.ToJsonString().Length)]}");
    await world.StartInProcessAsync(1);
    world.ProviderPlugin.Link.Logged += l => Console.WriteLine($"   P {l}");
    world.WalletPlugin.Link.Logged += l => Console.WriteLine($"   W {l}");
    Bolt11Invoice invoice = await world.InvoiceAsync(new Msat(100_000_000));
    foreach (Task<PartResult> t in world.Payer.SendParts(invoice, 3, world.Channels)) { PartResult p = await t; Console.WriteLine($"{p.Amount} {p.Outcome}"); }
    await world.UntilAsync(() => world.Network.Chain.Mempool.Any(), "broadcast");
    world.Network.Chain.Mine();
    await world.UntilAsync(() => world.ProviderPlugin.Link.Log.Any(l => l.Contains("Succeeded")), "succeeded");
    foreach (var (k, v) in world.Provider.Datastore.Entries) Console.WriteLine($"{string.Join('/', k)} = {v}");
    foreach (var (k, v) in world.Wallet.Datastore.Entries) Console.WriteLine($"{string.Join('/', k)} = {v}");
    Console.WriteLine(string.Join(", ", world.Provider.Rpc.Calls));
    return 0;
}, TimeSpan.FromMinutes(5));

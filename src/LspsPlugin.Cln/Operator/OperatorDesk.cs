using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Provider;
using LspsPlugin.Cln.Provider.Reporting;
using LspsPlugin.Durable.Sales;

namespace LspsPlugin.Cln.Operator;

/// <summary>What the operator's commands work with. Beyond the check of their arguments they run once the provider's records are read.</summary>
internal sealed class OperatorDesk(ProviderRole role)
{
    /// <summary>The code of an error that is neither the caller's nor a bug: the state forbids it, or the node does not answer.</summary>
    public const int Refused = -1;

    /// <exception cref="InvalidOperationException">The records are not read.</exception>
    public RunningProvider Provider => role.Running ?? throw new InvalidOperationException("the provider's records are not read");

    public SessionRegistry Registry => Provider.Registry;

    public AlertBook Alerts => role.Context.Alarm.Alerts;

    public NodeClient Node => role.Context.Node;

    public ProviderOptions Options => role.Context.Options();

    public TimeProvider Time => role.Context.Time;

    public HostLog Log => role.Context.Log;

    public CancellationToken Stopping => role.Context.Stopping;
}

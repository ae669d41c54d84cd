using LspsPlugin.Rpc.Dispatch;

namespace LspsPlugin.Rpc;

/// <summary>
/// The two seams of the process: how calls of the host reach their handler, and how our calls reach the node. In production StreamJsonRpc carries
/// both; the simulation carries them in its one thread, because StreamJsonRpc completes each call on the thread pool.
/// </summary>
public abstract class RpcTransport
{
    private protected RpcTransport()
    {
    }

    /// <summary>Carries everything on the caller's thread, deterministically.</summary>
    public static RpcTransport InThread { get; } = new InThreadTransport();

    /// <summary>Carries calls by StreamJsonRpc. Handlers and answers still run on the event loop, in the order in which calls arrived.</summary>
    public static RpcTransport StreamJsonRpc { get; } = new StreamJsonRpcTransport();

    /// <summary>Creates the seam "calls of the host"; call it on the loop.</summary>
    /// <param name="writer">Takes the answers.</param>
    /// <param name="methods">The methods and notifications that may be carried.</param>
    /// <param name="handler">Handles a call, and answers it then or later. Must not throw.</param>
    public abstract IHostCarrier CarryHostCalls(JsonRpcWriter writer, IEnumerable<string> methods, Action<HostCall> handler);

    /// <summary>Creates the seam "calls to the node" for one connection; call it on the loop.</summary>
    internal abstract INodeCarrier CarryNodeCalls(JsonRpcWriter writer, Background background);
}

/// <summary>Carries calls of the host to their handler, and the answers back.</summary>
public interface IHostCarrier
{
    /// <summary>Completes when calls can be carried.</summary>
    ValueTask OpenAsync();

    /// <summary>Carries a request or a notification; its handler has begun when this returns.</summary>
    void Carry(in JsonRpcEnvelope call);
}

/// <summary>Carries our calls over one connection to the node, and the answers back.</summary>
internal interface INodeCarrier
{
    /// <summary>Completes when calls can be carried.</summary>
    ValueTask OpenAsync();

    /// <summary>Sends a request.</summary>
    void Send(PendingCall call);

    /// <summary>Ends a call that was sent; its outcome has been set.</summary>
    void End(PendingCall call);

    /// <summary>Ends the carrying; the calls that were sent have been failed.</summary>
    void Close();
}

using System.Net;
using System.Net.Sockets;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Loopback ports that nobody listens on; none is given twice.</summary>
internal static class Ports
{
    private static readonly HashSet<int> Given = [];

    public static int Free()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            int port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            if (Given.Add(port)) return port;
        }
    }
}

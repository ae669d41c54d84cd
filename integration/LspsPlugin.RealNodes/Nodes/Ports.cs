using System.Net;
using System.Net.Sockets;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Returns unused loopback ports; none is returned twice.</summary>
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

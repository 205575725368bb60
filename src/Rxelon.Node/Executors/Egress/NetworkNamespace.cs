using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Plain;

namespace Rxelon.Node.Executors.Egress;

/// <summary>
/// Opens a socket inside another process's network namespace. A socket stays in the namespace where it was made, so the node can
/// listen on a container's own loopback although that container has no network at all.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class NetworkNamespace
{
    /// <summary>A listener on 127.0.0.1 at that port in the namespace of the process. Throws <see cref="IOException"/> when the process is gone.</summary>
    internal static Socket Listen(long process, int port, int backlog)
    {
        Socket? socket = null;
        Exception? failure = null;

        // The thread changes its namespace and ends: no other work ever runs on it.
        var thread = new Thread(() =>
        {
            try
            {
                using var target = File.OpenHandle($"/proc/{process}/ns/net");
                Posix.EnterNetwork(target);
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen(backlog);
            }
            catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
            {
                socket?.Dispose();
                failure = e;
            }
        })
        {
            IsBackground = true,
            Name = "netns",
        };
        thread.Start();
        thread.Join();
        return failure is null ? socket! : throw new IOException($"The container's network namespace cannot be used: {failure.Message}", failure);
    }
}

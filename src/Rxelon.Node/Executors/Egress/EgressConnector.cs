using System.Net.Sockets;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Egress;

/// <summary>Decides on destinations and connects to them. The address that was checked is the one connected to: names are resolved once.</summary>
internal sealed class EgressConnector(NetworkRequest task, EgressTerms terms)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>The connection, or why there is none, in a few words.</summary>
    internal async Task<(Socket? Socket, string Verdict)> ConnectAsync(string host, int port, CancellationToken cancel)
    {
        if (!NetworkRules.Allows(task.Allow, host, port))
            return (null, "refused: the task does not list it");
        if (!NetworkRules.Allows(terms.Agreed, host, port))
            return (null, "refused: the operator does not agree to it");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            var addresses = await terms.Resolve(host, limit.Token).ConfigureAwait(false);
            var reachable = addresses.Where(terms.MayReach).ToArray();
            if (reachable.Length == 0)
                return (null, addresses.Length == 0 ? "failed: the name has no address" : "refused: its addresses are not public");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(reachable, port, limit.Token).ConfigureAwait(false);
                return (socket, "connected");
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (SocketException e)
        {
            return (null, $"failed: {e.SocketErrorCode}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, "failed: no answer");
        }
    }
}

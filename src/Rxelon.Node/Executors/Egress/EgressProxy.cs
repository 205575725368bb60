using System.Collections.Concurrent;
using System.Net.Sockets;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Egress;

/// <summary>
/// The only way out of one container: an HTTP proxy (CONNECT, and requests with an absolute URL; RFC 9110 §9.3.6, RFC 9112 §3.2.2) that
/// reaches what the task asked for and the operator agreed to, by name and port, at public addresses. Runs until it is disposed.
/// </summary>
internal sealed class EgressProxy : IAsyncDisposable
{
    /// <summary>Where programs find it, on the container's own loopback.</summary>
    internal const int Port = 3128;

    private const int MostConnections = 64;

    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = [];
    private readonly SemaphoreSlim _room = new(MostConnections, MostConnections);
    private readonly Socket _listener;
    private readonly EgressConnector _connector;
    private readonly Action<EgressRecord> _done;
    private readonly Task _accepting;

    /// <param name="listener">Listens where only the container reaches it; owned from here on.</param>
    /// <param name="task">What the task asked for.</param>
    /// <param name="terms">What the operator agreed to.</param>
    /// <param name="done">Gets each connection when it is over, or refused; called on any thread.</param>
    internal EgressProxy(Socket listener, NetworkRequest task, EgressTerms terms, Action<EgressRecord> done)
    {
        _listener = listener;
        _done = done;
        _connector = new EgressConnector(task, terms);
        _accepting = AcceptAsync();
    }

    /// <summary>What a program needs to know.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Environment
        => ((string[])["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
            .Select(n => KeyValuePair.Create(n, FormattableString.Invariant($"http://127.0.0.1:{Port}")));

    /// <summary>Ends all connections and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
        _room.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            await _room.WaitAsync(_ended.Token).ConfigureAwait(false);
            var client = await _listener.AcceptAsync(_ended.Token).ConfigureAwait(false);
            var serving = ServeAsync(client);
            _connections[serving] = true;
            _ = serving.ContinueWith(t => _connections.TryRemove(t, out _), TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            var stream = new NetworkStream(client, ownsSocket: true);
            await using var closing = stream.ConfigureAwait(false);
            await new EgressConnection(stream, _connector, _done).ServeAsync(_ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The program or the other side closed; what had passed by then was recorded.
        }
        finally
        {
            if (!_ended.IsCancellationRequested)
                _room.Release();
        }
    }
}

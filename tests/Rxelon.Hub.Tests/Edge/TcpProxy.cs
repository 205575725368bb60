using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>
/// A router between node and hub that can reset connections, refuse new ones, or forget them silently (bytes go nowhere and
/// nobody is told, as when a home router drops its table).
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Pair, byte> _pairs = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly int _target;
    private volatile bool _refuse;

    internal TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal int Accepted { get; private set; }

    /// <summary>Resets what is open; new connections pass.</summary>
    internal void Cut()
    {
        foreach (var pair in _pairs.Keys)
            pair.Reset();
    }

    /// <summary>Swallows everything on what is open now; new connections pass.</summary>
    internal void Blackhole()
    {
        foreach (var pair in _pairs.Keys)
            pair.Deaf = true;
    }

    /// <summary>New connections are closed at once while this is set.</summary>
    internal void Refuse(bool refuse) => _refuse = refuse;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var inbound = await _listener.AcceptTcpClientAsync(_stop.Token);
                Accepted++;
                if (_refuse)
                {
                    inbound.Dispose();
                    continue;
                }

                var outbound = new TcpClient();
                await outbound.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var pair = new Pair(inbound, outbound);
                _pairs[pair] = 0;
                _ = Task.WhenAll(pair.PumpAsync(inbound, outbound), pair.PumpAsync(outbound, inbound))
                    .ContinueWith(_ => _pairs.TryRemove(pair, out byte _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            _refuse = true;
        }
    }

    private sealed class Pair(TcpClient a, TcpClient b)
    {
        private readonly Socket[] _sockets = [a.Client, b.Client];

        internal volatile bool Deaf;

        internal void Reset()
        {
            // No time to linger: the other side sees a reset.
            foreach (var socket in _sockets)
                socket.Close(timeout: 0);
        }

        internal async Task PumpAsync(TcpClient from, TcpClient to)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is var read and > 0)
                {
                    if (!Deaf)
                        await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                Deaf = true;
            }

            if (!Deaf)
                to.Dispose();
        }
    }
}

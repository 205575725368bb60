using System.Net;
using System.Net.Sockets;

namespace Rxelon.System.Tests.Networks;

/// <summary>A way to the hub that keeps every byte which clients sent through it.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStream _sent = new();
    private readonly List<TcpClient> _open = [];
    private readonly int _target;
    private readonly Task _accepting;

    internal RecordingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Everything so far, connection by connection as it came.</summary>
    internal byte[] Sent
    {
        get
        {
            lock (_sent)
                return _sent.ToArray();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        lock (_open)
            _open.ForEach(c => c.Dispose());
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var hub = new TcpClient();
                await hub.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                lock (_open)
                    _open.AddRange([client, hub]);
                _ = Task.WhenAll(PumpAsync(client, hub, Record), PumpAsync(hub, client, _ => { }));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Record(ReadOnlyMemory<byte> bytes)
    {
        lock (_sent)
            _sent.Write(bytes.Span);
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to, Action<ReadOnlyMemory<byte>> see)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var read and > 0)
            {
                see(buffer.AsMemory(0, read));
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }

            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            to.Dispose();
        }
    }
}

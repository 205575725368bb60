using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rxelon.Node.Tests.Docker;

/// <summary>A web server on every address of this machine; says "hello" and the path, and counts who came.</summary>
internal sealed class HelloServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _serving;
    private int _visits;

    internal HelloServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal int Visits => Volatile.Read(ref _visits);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(_ended.Token);
            Interlocked.Increment(ref _visits);
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
            var request = await reader.ReadLineAsync(_ended.Token) ?? "";
            while (await reader.ReadLineAsync(_ended.Token) is { Length: > 0 })
            {
            }

            var body = $"hello {request.Split(' ').ElementAtOrDefault(1)}\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), _ended.Token);
        }
    }
}

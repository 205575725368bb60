using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Rxelon.Node.Executors.Egress;

/// <summary>One connection from a program to the proxy: reads the request's head, connects, and passes bytes on both ways.</summary>
internal sealed class EgressConnection(Stream program, EgressConnector connector, Action<EgressRecord> done)
{
    private const int LongestHead = 32 * 1024;
    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan HeadPatience = TimeSpan.FromSeconds(30);

    internal async Task ServeAsync(CancellationToken cancel)
    {
        var (head, rest) = await ReadHeadAsync(cancel).ConfigureAwait(false);
        if (head is null || EgressRequest.Parse(head) is not { } request)
        {
            await AnswerAsync("400 Bad Request", "This proxy takes CONNECT and requests with an absolute http:// URL.", cancel).ConfigureAwait(false);
            return;
        }

        var (socket, verdict) = await connector.ConnectAsync(request.Host, request.Port, cancel).ConfigureAwait(false);
        if (socket is null)
        {
            done(new EgressRecord(request.Host, request.Port, verdict, 0, 0));
            await AnswerAsync(verdict.StartsWith("refused", StringComparison.Ordinal) ? "403 Forbidden" : "502 Bad Gateway", $"{request.Host}:{request.Port} {verdict}", cancel).ConfigureAwait(false);
            return;
        }

        var outside = new NetworkStream(socket, ownsSocket: true);
        await using var closing = outside.ConfigureAwait(false);
        var counts = new long[2];
        try
        {
            if (request.Forward is { } forward)
                await SendAsync(outside, Encoding.Latin1.GetBytes(forward), counts, cancel).ConfigureAwait(false);
            else
                await program.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancel).ConfigureAwait(false);
            await SendAsync(outside, rest, counts, cancel).ConfigureAwait(false);
            await RelayAsync(outside, socket, counts, cancel).ConfigureAwait(false);
        }
        finally
        {
            done(new EgressRecord(request.Host, request.Port, verdict, counts[0], counts[1]));
        }
    }

    /// <summary>A side that closes is passed on as such; the end of both is the end.</summary>
    private async Task RelayAsync(Stream outside, Socket socket, long[] counts, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var outward = CopyAsync(program, outside, 0);
        var inward = CopyAsync(outside, program, 1);
        if (await Task.WhenAny(outward, inward).ConfigureAwait(false) == outward && outward.IsCompletedSuccessfully)
            socket.Shutdown(SocketShutdown.Send);
        else
            await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(outward, inward).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task CopyAsync(Stream from, Stream to, int direction)
        {
            var buffer = new byte[BufferSize];
            for (int read; (read = await from.ReadAsync(buffer, stop.Token).ConfigureAwait(false)) > 0;)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), stop.Token).ConfigureAwait(false);
                counts[direction] += read;
            }
        }
    }

    private static async Task SendAsync(Stream outside, ReadOnlyMemory<byte> bytes, long[] counts, CancellationToken cancel)
    {
        await outside.WriteAsync(bytes, cancel).ConfigureAwait(false);
        counts[0] += bytes.Length;
    }

    /// <summary>Everything up to the empty line, and what came behind it; null when there is no end in sight.</summary>
    private async Task<(string? Head, byte[] Behind)> ReadHeadAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(HeadPatience);
        var buffer = new byte[LongestHead];
        for (var filled = 0; filled < buffer.Length;)
        {
            var read = await program.ReadAsync(buffer.AsMemory(filled), limit.Token).ConfigureAwait(false);
            if (read == 0)
                break;
            filled += read;
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return (Encoding.Latin1.GetString(buffer, 0, end), buffer[(end + 4)..filled]);
        }

        return (null, []);
    }

    private async Task AnswerAsync(string status, string why, CancellationToken cancel)
    {
        var body = why + "\n";
        var text = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        await program.WriteAsync(Encoding.Latin1.GetBytes(text), cancel).ConfigureAwait(false);
    }
}

/// <summary>What a program asks of the proxy. <see cref="Forward"/> is the head to send on, null for CONNECT.</summary>
internal sealed record EgressRequest(string Host, int Port, string? Forward)
{
    private const int HttpPort = 80;

    /// <summary>Null when it is neither CONNECT nor a request with an absolute http URL.</summary>
    internal static EgressRequest? Parse(string head)
    {
        var lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, var target, var version])
            return null;
        if (method == "CONNECT")
        {
            var colon = target.LastIndexOf(':');
            return colon > 0 && int.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535
                ? new EgressRequest(target[..colon].ToLowerInvariant(), port, null)
                : null;
        }

        if (!Uri.TryCreate(target, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.UserInfo.Length > 0)
            return null;

        // One request per connection: what follows on it could be for another host.
        var headers = lines.Skip(1).Where(l => !IsHop(l));
        var forward = string.Join("\r\n", [$"{method} {url.PathAndQuery} {version}", .. headers, "Connection: close", "", ""]);
        return new EgressRequest(url.IdnHost.ToLowerInvariant(), url.IsDefaultPort ? HttpPort : url.Port, forward);
    }

    private static bool IsHop(string header)
        => header.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase)
            || header.StartsWith("Keep-Alive:", StringComparison.OrdinalIgnoreCase);
}

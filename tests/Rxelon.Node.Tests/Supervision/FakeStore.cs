using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>The hub's blob store over HTTP without a socket; can break downloads off half-way.</summary>
internal sealed class FakeStore : HttpMessageHandler
{
    internal ConcurrentDictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>Downloads that end after half of what is left.</summary>
    internal int Breaks { get; set; }

    internal ConcurrentQueue<string> Requests { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        Requests.Enqueue($"{request.Method} {path} {request.Headers.Range}".TrimEnd());
        if (request.Method == HttpMethod.Put)
        {
            Blobs[path] = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.Created);
        }

        if (!Blobs.TryGetValue(path, out var blob))
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        var from = (int)(request.Headers.Range?.Ranges.Single().From ?? 0);
        var rest = blob[from..];
        if (Breaks-- > 0)
            rest = rest[..(rest.Length / 2)];
        var response = new HttpResponseMessage(from > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK) { Content = new ByteArrayContent(rest) };
        if (from > 0)
            response.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, blob.Length - 1, blob.Length);
        return response;
    }
}

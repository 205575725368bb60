using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>The hub's blob store over HTTP without a socket; can break downloads off half-way.</summary>
internal sealed class FakeStore : HttpMessageHandler
{
    internal ConcurrentDictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>Downloads that end after half of what is left.</summary>
    internal int Breaks { get; set; }

    /// <summary>Uploads that break off after half of what was sent; what arrived is kept.</summary>
    internal int UploadBreaks { get; set; }

    /// <summary>Downloads get no answer.</summary>
    internal bool IsMute { get; set; }

    internal ConcurrentQueue<string> Requests { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        Requests.Enqueue($"{request.Method} {path} {request.Headers.Range}".TrimEnd());
        if (request.Method == HttpMethod.Put)
            return Take(path, Offset(request), await request.Content!.ReadAsByteArrayAsync(cancellationToken));
        if (request.Method == HttpMethod.Head)
        {
            var head = new HttpResponseMessage(HttpStatusCode.OK);
            head.Headers.Add("Upload-Offset", $"{(Blobs.TryGetValue(path, out var part) ? part.Length : 0)}");
            return head;
        }

        if (IsMute)
            await Task.Delay(Timeout.Infinite, cancellationToken);
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

    private static int Offset(HttpRequestMessage request)
        => request.Headers.TryGetValues("Upload-Offset", out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : 0;

    private HttpResponseMessage Take(string path, int offset, byte[] body)
    {
        var isBroken = UploadBreaks-- > 0;
        var before = Blobs.TryGetValue(path, out var part) ? part[..offset] : [];
        Blobs[path] = [.. before, .. isBroken ? body[..(body.Length / 2)] : body];
        return isBroken ? throw new HttpRequestException("The connection broke.") : new HttpResponseMessage(HttpStatusCode.NoContent);
    }
}

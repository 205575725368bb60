using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Http.Resilience;
using Polly.Timeout;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Hub;

/// <summary>
/// Sends requests to one hub and turns every expected failure into a <see cref="Fault"/>. Requests that may be repeated are
/// retried with back-off; the others are sent once. Safe for concurrent use.
/// </summary>
internal sealed class HubConnection : IDisposable
{
    /// <summary>With the value 1: this client can go to the blob store itself.</summary>
    internal const string DirectHeader = "Rxelon-Direct";

    private const long MaxProblemBytes = 64 * 1024;

    // A newer hub may say more than this client knows; only requests are strict.
    private static readonly JsonSerializerOptions Lenient =
        new(ApiJson.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    private readonly PinnedAuthority? _pin;
    private readonly HttpMessageHandler _transport;
    private readonly HttpClient _calls;
    private readonly HttpClient _streams;
    private readonly HttpClient _store = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    internal HubConnection(HubAddress address, string? apiKey, TimeProvider time, HttpMessageHandler? transport)
    {
        Address = address;
        Time = time;
        _pin = address.Fingerprint is { } fingerprint ? new PinnedAuthority(fingerprint) : null;
        _transport = transport ?? NewTransport(_pin);
        _calls = new HttpClient(new ResilienceHandler(RetryPolicy.NewPipeline(time)) { InnerHandler = _transport }, disposeHandler: false);
        _streams = new HttpClient(_transport, disposeHandler: false);
        foreach (var client in (HttpClient[])[_calls, _streams])
        {
            client.BaseAddress = address.Url;
            client.Timeout = Timeout.InfiniteTimeSpan;
            client.DefaultRequestHeaders.UserAgent.ParseAdd("rxelon-client/1");
            if (apiKey is not null)
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        }
    }

    internal HubAddress Address { get; }

    internal TimeProvider Time { get; }

    internal static Outcome<T> ReadJson<T>(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, TypeInfo<T>()) is { } value
                ? value
                : new Fault(FaultCodes.Malformed, "The hub answered null.", Culprit.Hub);
        }
        catch (JsonException e)
        {
            return new Fault(FaultCodes.Malformed, $"The hub's answer is not what this client understands: {e.Message}", Culprit.Hub);
        }
    }

    internal Task<Outcome<T>> GetAsync<T>(string path, CancellationToken ct) => CallAsync<T>(new(HttpMethod.Get, path), true, ct);

    internal Task<Outcome<T>> PostAsync<TBody, T>(string path, TBody body, bool repeatable, CancellationToken ct)
        => CallAsync<T>(new(HttpMethod.Post, path) { Content = Json(body) }, repeatable, ct);

    internal async Task<Outcome<T>> CallAsync<T>(HttpRequestMessage request, bool repeatable, CancellationToken ct)
    {
        var answer = await BytesAsync(request, repeatable, ct).ConfigureAwait(false);
        return answer.Fault is { } fault ? fault : ReadJson<T>(answer.Value);
    }

    /// <summary>Sends and forgets the answer's body.</summary>
    internal async Task<Fault?> SendAsync(HttpRequestMessage request, bool repeatable, CancellationToken ct)
        => (await BytesAsync(request, repeatable, ct).ConfigureAwait(false)).Fault;

    internal Task<Outcome<byte[]>> BytesAsync(HttpRequestMessage request, bool repeatable, CancellationToken ct)
    {
        request.Options.Set(RetryPolicy.Repeatable, repeatable);
        return GuardAsync(async () =>
        {
            using (request)
            using (var response = await _calls.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false))
            {
                return response.IsSuccessStatusCode
                    ? (Outcome<byte[]>)await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false)
                    : await ReadFaultAsync(response, ct).ConfigureAwait(false);
            }
        }, ct);
    }

    /// <summary>
    /// One exchange whose body is streamed, sent once. The caller disposes the response; a status other than success is a fault.
    /// </summary>
    internal Task<Outcome<HttpResponseMessage>> StreamAsync(HttpRequestMessage request, CancellationToken ct)
        => GuardAsync<HttpResponseMessage>(async () =>
        {
            var response = await _streams.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
            {
                if (response.StatusCode == HttpStatusCode.TemporaryRedirect && response.Headers.Location is { IsAbsoluteUri: true } url)
                    return await FromStoreAsync(request, url, ct).ConfigureAwait(false);
                return await ReadFaultAsync(response, ct).ConfigureAwait(false);
            }
        }, ct);

    internal static HttpContent Json<T>(T body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    internal Fault Unreachable(Exception e)
        => e.InnerException is AuthenticationException || e is AuthenticationException
            ? new Fault(
                FaultCodes.UntrustedHub,
                _pin is null
                    ? $"{Address.Url.Host} shows a certificate that this machine does not trust; give the hub's fingerprint as {Address.Url}#fingerprint."
                    : $"{Address.Url.Host} does not show a certificate of the pinned authority: it is another hub, or somebody is in between.",
                Culprit.Network)
            : new Fault(FaultCodes.Unavailable, $"The hub at {Address.Url} cannot be reached: {e.Message}", Culprit.Network, Retryable: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls.Dispose();
        _streams.Dispose();
        _store.Dispose();
        _transport.Dispose();
    }

    /// <summary>Goes on at the hub's blob store: another server, which must not see this client's API key.</summary>
    private async Task<Outcome<HttpResponseMessage>> FromStoreAsync(HttpRequestMessage request, Uri url, CancellationToken ct)
    {
        if (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback)
            return StoreAway("it is reached by plain http, which is for one machine only");
        using var past = new HttpRequestMessage(HttpMethod.Get, url);
        past.Headers.Range = request.Headers.Range;
        try
        {
            var response = await _store.SendAsync(past, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                return StoreAway($"it answers {(int)response.StatusCode}");
        }
        catch (HttpRequestException e)
        {
            return StoreAway(e.Message);
        }
    }

    private static Fault StoreAway(string why)
        => new(FaultCodes.BlobStoreUnavailable, $"The hub's blob store cannot be used from here: {why}.", Culprit.Hub, Retryable: true);

    private async Task<Outcome<T>> GuardAsync<T>(Func<Task<Outcome<T>>> send, CancellationToken ct)
    {
        try
        {
            if (_pin is not null && !await _pin.LearnAsync(Address.Url, ct).ConfigureAwait(false))
                return Unreachable(new AuthenticationException());
            return await send().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutRejectedException)
        {
            return Unreachable(e);
        }
    }

    private static async Task<Fault> ReadFaultAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        var problem = response.Content.Headers.ContentLength is null or <= MaxProblemBytes
            ? ReadJson<ProblemInfo>(await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false))
            : new Fault(FaultCodes.Malformed, "");
        var known = problem.IsOk ? problem.Value : new ProblemInfo("", "", status, null, null, null, null);
        var message = known.Detail ?? (string.IsNullOrEmpty(known.Title) ? $"The hub answered {status} {response.ReasonPhrase}." : known.Title);
        if (known.Field is { } field && !message.Contains(field, StringComparison.Ordinal))
            message += $" (field {field})";
        return new Fault(
            known.Code ?? CodeOf(response.StatusCode), message, status >= 500 ? Culprit.Hub : Culprit.Input,
            known.Retryable ?? status is 429 or >= 500);
    }

    private static string CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => FaultCodes.Unauthorized,
        HttpStatusCode.Forbidden => FaultCodes.Forbidden,
        HttpStatusCode.NotFound => FaultCodes.NotFound,
        HttpStatusCode.Conflict => FaultCodes.Conflict,
        HttpStatusCode.Gone => FaultCodes.Erased,
        HttpStatusCode.RequestEntityTooLarge => FaultCodes.TooLarge,
        HttpStatusCode.TooManyRequests => FaultCodes.RateLimited,
        >= HttpStatusCode.InternalServerError => FaultCodes.Unavailable,
        _ => FaultCodes.Malformed,
    };

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Lenient.GetTypeInfo(typeof(T));

    private static SocketsHttpHandler NewTransport(PinnedAuthority? pin)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(15),
        };
        if (pin is not null)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => pin.Accepts(certificate, chain, errors);
        return handler;
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Exo;

/// <summary>Which API a cluster speaks; found by probing, because EXO's version strings cannot tell releases apart.</summary>
internal enum ExoProfile
{
    Main,
    V1071,
}

/// <summary>
/// The HTTP API of EXO (source: exo-explore/exo, src/exo/api/main.py). Answers are read leniently: unknown members and tags are
/// passed over. Faults: not-found (404), malformed (400, 422), unavailable (everything else, and no answer). Thread-safe.
/// </summary>
internal sealed class ExoApi : IDisposable
{
    private const int LargestAnswer = 64 << 20;
    private const int LongestReason = 200;

    private readonly HttpClient _http;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    internal ExoApi(Uri url, TimeSpan patience, TimeProvider time)
    {
        _patience = patience;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = new Uri(url.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LargestAnswer,
        };
    }

    /// <summary>Where the cluster is, for people.</summary>
    internal string Name => _http.BaseAddress!.Authority;

    /// <summary>The profile; executor-missing when something else, or an EXO that has no instances to place, answers.</summary>
    internal async Task<Outcome<ExoProfile>> ProbeAsync(CancellationToken cancel)
    {
        var main = await StateAsync("nodeBackends", cancel).ConfigureAwait(false);
        if (main.IsOk)
            return ExoProfile.Main;
        if (main.Fault!.Code != FaultCodes.NotFound)
            return main.Fault;
        var older = await StateAsync("nodeMemory", cancel).ConfigureAwait(false);
        return older.IsOk
            ? ExoProfile.V1071
            : older.Fault!.Code == FaultCodes.NotFound ? Unknown : older.Fault;
    }

    /// <summary>The id of the member that answers; executor-missing when what answers has none.</summary>
    internal async Task<Outcome<JsonElement>> NodeIdAsync(CancellationToken cancel)
        => await SendAsync(HttpMethod.Get, "node_id", null, cancel).ConfigureAwait(false) is var id && id.Fault?.Code == FaultCodes.NotFound
            ? Unknown
            : id;

    /// <summary>One member of the cluster's state. The whole state is hundreds of kilobytes and is never asked for.</summary>
    internal Task<Outcome<JsonElement>> StateAsync(string member, CancellationToken cancel) => SendAsync(HttpMethod.Get, $"state/{member}", null, cancel);

    /// <summary>The models whose weights are on the cluster's disks.</summary>
    internal Task<Outcome<JsonElement>> DownloadedAsync(CancellationToken cancel) => SendAsync(HttpMethod.Get, "v1/models?status=downloaded", null, cancel);

    internal Task<Outcome<JsonElement>> PreviewsAsync(string model, CancellationToken cancel)
        => SendAsync(HttpMethod.Get, $"instance/previews?model_id={Uri.EscapeDataString(model)}", null, cancel);

    /// <summary>Asks for an instance as a preview gave it. "Ok" only means that the command was published.</summary>
    internal Task<Outcome<JsonElement>> CreateAsync(JsonElement instance, CancellationToken cancel)
        => SendAsync(HttpMethod.Post, "instance", $"{{\"instance\":{instance.GetRawText()}}}", cancel);

    internal Task<Outcome<JsonElement>> DeleteAsync(string instance, CancellationToken cancel)
        => SendAsync(HttpMethod.Delete, $"instance/{Uri.EscapeDataString(instance)}", null, cancel);

    /// <summary>Ends a completion by the id of its chunks. Works only on the member that took the request, which is this one.</summary>
    internal Task<Outcome<JsonElement>> CancelAsync(string command, CancellationToken cancel)
        => SendAsync(HttpMethod.Post, $"v1/cancel/{Uri.EscapeDataString(command)}", "", cancel);

    /// <summary>Opens a stream of chunks; the caller disposes the response. The status is 200 before anything is computed.</summary>
    internal async Task<Outcome<HttpResponseMessage>> ChatAsync(string body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = Json(body) };
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                return await RefusalAsync(response, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Unreachable(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Fault Unknown
        => new(FaultCodes.ExecutorMissing, $"What answers at {Name} is no EXO of 1.0.71 or later; update EXO.", Culprit.Node, Retryable: true);

    internal Fault Unreachable(string why)
        => new(FaultCodes.ExecutorFailed, $"The EXO cluster at {Name} does not answer: {why}", Culprit.Node, Retryable: true);

    private async Task<Outcome<JsonElement>> SendAsync(HttpMethod method, string path, string? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        using var deadline = new CancellationTokenSource(_patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            using var response = await _http.SendAsync(request, both.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                return await RefusalAsync(response, both.Token).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false);
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return Unreachable($"{path.Split('?')[0]} is not JSON.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Unreachable(e.Message);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Unreachable($"nothing within {_patience.TotalSeconds:0.#} s.");
        }
    }

    // EXO has four forms of errors; only the first two say something.
    private async Task<Fault> RefusalAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var text = await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        var why = Reason(text);
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => new Fault(FaultCodes.NotFound, why, Culprit.Node, Retryable: true),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => new Fault(FaultCodes.Malformed, why, Culprit.Input),
            _ => Unreachable($"status {(int)response.StatusCode}."),
        };
    }

    private static string Reason(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            var said = root.Member("error")?.Text("message") ?? root.Text("detail") ?? "";
            return said.Length > LongestReason ? said[..LongestReason] : said;
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static StringContent Json(string body)
        => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
}

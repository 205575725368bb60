using Rxelon.Client.Hub;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>Where a log's static files are read: paths as of C2SP tlog-tiles v0.1.0, below one prefix.</summary>
public interface ILogSource
{
    /// <summary>For messages: an address or a folder.</summary>
    string Name { get; }

    /// <summary>The file's bytes. Faults: not-found; too-large beyond <paramref name="limit"/> bytes; unavailable; untrusted-hub.</summary>
    Task<Outcome<byte[]>> ReadAsync(string path, int limit, CancellationToken ct = default);
}

/// <summary>A log in a local folder: a mirror's, or a hub's own.</summary>
public sealed class FolderLogSource(string folder) : ILogSource
{
    /// <inheritdoc/>
    public string Name => folder;

    /// <inheritdoc/>
    public async Task<Outcome<byte[]>> ReadAsync(string path, int limit, CancellationToken ct = default)
    {
        var file = new FileInfo(Path.Combine(folder, path));
        if (!file.Exists)
            return new Fault(FaultCodes.NotFound, $"There is no {path} in {folder}.", Culprit.Input);
        if (file.Length > limit)
            return LogReader.TooLarge(path, limit);
        return await File.ReadAllBytesAsync(file.FullName, ct).ConfigureAwait(false);
    }
}

/// <summary>
/// A log over HTTP: <c>https://host[:port]/prefix[#fingerprint]</c>, plain http on this machine only (as of <see cref="HubAddress"/>).
/// What comes is not believed; TLS only keeps others from seeing who reads what.
/// </summary>
public sealed class HttpLogSource : ILogSource, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Large bundles may take their time as long as this much comes in each span of patience.
    private const long LeastProgress = 256 * 1024;

    private readonly HubConnection _connection;
    private readonly string _prefix;

    private HttpLogSource(HubAddress address, string prefix, TimeProvider time, HttpMessageHandler? transport)
    {
        _connection = new HubConnection(address, null, time, transport);
        _prefix = prefix;
        Name = address.Url + prefix.TrimEnd('/');
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Reads an address; a fault says what is wrong with it. <paramref name="transport"/> replaces the network.</summary>
    public static Outcome<HttpLogSource> Parse(string url, TimeProvider time, string? fingerprint = null, HttpMessageHandler? transport = null)
    {
        var address = HubAddress.Parse(url, fingerprint);
        if (address.Fault is { } fault)
            return fault;
        // The authority's certificate is asked for at the host's root, whatever the log's prefix.
        var prefix = address.Value.Url.AbsolutePath.TrimStart('/');
        var host = address.Value.Url.GetLeftPart(UriPartial.Authority);
        var root = HubAddress.Parse(host, address.Value.Fingerprint);
        return root.Fault is { } bad ? bad : new HttpLogSource(root.Value, prefix, time, transport);
    }

    /// <inheritdoc/>
    public async Task<Outcome<byte[]>> ReadAsync(string path, int limit, CancellationToken ct = default)
    {
        using var patience = new CancellationTokenSource(Patience, _connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            var answer = await _connection.StreamAsync(new HttpRequestMessage(HttpMethod.Get, _prefix + path), either.Token).ConfigureAwait(false);
            if (answer.Fault is { } fault)
                return fault;
            using (answer.Value)
                return await ReadBodyAsync(answer.Value, path, limit, patience, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Fault(FaultCodes.Unavailable, $"{Name} did not send {path}, or too slowly.", Culprit.Network, Retryable: true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return _connection.Unreachable(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static async Task<Outcome<byte[]>> ReadBodyAsync(HttpResponseMessage answer, string path, int limit, CancellationTokenSource patience, CancellationToken ct)
    {
        if (answer.Content.Headers.ContentLength > limit)
            return LogReader.TooLarge(path, limit);
        var body = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream();
            var chunk = new byte[16 * 1024];
            var next = LeastProgress;
            for (int read; (read = await body.ReadAsync(chunk, ct).ConfigureAwait(false)) > 0;)
            {
                if (bytes.Length + read > limit)
                    return LogReader.TooLarge(path, limit);
                bytes.Write(chunk, 0, read);
                if (bytes.Length < next)
                    continue;
                next += LeastProgress;
                patience.CancelAfter(Patience);
            }

            return bytes.ToArray();
        }
    }
}

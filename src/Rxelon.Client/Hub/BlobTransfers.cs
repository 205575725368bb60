using System.Globalization;
using System.Net.Http.Headers;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Hub;

/// <summary>
/// Ciphertext to and from the hub. Small blobs travel in packs. Large ones go up resumably (tus 1.0.0 core and creation, the
/// upload's URL being <c>/v1/uploads/{sha256}</c>) and come down with Range, both across cuts of the connection.
/// </summary>
public sealed class BlobTransfers
{
    /// <summary>Bytes of one pack.</summary>
    internal const int PackBytes = 4 << 20;

    /// <summary>
    /// Bytes of one piece where the rest of a blob cannot go at once: a proxy refuses large bodies, or gathers them and loses them with the
    /// connection. The last ones fit what nginx takes when nobody told it otherwise.
    /// </summary>
    private static readonly long[] PieceBytes = [long.MaxValue, 8 << 20, 1 << 20];

    private const int CopyBytes = 128 * 1024;
    private const int MaxFailures = 8;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly HubConnection _connection;

    internal BlobTransfers(HubConnection connection) => _connection = connection;

    /// <summary>Stores up to 1,000 blobs of at most 32 KiB; fault hash-mismatch when the hub names them otherwise.</summary>
    public async Task<Fault?> StoreAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> blobs, CancellationToken ct = default)
    {
        var content = new ByteArrayContent(BlobPack.Write(blobs));
        content.Headers.ContentType = new MediaTypeHeaderValue(BlobPack.MediaType);
        var request = new HttpRequestMessage(HttpMethod.Post, "v1/blobs/pack") { Content = content };
        var answer = await _connection.CallAsync<PackResponse>(request, true, ct).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            return fault;
        return answer.Value.Stored.Select(s => s.Id).SequenceEqual(blobs.Select(b => BlobId.Of(b.Span)))
            ? null
            : new Fault(FaultCodes.HashMismatch, "The hub stored other bytes than were sent.", Culprit.Hub);
    }

    /// <summary>Small blobs in the order asked for, each checked against its name.</summary>
    public async Task<Outcome<ReadOnlyMemory<byte>[]>> FetchAsync(IReadOnlyList<BlobId> ids, CancellationToken ct = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "v1/blobs/fetch") { Content = HubConnection.Json(new FetchRequest(ids)) };
        var answer = await _connection.BytesAsync(request, true, ct).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            return fault;
        try
        {
            var blobs = BlobPack.Read(answer.Value).ToArray();
            for (var i = 0; i < ids.Count; i++)
            {
                if (i >= blobs.Length || BlobId.Of(blobs[i].Span) != ids[i])
                    return Tampered(ids[i]);
            }

            return blobs;
        }
        catch (FormatException e)
        {
            return new Fault(FaultCodes.Malformed, $"The hub's pack cannot be read: {e.Message}", Culprit.Hub);
        }
    }

    /// <summary>
    /// Stores one blob of any size from a seekable stream, continuing where an earlier upload stopped, in this process or
    /// another. <paramref name="content"/> is read onwards; its position is set at the start and after a failure only. <paramref name="sent"/>
    /// hears how many bytes are on their way to the hub or there, less again when they were lost.
    /// </summary>
    public async Task<Fault?> UploadAsync(BlobRef blob, Stream content, IProgress<long>? sent = null, CancellationToken ct = default)
    {
        long? offset = null;
        long began = -1;
        long reached = -1;
        var (failures, pieces) = (0, 0);
        while (true)
        {
            var isPiece = offset is not null;
            var step = offset is { } at
                ? await AppendAsync(blob, content, began = at, PieceBytes[pieces], sent, ct).ConfigureAwait(false)
                : await StartAsync(blob, ct).ConfigureAwait(false);
            if (step.IsOk)
            {
                if (!isPiece && step.Value == began)
                    pieces = Math.Max(pieces, 1); // all that was sent since then was lost on the way
                if (step.Value > reached)
                    (failures, reached) = (0, step.Value);
                offset = step.Value;
                sent?.Report(step.Value);
                if (step.Value == blob.Size)
                    return null;
                if (!isPiece || step.Value > began)
                    continue;
                step = new Fault(FaultCodes.Unavailable, "The hub takes nothing of an upload.", Culprit.Hub, Retryable: true);
            }

            // Where the hub stands is unknown after a cut, and another process may have moved the upload (conflict).
            offset = null;
            if (isPiece && step.Fault!.Code == FaultCodes.TooLarge && ++pieces < PieceBytes.Length)
                continue;
            if (!(step.Fault!.Retryable || step.Fault.Code == FaultCodes.Conflict) || ++failures > MaxFailures)
                return step.Fault;
            await PauseAsync(failures, ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Appends to <paramref name="into"/> (seekable; what it holds already is kept) until the whole blob is there, then checks
    /// its SHA-256. On hash-mismatch the stream is emptied.
    /// </summary>
    public async Task<Fault?> DownloadAsync(BlobRef blob, Stream into, IProgress<long>? received = null, CancellationToken ct = default)
    {
        if (into.Length > blob.Size)
            into.SetLength(0);
        var direct = false;
        for (var failures = 0; into.Length < blob.Size;)
        {
            var before = into.Length;
            direct = !direct; // a store that cannot be reached from here can be reached through the hub
            var fault = await ReceiveAsync(blob, into, direct, received, ct).ConfigureAwait(false);
            failures = into.Length > before ? 0 : failures + 1;
            if (fault is null)
                continue;
            if (!fault.Retryable || failures > MaxFailures)
                return fault;
            await PauseAsync(failures, ct).ConfigureAwait(false);
        }

        into.Position = 0;
        if (BlobId.FromDigest(await System.Security.Cryptography.SHA256.HashDataAsync(into, ct).ConfigureAwait(false)) == blob.Id)
        {
            into.Position = 0;
            return null;
        }

        into.SetLength(0);
        return Tampered(blob.Id);
    }

    private static Fault Tampered(BlobId id)
        => new(FaultCodes.HashMismatch, $"What came is not blob {id}: its SHA-256 differs. It was changed on the hub or on the way.", Culprit.Hub);

    private static void AddTus(HttpRequestMessage request) => request.Headers.Add("Tus-Resumable", "1.0.0");

    private static long? OffsetOf(HttpResponseMessage response)
        => response.Headers.TryGetValues("Upload-Offset", out var values)
            && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : null;

    /// <summary>Finds out how much the hub has: all of it, a part of it, or nothing (then the upload is created).</summary>
    private async Task<Outcome<long>> StartAsync(BlobRef blob, CancellationToken ct)
    {
        using var exists = new HttpRequestMessage(HttpMethod.Head, $"v1/blobs/{blob.Id}");
        var found = await HeaderAsync(exists, _ => blob.Size, ct).ConfigureAwait(false);
        if (found.Fault?.Code != FaultCodes.NotFound)
            return found;
        using var where = new HttpRequestMessage(HttpMethod.Head, $"v1/uploads/{blob.Id}");
        AddTus(where);
        var stands = await HeaderAsync(where, OffsetOf, ct).ConfigureAwait(false);
        if (stands.Fault?.Code != FaultCodes.NotFound)
            return stands;
        using var create = new HttpRequestMessage(HttpMethod.Post, $"v1/uploads/{blob.Id}");
        AddTus(create);
        create.Headers.Add("Upload-Length", blob.Size.ToString(CultureInfo.InvariantCulture));
        return await HeaderAsync(create, r => OffsetOf(r) ?? 0, ct).ConfigureAwait(false);
    }

    private async Task<Outcome<long>> AppendAsync(BlobRef blob, Stream content, long offset, long most, IProgress<long>? sent, CancellationToken ct)
    {
        if (content.Position != offset)
            content.Position = offset;
        var size = Math.Min(most, blob.Size - offset);
        using var piece = new PieceContent(content, size, moved => sent?.Report(offset + moved));
        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"v1/uploads/{blob.Id}") { Content = piece };
        AddTus(patch);
        patch.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        patch.Headers.Add("Upload-Length", blob.Size.ToString(CultureInfo.InvariantCulture));

        // Whoever refuses a large body does so before it is sent.
        patch.Headers.ExpectContinue = size > PackBytes;
        try
        {
            return await HeaderAsync(patch, r => OffsetOf(r) ?? offset + size, ct).ConfigureAwait(false);
        }
        finally
        {
            await piece.StopAsync().ConfigureAwait(false);
        }
    }

    private async Task<Outcome<long>> HeaderAsync(HttpRequestMessage request, Func<HttpResponseMessage, long?> read, CancellationToken ct)
    {
        var answer = await _connection.StreamAsync(request, ct).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            return fault;
        using var response = answer.Value;
        return read(response) is { } value
            ? value
            : new Fault(FaultCodes.Malformed, "The hub's answer to an upload has no Upload-Offset.", Culprit.Hub);
    }

    private async Task<Fault?> ReceiveAsync(BlobRef blob, Stream into, bool direct, IProgress<long>? received, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/blobs/{blob.Id}");
        if (direct)
            request.Headers.Add(HubConnection.DirectHeader, "1");
        if (into.Length > 0)
            request.Headers.Range = new RangeHeaderValue(into.Length, null);
        var answer = await _connection.StreamAsync(request, ct).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            return fault;
        using var response = answer.Value;
        if (response.StatusCode != System.Net.HttpStatusCode.PartialContent)
            into.SetLength(0);
        into.Position = into.Length;
        var buffer = new byte[CopyBytes];
        try
        {
            var body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            await using var closing = body.ConfigureAwait(false);
            while (await body.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and var read)
            {
                if (into.Length + read > blob.Size)
                    return Overlong(blob, into);
                await into.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
                received?.Report(into.Length);
            }
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            return _connection.Unreachable(e);
        }

        return into.Length == blob.Size ? null : _connection.Unreachable(new IOException("the answer ended early"));
    }

    private static Fault Overlong(BlobRef blob, Stream into)
    {
        into.SetLength(0);
        return Tampered(blob.Id);
    }

    private Task PauseAsync(int failures, CancellationToken ct)
    {
        var wait = FirstWait * Math.Pow(2, failures - 1);
        return Task.Delay(wait < LongestWait ? wait : LongestWait, _connection.Time, ct);
    }
}

using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// Large blobs as objects (docs/design/blob-stores.md). A name is doomed in <c>blobs.db</c> before its object is made, and spared by
/// the commit of the blob's row: whatever a crash leaves behind is deleted later. What strangers PUT lies under
/// <c>uploads/</c> and becomes a blob by a copy to a name that no URL ever allowed writing to, which is checked after the copy.
/// </summary>
internal sealed class ObjectShelf : IAsyncDisposable
{
    private const int Stripes = 256;
    private const int MostAtOnce = 100;
    private static readonly TimeSpan UrlLifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan UploadLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan CollectEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    private readonly IObjectStore _objects;
    private readonly BlobDatabase _database;
    private readonly BlobWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _work = new(0);

    // Making and deleting the object of one blob exclude each other; a stripe stands for the blobs whose ids begin alike.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1))];
    private readonly Task _collecting;

    internal ObjectShelf(IObjectStore objects, BlobDatabase database, BlobWriter writer, TimeProvider time, ILogger log)
    {
        (_objects, _database, _writer, _time, _log) = (objects, database, writer, time, log);
        _collecting = Task.Run(CollectAsync);
    }

    /// <summary>Deletes soon what nobody needs any more.</summary>
    internal void Collect() => _work.Release();

    internal void Doom(BlobTransaction transaction, BlobId id) => transaction.Doom(NameOf(id), Now);

    internal Uri Reading(BlobId id) => _objects.Reading(NameOf(id), UrlLifetime);

    internal async Task<Outcome<Uri?>> WritingAsync(AccountId owner, BlobId id, CancellationToken cancel)
    {
        var name = UploadOf(owner, id);
        var noted = await DoomAsync(name, Now + (long)UploadLifetime.TotalSeconds, cancel).ConfigureAwait(false);
        return noted.Fault is { } fault ? fault : _objects.Writing(name, id, UrlLifetime);
    }

    internal async Task<Stream?> OpenAsync(BlobId id, long size, CancellationToken cancel)
    {
        var stream = new ObjectStream(_objects, NameOf(id), size);
        await stream.PrepareAsync(cancel).ConfigureAwait(false);
        return stream;
    }

    internal Task<Fault?> ProbeAsync(CancellationToken cancel) => _objects.ProbeAsync(cancel);

    /// <summary>Makes a checked file an object and commits its row together with <paramref name="claim"/>.</summary>
    internal Task<Fault?> StoreAsync(BlobId id, long size, string file, Func<BlobTransaction, Outcome<long>> claim, CancellationToken cancel)
        => MakeAsync(id, size, claim, (name, ct) => _objects.PutAsync(name, file, id, ct), null, cancel);

    /// <summary>Makes what was PUT under <see cref="UploadOf"/> a blob.</summary>
    internal async Task<Fault?> AdoptAsync(AccountId owner, BlobId id, long size, Func<BlobTransaction, Outcome<long>> claim, CancellationToken cancel)
    {
        var upload = UploadOf(owner, id);

        // Even when the blob is here already: only sending the bytes gives a claim.
        if (await _objects.VerifyAsync(upload, id, size, cancel).ConfigureAwait(false) is { } wrong)
            return wrong;
        var fault = await MakeAsync(
            id, size, claim,
            async (name, ct) => await _objects.CopyAsync(upload, name, ct).ConfigureAwait(false) ?? await _objects.VerifyAsync(name, id, size, ct).ConfigureAwait(false),
            upload, cancel).ConfigureAwait(false);
        Collect();
        return fault;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _collecting.ConfigureAwait(false);
        _ended.Dispose();
        _work.Dispose();
        _objects.Dispose();
        foreach (var turn in _turns)
            turn.Dispose();
    }

    private static string NameOf(BlobId id)
    {
        var name = id.ToString();
        return $"blobs/{name[..2]}/{name[2..]}";
    }

    private static string UploadOf(AccountId owner, BlobId id) => $"uploads/{owner}/{id}";

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private SemaphoreSlim TurnOf(BlobId id) => _turns[id.ToDigest()[0] % Stripes];

    private async Task<Fault?> MakeAsync(
        BlobId id, long size, Func<BlobTransaction, Outcome<long>> claim, Func<string, CancellationToken, Task<Fault?>> make, string? upload,
        CancellationToken cancel)
    {
        var name = NameOf(id);
        var turn = TurnOf(id);
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_database.Find([id], withContent: false).Count == 0)
            {
                if ((await DoomAsync(name, Now, cancel).ConfigureAwait(false)).Fault is { } full)
                    return full;
                if (await make(name, cancel).ConfigureAwait(false) is { } fault)
                    return fault;
            }

            var stored = await _writer.WriteAsync<long>(
                transaction =>
                {
                    transaction.AddObject(id, size);
                    transaction.Spare(name);
                    if (upload is not null)
                        transaction.Doom(upload, Now);
                    return claim(transaction);
                },
                CancellationToken.None).ConfigureAwait(false);
            return stored.Fault;
        }
        finally
        {
            turn.Release();
        }
    }

    private Task<Outcome<int>> DoomAsync(string name, long due, CancellationToken cancel)
        => _writer.WriteAsync<int>(
            transaction =>
            {
                transaction.Doom(name, due);
                return 1;
            },
            cancel);

    private async Task CollectAsync()
    {
        var wait = FirstWait;
        var cancel = _ended.Token;
        try
        {
            while (true)
            {
                if (await CollectOnceAsync(cancel).ConfigureAwait(false) is { } fault)
                {
                    _log.LogWarning("Objects that are not needed any more could not be deleted yet: {Reason}", fault.Message);
                    await Task.Delay(wait, _time, cancel).ConfigureAwait(false);
                    wait = wait * 2 < CollectEvery ? wait * 2 : CollectEvery;
                    continue;
                }

                wait = FirstWait;
                await _work.WaitAsync(CollectEvery, cancel).ConfigureAwait(false);
                while (await _work.WaitAsync(TimeSpan.Zero, cancel).ConfigureAwait(false))
                {
                    // Several calls are one.
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Closed: what is left is doomed in the database.
        }
#pragma warning disable CA1031 // whatever it is, somebody has to hear of it
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.LogError(e, "Deleting objects that are not needed any more has ended; it begins again when the hub does");
        }
    }

    private async Task<Fault?> CollectOnceAsync(CancellationToken cancel)
    {
        while (_database.Doomed(Now, MostAtOnce) is { Count: > 0 } names)
        {
            foreach (var name in names)
            {
                if (await DeleteAsync(name, cancel).ConfigureAwait(false) is { } fault)
                    return fault;
            }
        }

        return null;
    }

    private async Task<Fault?> DeleteAsync(string name, CancellationToken cancel)
    {
        var isBlob = BlobId.TryParse(name.StartsWith("blobs/", StringComparison.Ordinal) ? name["blobs/".Length..].Replace("/", "", StringComparison.Ordinal) : "", out var id);
        var turn = isBlob ? TurnOf(id) : null;
        if (turn is not null)
            await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var needed = isBlob && _database.Find([id], withContent: false).Count > 0;
            if (!needed && await _objects.DeleteAsync(name, cancel).ConfigureAwait(false) is { } fault)
                return fault;
            return (await _writer.WriteAsync<int>(
                transaction =>
                {
                    transaction.Spare(name);
                    return 1;
                },
                cancel).ConfigureAwait(false)).Fault;
        }
        finally
        {
            turn?.Release();
        }
    }
}

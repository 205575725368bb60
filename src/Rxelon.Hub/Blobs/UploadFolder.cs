using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// Unfinished uploads: <c>uploads/{account}/{sha256}.{total}</c>. The file's length is the offset, so nothing else has to survive
/// a crash. The running hash is kept in memory while the process lives and made again from the file otherwise.
/// </summary>
internal sealed class UploadFolder(string root, DiskReserve reserve) : IDisposable
{
    internal const int BufferSize = 256 * 1024;
    private const int MaxRunningHashes = 1024;

    private readonly ConcurrentDictionary<(AccountId Owner, BlobId Id), bool> _busy = new();
    private readonly ConcurrentDictionary<(AccountId Owner, BlobId Id), RunningHash> _hashes = new();
    private readonly ConcurrentDictionary<(AccountId Owner, BlobId Id), Task> _syncs = new();

    internal static Fault Busy { get; } = new(
        FaultCodes.Conflict, "Another connection is sending this upload; ask again in a moment.", Culprit.None, Retryable: true);

    /// <summary>The file of an unfinished upload and its full length, or null.</summary>
    internal (string Path, long Total)? Find(AccountId owner, BlobId id)
        => FilesOf(owner, $"{id}.*").Select(f => ((string, long)?)(f, TotalOf(f))).FirstOrDefault();

    /// <summary>Bytes promised by the account's unfinished uploads.</summary>
    internal long PromisedBytes(AccountId owner) => FilesOf(owner, "*").Sum(TotalOf);

    internal int Count(AccountId owner) => FilesOf(owner, "*").Count();

    internal string Create(AccountId owner, BlobId id, long total)
    {
        var directory = Directory.CreateDirectory(Path.Combine(root, owner.ToString())).FullName;
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{id}.{total}"));
        using (new FileStream(path, FileMode.CreateNew))
        {
            // An empty file is an upload at offset 0.
        }

        return path;
    }

    /// <summary>One sender at a time; null when there is another.</summary>
    internal IDisposable? TryEnter(AccountId owner, BlobId id)
        => _busy.TryAdd((owner, id), true) ? new Leave(() => _busy.TryRemove((owner, id), out _)) : null;

    /// <summary>
    /// Appends content to the file, which is <paramref name="offset"/> long. A piece is synced while the next one arrives; a complete upload,
    /// for which the digest is given, is synced. Content beyond the total is malformed, and nothing of it is kept; what no longer fits
    /// beside the disk reserve is not taken, and what came before stays.
    /// </summary>
    internal async Task<Outcome<(long Offset, BlobId? Digest)>> AppendAsync(
        AccountId owner, BlobId id, string path, long total, long offset, Stream content, CancellationToken cancel)
    {
        var hash = await TakeHashAsync(owner, id, path, offset, cancel).ConfigureAwait(false);
        ExceptionDispatchInfo? cut = null;
        var hasRoom = true;
        using var file = Open(path);
        file.Position = offset;
        var buffer = new byte[BufferSize];
        while (true)
        {
            int read;
            try
            {
                read = await content.ReadAtLeastAsync(buffer, BufferSize, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                cut = ExceptionDispatchInfo.Capture(e);
                break;
            }

            if (read == 0)
                break;
            if (hash.Length + read > total)
            {
                file.SetLength(offset);
                hash.Dispose();
                return new Fault(FaultCodes.Malformed, $"More than the {total} bytes that the upload promised were sent.", Culprit.Input);
            }

            // Asked piece by piece: others write meanwhile, and what they were promised is not there yet.
            hasRoom = reserve.Allows(read);
            if (!hasRoom)
                break;
            file.Write(buffer, 0, read);
            hash.Append(buffer.AsSpan(0, read));
        }

        await FinishSyncAsync(owner, id, hash).ConfigureAwait(false);
        if (hash.Length < total && cut is null)
            _syncs[(owner, id)] = Task.Run(() => Sync(path), CancellationToken.None);
        else
            file.Flush(flushToDisk: true);
        if (hash.Length == total && cut is null)
        {
            using (hash)
                return (total, hash.Finish());
        }

        KeepHash(owner, id, hash);
        cut?.Throw();
        return hasRoom ? (hash.Length, null) : reserve.Fault;
    }

    // A sync that failed leaves a file of which nothing is known: its hash is made anew from what can be read.
    private async Task FinishSyncAsync(AccountId owner, BlobId id, RunningHash hash)
    {
        if (!_syncs.TryRemove((owner, id), out var syncing))
            return;
        try
        {
            await syncing.ConfigureAwait(false);
        }
        catch
        {
            hash.Dispose();
            throw;
        }
    }

    private static void Sync(string path)
    {
        try
        {
            using var file = Open(path);
            file.Flush(flushToDisk: true);
        }
        catch (FileNotFoundException)
        {
            // The account was closed meanwhile.
        }
    }

    private static FileStream Open(string path)
        => new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: false);

    internal void Forget(AccountId owner, BlobId id)
    {
        if (_hashes.TryRemove((owner, id), out var hash))
            hash.Dispose();
    }

    internal void DeleteAll(AccountId owner)
    {
        foreach (var file in FilesOf(owner, "*").ToList())
            File.Delete(file);
    }

    /// <summary>Makes a complete file, which could not be stored, an unfinished upload again: whoever sends it hears that a byte is missing.</summary>
    internal static void Reopen(string file, long total)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.SetLength(total - 1);
    }

    /// <summary>Deletes uploads that nobody has touched since then; those complete but never stored (a crash) go on at their last byte.</summary>
    internal int Sweep(DateTimeOffset olderThan)
    {
        var swept = 0;
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToList())
        {
            if (File.GetLastWriteTimeUtc(file) >= olderThan.UtcDateTime)
            {
                if (new FileInfo(file).Length == TotalOf(file))
                    Reopen(file, TotalOf(file));
                continue;
            }

            File.Delete(file);
            swept++;
        }

        return swept;
    }

    public void Dispose()
    {
        foreach (var hash in _hashes.Values)
            hash.Dispose();
    }

    private static long TotalOf(string file) => long.Parse(Path.GetExtension(file).AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);

    private IEnumerable<string> FilesOf(AccountId owner, string pattern)
    {
        var directory = Path.Combine(root, owner.ToString());
        return Directory.Exists(directory) ? Directory.EnumerateFiles(directory, pattern) : [];
    }

    private async Task<RunningHash> TakeHashAsync(AccountId owner, BlobId id, string path, long offset, CancellationToken cancel)
    {
        if (_hashes.TryRemove((owner, id), out var known))
        {
            if (known.Length == offset)
                return known;
            known.Dispose();
        }

        var hash = new RunningHash();
        var file = File.OpenRead(path);
        await using var closing = file.ConfigureAwait(false);
        var buffer = new byte[BufferSize];
        while (await file.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
            hash.Append(buffer.AsSpan(0, read));
        return hash;
    }

    private void KeepHash(AccountId owner, BlobId id, RunningHash hash)
    {
        if (_hashes.Count < MaxRunningHashes && _hashes.TryAdd((owner, id), hash))
            return;
        hash.Dispose();
    }

    private sealed class RunningHash : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal long Length { get; private set; }

        internal void Append(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            Length += bytes.Length;
        }

        internal BlobId Finish() => BlobId.FromDigest(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }

    private sealed class Leave(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}

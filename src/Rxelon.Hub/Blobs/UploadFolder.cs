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
    private const int BufferSize = 256 * 1024;
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
        var isKept = false;
        try
        {
            var file = new UploadFile(path, offset);
            await using var closing = file.ConfigureAwait(false);
            var end = await ReceiveAsync(content, file, hash, total, cancel).ConfigureAwait(false);
            await file.FinishAsync().ConfigureAwait(false);
            if (end.IsOverlong)
            {
                file.Truncate(offset);
                return new Fault(FaultCodes.Malformed, $"More than the {total} bytes that the upload promised were sent.", Culprit.Input);
            }

            // A sync that failed leaves a file of which nothing is known: its hash is made anew from what can be read.
            if (_syncs.TryRemove((owner, id), out var syncing))
                await syncing.ConfigureAwait(false);
            if (hash.Length < total && end.Cut is null)
                SyncBehind(owner, id, path);
            else
                file.Sync();
            if (hash.Length == total && end.Cut is null)
                return (total, hash.Finish());
            isKept = TryKeepHash(owner, id, hash);
            end.Cut?.Throw();
            return end.IsFull ? reserve.Fault : (hash.Length, null);
        }
        finally
        {
            if (!isKept)
                hash.Dispose();
        }
    }

    private async Task<End> ReceiveAsync(Stream content, UploadFile file, RunningHash hash, long total, CancellationToken cancel)
    {
        while (true)
        {
            var block = file.Block;
            var (filled, cut) = await FillAsync(content, block, cancel).ConfigureAwait(false);
            if (hash.Length + filled > total)
                return new End(IsOverlong: true);

            // Asked block by block: others write meanwhile, and what they were promised is not there yet.
            if (filled > 0 && !reserve.Allows(filled))
                return new End(cut, IsFull: true);
            if (filled > 0)
            {
                await file.WriteAsync(filled).ConfigureAwait(false);
                hash.Append(block.Span[..filled]);
            }

            if (filled < block.Length)
                return new End(cut);
        }
    }

    /// <summary>Fills the block, less at the end of the content. What came before a cut is there.</summary>
    private static async Task<(int Filled, ExceptionDispatchInfo? Cut)> FillAsync(Stream content, Memory<byte> block, CancellationToken cancel)
    {
        var filled = 0;
        try
        {
            while (filled < block.Length && await content.ReadAsync(block[filled..], cancel).ConfigureAwait(false) is > 0 and var read)
                filled += read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return (filled, ExceptionDispatchInfo.Capture(e));
        }

        return (filled, null);
    }

    // What went well is forgotten at once; a failure waits for whoever continues this upload, or for its end.
    private void SyncBehind(AccountId owner, BlobId id, string path)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var syncing = SyncAsync();
        _syncs[(owner, id)] = syncing;
        start.SetResult();

        async Task SyncAsync()
        {
            await start.Task.ConfigureAwait(false);
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                RandomAccess.FlushToDisk(file);
            }
            catch (FileNotFoundException)
            {
                // The account was closed meanwhile.
            }

            _syncs.TryRemove((owner, id), out _);
        }
    }

    /// <summary>Deletes what an account has not finished.</summary>
    internal void DeleteAll(AccountId owner)
    {
        foreach (var file in FilesOf(owner, "*").ToList())
        {
            File.Delete(file);
            Forget(owner, BlobId.Parse(Path.GetFileNameWithoutExtension(file)));
        }
    }

    /// <summary>What is in memory for unfinished uploads: running hashes, and syncs that are under way or failed.</summary>
    internal (int Hashes, int Syncs) Remembered => (_hashes.Count, _syncs.Count);

    private void Forget(AccountId owner, BlobId id)
    {
        _syncs.TryRemove((owner, id), out _);
        if (_hashes.TryRemove((owner, id), out var hash))
            hash.Dispose();
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

    private bool TryKeepHash(AccountId owner, BlobId id, RunningHash hash)
        => _hashes.Count < MaxRunningHashes && _hashes.TryAdd((owner, id), hash);

    /// <summary>How receiving ended.</summary>
    private readonly record struct End(ExceptionDispatchInfo? Cut = null, bool IsOverlong = false, bool IsFull = false);

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

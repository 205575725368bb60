using System.Security.Cryptography;

namespace Rxelon.Node.Integrity;

/// <summary>
/// SHA-256 of files. A challenge reads every byte again, at no more than <see cref="BytesPerSecond"/>, so that users' parts keep the
/// disk; a handshake may use what was read before when length and time are the same (links are cut and rebuilt at any time, and
/// whoever can set a file's time back can do so between two challenges only). Not thread-safe; one reader at a time.
/// </summary>
internal sealed class FileMeasure(TimeProvider time)
{
    internal const long BytesPerSecond = 64 << 20;
    private const int Chunk = 1 << 20;
    private readonly Dictionary<string, (long Length, DateTime Written, byte[] Digest)> _known = new(StringComparer.Ordinal);

    /// <summary>Every file below the directory, by its path relative to it with forward slashes.</summary>
    internal async Task<IReadOnlyList<KeyValuePair<string, byte[]>>> FolderAsync(string directory, bool again, CancellationToken cancel)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 16 };
        var items = new List<KeyValuePair<string, byte[]>>();
        foreach (var file in Directory.EnumerateFiles(directory, "*", options).Order(StringComparer.Ordinal))
            items.Add(new(Path.GetRelativePath(directory, file).Replace('\\', '/'), await FileAsync(file, again, cancel).ConfigureAwait(false)));
        return items;
    }

    /// <summary>One file's digest; 32 zero bytes when it cannot be read.</summary>
    internal async Task<byte[]> FileAsync(string path, bool again, CancellationToken cancel)
    {
        try
        {
            var info = new FileInfo(path);
            if (!again && _known.TryGetValue(path, out var known) && known.Length == info.Length && known.Written == info.LastWriteTimeUtc)
                return known.Digest;
            var digest = await HashAsync(path, again, cancel).ConfigureAwait(false);
            _known[path] = (info.Length, info.LastWriteTimeUtc, digest);
            return digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new byte[SHA256.HashSizeInBytes];
        }
    }

    private async Task<byte[]> HashAsync(string path, bool slowly, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            var buffer = new byte[Chunk];
            var (begun, total) = (time.GetTimestamp(), 0L);
            while (await file.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                total += read;
                var ahead = TimeSpan.FromSeconds(total / (double)BytesPerSecond) - time.GetElapsedTime(begun);
                if (slowly && ahead > TimeSpan.FromMilliseconds(20))
                    await Task.Delay(ahead, time, cancel).ConfigureAwait(false);
            }
        }

        return hash.GetHashAndReset();
    }
}

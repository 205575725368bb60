using System.Buffers.Binary;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// The ciphertext of one prepared task in a folder: blobs up to 32 KiB one behind the other in <c>small.pack</c> (the layout of
/// BlobPack), each larger one in a file named by its id. Nothing in it is secret.
/// </summary>
internal sealed class CiphertextStore : IDisposable
{
    private const string SmallFile = "small.pack";
    private const int LengthSize = 4;

    private readonly string _folder;
    private readonly FileStream _small;

    private CiphertextStore(string folder, FileStream small)
    {
        _folder = folder;
        _small = small;
    }

    internal static CiphertextStore Create(string folder)
    {
        ProfileStore.MakeDirectory(folder);
        return new CiphertextStore(folder, ProfileStore.CreatePrivate(Path.Combine(folder, SmallFile)));
    }

    internal static CiphertextStore Open(string folder)
        => new(folder, new FileStream(Path.Combine(folder, SmallFile), FileMode.Open, FileAccess.Read));

    /// <summary>Adds what <paramref name="write"/> writes; it stays in memory while it is small.</summary>
    internal async Task<BlobRef> AddAsync(Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        using var blob = new CiphertextSink(_folder);
        await write(blob, ct).ConfigureAwait(false);
        var (reference, small) = blob.Finish();
        if (small is { } bytes)
        {
            var length = new byte[LengthSize];
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            await _small.WriteAsync(length, ct).ConfigureAwait(false);
            await _small.WriteAsync(bytes, ct).ConfigureAwait(false);
        }

        return reference;
    }

    internal Task FlushAsync(CancellationToken ct) => _small.FlushAsync(ct);

    /// <summary>Sends everything to the hub; what it has already costs little.</summary>
    internal async Task<Fault?> UploadAsync(BlobTransfers blobs, Action<long> sent, CancellationToken ct)
    {
        if (await UploadSmallAsync(blobs, sent, ct).ConfigureAwait(false) is { } fault)
            return fault;
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            if (!BlobId.TryParse(Path.GetFileName(path), out var id))
                continue;
            var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
            await using var closing = content.ConfigureAwait(false);
            long before = 0;
            var progress = new Relay(offset =>
            {
                sent(offset - before);
                before = offset;
            });
            if (await blobs.UploadAsync(new BlobRef(id, content.Length), content, progress, ct).ConfigureAwait(false) is { } failed)
                return failed;
        }

        return null;
    }

    public void Dispose() => _small.Dispose();

    private async Task<Fault?> UploadSmallAsync(BlobTransfers blobs, Action<long> sent, CancellationToken ct)
    {
        _small.Position = 0;
        var batch = new List<ReadOnlyMemory<byte>>();
        var length = new byte[LengthSize];
        for (long bytes = 0; ;)
        {
            var more = _small.Position < _small.Length;
            if (batch.Count > 0 && (!more || batch.Count == Shared.Api.BlobPack.MaxBlobs || bytes >= BlobTransfers.PackBytes))
            {
                if (await blobs.StoreAsync(batch, ct).ConfigureAwait(false) is { } fault)
                    return fault;
                sent(bytes);
                batch.Clear();
                bytes = 0;
            }

            if (!more)
                return null;
            await _small.ReadExactlyAsync(length, ct).ConfigureAwait(false);
            var blob = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _small.ReadExactlyAsync(blob, ct).ConfigureAwait(false);
            batch.Add(blob);
            bytes += blob.Length;
        }
    }

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// The ciphertext of one prepared task in a folder: blobs up to 32 KiB one behind the other in <c>small.pack</c> (the layout of
/// BlobPack), each larger one in a file named by its id; or, for large parts of plain files, <c>ID.again</c>, from which the ciphertext is made
/// once more when it is sent (<see cref="RepeatedPart"/>). Nothing in it is secret.
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

    /// <summary>Adds a part's input, as ciphertext or, when it is large and can be read again, as what makes the ciphertext again.</summary>
    internal async Task<BlobRef> AddInputAsync(PartSource source, TaskId task, int part, byte[] key, CipherSuite suite, CancellationToken ct)
    {
        var context = PartContext.Input(task, part);
        if (source.Files is not { Bytes: >= RepeatedPart.Least } files)
            return await AddAsync((into, cancel) => EncryptAsync(source.WriteAsync, into, key, suite, context, cancel), ct).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        using var naming = new WriteBehind(bytes =>
        {
            hash.AppendData(bytes.Span);
            size += bytes.Length;
        });
        var encrypting = PartEncryptStream.Repeatable(naming, key, suite, context);
        await using var closing = encrypting.ConfigureAwait(false);
        await files.WriteAsync(encrypting, ct).ConfigureAwait(false);
        await encrypting.CompleteAsync(ct).ConfigureAwait(false);
        var blob = new BlobRef(BlobId.FromDigest(hash.GetHashAndReset()), size);
        var again = new RepeatedPart(part, blob.Size, suite, files, encrypting.Seals.ToBytes());
        ProfileStore.WritePrivate(
            Path.Combine(_folder, blob.Id + RepeatedPart.Extension), JsonSerializer.SerializeToUtf8Bytes(again, SubmissionJson.Default.RepeatedPart));
        return blob;
    }

    /// <summary>Encrypts what <paramref name="write"/> writes.</summary>
    internal static async Task EncryptAsync(
        Func<Stream, CancellationToken, Task> write, Stream into, byte[] key, CipherSuite suite, PartContext context, CancellationToken ct)
    {
        var encrypting = new PartEncryptStream(into, key, suite, context, leaveOpen: true);
        await using var closing = encrypting.ConfigureAwait(false);
        await write(encrypting, ct).ConfigureAwait(false);
        await encrypting.CompleteAsync(ct).ConfigureAwait(false);
    }

    internal Task FlushAsync(CancellationToken ct) => _small.FlushAsync(ct);

    /// <summary>
    /// Sends everything to the hub; what it has already costs little. The task's key is asked for when a part has to be encrypted again, and
    /// zeroed. Fault input-changed: such a part's files are not what they were.
    /// </summary>
    internal async Task<Fault?> UploadAsync(BlobTransfers blobs, TaskId task, Func<Outcome<byte[]>> taskKey, Action<long> sent, CancellationToken ct)
    {
        if (await UploadSmallAsync(blobs, sent, ct).ConfigureAwait(false) is { } fault)
            return fault;
        foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            if (!BlobId.TryParse(Path.GetFileNameWithoutExtension(path), out var id))
                continue;
            var content = Path.GetExtension(path) == RepeatedPart.Extension
                ? await OpenAgainAsync(path, task, taskKey, ct).ConfigureAwait(false)
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
            if (content.Fault is { } unopened)
                return unopened;
            await using var closing = content.Value.ConfigureAwait(false);
            long before = 0;
            var progress = new Relay(offset =>
            {
                sent(offset - before);
                before = offset;
            });
            try
            {
                if (await blobs.UploadAsync(new BlobRef(id, content.Value.Length), content.Value, progress, ct).ConfigureAwait(false) is { } failed)
                    return failed;
            }
            catch (SourceChangedException e)
            {
                return e.Fault;
            }
        }

        return null;
    }

    public void Dispose() => _small.Dispose();

    private static async Task<Outcome<Stream>> OpenAgainAsync(string path, TaskId task, Func<Outcome<byte[]>> taskKey, CancellationToken ct)
    {
        var part = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false), SubmissionJson.Default.RepeatedPart)!;
        var key = taskKey();
        if (key.Fault is { } fault)
            return fault;
        try
        {
            return part.Open(task, key.Value);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.Value);
        }
    }

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

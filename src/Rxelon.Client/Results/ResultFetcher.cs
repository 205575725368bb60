using System.Security.Cryptography;
using Rxelon.Client.Archives;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Results;

/// <summary>
/// Fetches results, checks their SHA-256, decrypts and unpacks them. Nothing unchecked is ever decrypted, and nothing
/// undecryptable is ever shown. Parts are taken in order.
/// </summary>
public sealed class ResultFetcher(HubClient hub, string downloadDirectory)
{
    private const int BatchBytes = 4 << 20;

    // Offset of the attempt in the header: see PartFormat.
    private const int AttemptAt = 28;

    /// <summary>Unpacks these accepted parts into the folder; <paramref name="done"/> hears how many are.</summary>
    public Task<Fault?> ToFolderAsync(
        TaskId task, IReadOnlyList<PartInfo> parts, ReadOnlyMemory<byte> taskKey, ResultFolder folder, IProgress<int>? done = null, CancellationToken ct = default)
        => FetchAsync(task, parts, taskKey, folder.Open, done, ct);

    /// <summary>
    /// Writes the standard outputs of these accepted parts, joined in order, by record when <paramref name="merge"/> says so (then
    /// output that is not records is a bad-records fault, and what was before it is written). Files are left out.
    /// </summary>
    public async Task<Fault?> ToStreamAsync(
        TaskId task, IReadOnlyList<PartInfo> parts, ReadOnlyMemory<byte> taskKey, Stream stdout, MergeMode merge, IProgress<int>? done = null, CancellationToken ct = default)
    {
        var merger = RecordMerger.For(merge, stdout);
        try
        {
            return await FetchAsync(
                task, parts, taskKey, part => merger is null ? new OneOutput(stdout, Stream.Null) : new MergedOutput(merger, $"part {part}"), done, ct)
                .ConfigureAwait(false);
        }
        catch (InputException e)
        {
            return e.Fault;
        }
    }

    /// <summary>
    /// The last log of a part, decrypted: what a failed attempt left, else the standard error of the accepted one; not-found when
    /// there is neither. A log may be of an earlier attempt than the present one: its header says of which, and opens only if
    /// that is true.
    /// </summary>
    public async Task<Outcome<byte[]>> LogAsync(TaskId task, PartInfo part, ReadOnlyMemory<byte> taskKey, CancellationToken ct = default)
    {
        if (part.LastLog is not { } log)
            return await StderrAsync(task, part, taskKey, ct).ConfigureAwait(false);
        var cipher = new MemoryStream();
        if (await hub.Blobs.DownloadAsync(new BlobRef(log.Id, log.Size), cipher, null, ct).ConfigureAwait(false) is { } fault)
            return fault;
        var bytes = cipher.ToArray();
        if (bytes.Length < PartFormat.HeaderSize)
            return new Fault(FaultCodes.DecryptFailed, "The log is shorter than its header.", Culprit.Node);
        var attempt = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(AttemptAt));
        return attempt < 0
            ? new Fault(FaultCodes.DecryptFailed, "The log's header names no attempt.", Culprit.Node)
            : PartCipher.Open(bytes, KeySchedule.Log(taskKey.Span, part.Part, attempt), PartContext.Log(task, part.Part, attempt));
    }

    private async Task<Outcome<byte[]>> StderrAsync(TaskId task, PartInfo part, ReadOnlyMemory<byte> taskKey, CancellationToken ct)
    {
        if (part.Result is null)
            return new Fault(FaultCodes.NotFound, $"Part {part.Part} has no log.", Culprit.Input);
        var stderr = new MemoryStream();
        var fault = await FetchAsync(task, [part], taskKey, _ => new OneOutput(Stream.Null, stderr), null, ct).ConfigureAwait(false);
        return fault is null ? stderr.ToArray() : fault;
    }

    private async Task<Fault?> FetchAsync(
        TaskId task, IReadOnlyList<PartInfo> parts, ReadOnlyMemory<byte> taskKey, Func<int, IResultSink> open, IProgress<int>? done, CancellationToken ct)
    {
        for (var at = 0; at < parts.Count;)
        {
            var batch = SmallOnesFrom(parts, at);
            if (batch.Count == 0)
            {
                if (await FetchLargeAsync(task, parts[at], taskKey, open(parts[at].Part), ct).ConfigureAwait(false) is { } fault)
                    return fault;
                at++;
            }
            else
            {
                var blobs = await hub.Blobs.FetchAsync([.. batch.Select(p => p.Result!.Value.Id)], ct).ConfigureAwait(false);
                if (blobs.Fault is { } fault)
                    return fault;
                foreach (var (part, blob) in batch.Zip(blobs.Value))
                {
                    using var cipher = new MemoryStream(blob.ToArray(), writable: false);
                    if (await UnpackAsync(task, part, taskKey, cipher, open(part.Part), ct).ConfigureAwait(false) is { } broken)
                        return broken;
                }

                at += batch.Count;
            }

            done?.Report(at);
        }

        return null;
    }

    private static List<PartInfo> SmallOnesFrom(IReadOnlyList<PartInfo> parts, int at)
    {
        var batch = new List<PartInfo>();
        long bytes = 0;
        foreach (var part in parts.Skip(at).TakeWhile(p => p.Result!.Value.Size <= BlobRef.InlineLimit))
        {
            bytes += part.Result!.Value.Size;
            if (batch.Count == BlobPack.MaxBlobs || (bytes > BatchBytes && batch.Count > 0))
                break;
            batch.Add(part);
        }

        return batch;
    }

    private static async Task<Fault?> UnpackAsync(
        TaskId task, PartInfo part, ReadOnlyMemory<byte> taskKey, Stream cipher, IResultSink sink, CancellationToken ct)
    {
        // A wrong result is replaced by another attempt's right one, with that one's key.
        var (number, attempt) = part.ResultOf ?? new ResultOrigin(part.Part, part.Attempt);
        var key = KeySchedule.Result(taskKey.Span, number, attempt);
        try
        {
            var plain = new PartDecryptStream(cipher, key, PartContext.Result(task, number, attempt), leaveOpen: true);
            await using (plain.ConfigureAwait(false))
                return await ResultReader.ReadAsync(plain, sink, ct).ConfigureAwait(false);
        }
        catch (PartCorruptException e)
        {
            return e.Fault with { Culprit = Culprit.Node };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private async Task<Fault?> FetchLargeAsync(TaskId task, PartInfo part, ReadOnlyMemory<byte> taskKey, IResultSink sink, CancellationToken ct)
    {
        ProfileStore.MakeDirectory(downloadDirectory);
        var blob = new BlobRef(part.Result!.Value.Id, part.Result.Value.Size);
        var path = Path.Combine(downloadDirectory, blob.Id.ToString());

        // What an interrupted download left is continued.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16, useAsync: true);
        await using (file.ConfigureAwait(false))
        {
            if (await hub.Blobs.DownloadAsync(blob, file, null, ct).ConfigureAwait(false) is { } fault)
                return fault;
            if (await UnpackAsync(task, part, taskKey, file, sink, ct).ConfigureAwait(false) is { } broken)
                return broken;
        }

        File.Delete(path);
        return null;
    }

    private sealed class MergedOutput(RecordMerger merger, string name) : IResultSink
    {
        public Task StdoutAsync(Stream content, CancellationToken ct) => merger.AddAsync(content, name, ct);

        public Task StderrAsync(Stream content, CancellationToken ct) => Task.CompletedTask;

        public Task FileAsync(string name, Stream content, CancellationToken ct) => Task.CompletedTask;
    }

    private sealed class OneOutput(Stream stdout, Stream stderr) : IResultSink
    {
        public Task StdoutAsync(Stream content, CancellationToken ct) => content.CopyToAsync(stdout, ct);

        public Task StderrAsync(Stream content, CancellationToken ct) => content.CopyToAsync(stderr, ct);

        public Task FileAsync(string name, Stream content, CancellationToken ct) => Task.CompletedTask;
    }
}

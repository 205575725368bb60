using System.Formats.Tar;
using System.Globalization;
using System.IO.Pipelines;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>A needed result could not be had; the attempt ends with this fault.</summary>
internal sealed class NeededResultException(Fault fault) : Exception(fault.Message)
{
    internal Fault Fault { get; } = fault;
}

/// <summary>
/// One tar stream of a part's own input and the results it needs (docs/design/stages.md): <c>in/results/000000/stdout</c>, files under
/// <c>in/results/000000/out/</c>, and those of the carried result under <c>in/round/</c>. Results are fetched a few ahead, or when they are large while they
/// are read, checked, decrypted and re-named while the executor reads; plaintext is in memory only and in bounded pieces.
/// </summary>
internal sealed class ComposedInput : IAsyncDisposable
{
    private const int Ahead = 8;
    private const string FormerName = PartArchive.InPrefix + PartArchive.Checkpoint;

    private readonly Pipe _pipe = new();
    private readonly CancellationTokenSource _cancel;
    private readonly Task _filling;

    /// <param name="task">The task that the results belong to.</param>
    /// <param name="own">The part's own input, decrypted; null when it has none.</param>
    /// <param name="results">What it needs, in order.</param>
    /// <param name="keys">Their keys, in the same order.</param>
    /// <param name="carries">The last one is the previous round's.</param>
    /// <param name="blobs">Fetches what did not ride along.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="former">What an earlier attempt left; goes to <c>in/.checkpoint</c>, and nothing of the input does.</param>
    internal ComposedInput(
        TaskId task, Stream? own, IReadOnlyList<NeededBlob> results, IReadOnlyList<byte[]> keys, bool carries, BlobTransfer blobs,
        CancellationToken cancel, OpenedCheckpoint? former = null)
    {
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Stream = _pipe.Reader.AsStream();
        _filling = Task.Run(() => FillAsync(task, own, results, keys, carries, blobs, former), CancellationToken.None);
    }

    /// <summary>To be read once, to its end or not. What went wrong with a result is thrown here.</summary>
    internal Stream Stream { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync().ConfigureAwait(false);
        await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        await _filling.ConfigureAwait(false);
        _cancel.Dispose();
    }

    /// <summary>The folder of a result within the input: numbered in the order of needs.</summary>
    internal static string FolderOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{PartArchive.InPrefix}results/{number:000000}/");

    private async Task FillAsync(
        TaskId task, Stream? own, IReadOnlyList<NeededBlob> results, IReadOnlyList<byte[]> keys, bool carries, BlobTransfer blobs,
        OpenedCheckpoint? former)
    {
        Queue<Task<Outcome<CipherBlob>>?> fetches = []; // null: comes while it is read
        Exception? error = null;
        try
        {
            var writer = new TarWriter(_pipe.Writer.AsStream(leaveOpen: true), TarEntryFormat.Pax, leaveOpen: true);
            await using (writer.ConfigureAwait(false))
            {
                if (former is not null)
                    await WriteAsync(former, writer).ConfigureAwait(false);
                if (own is not null)
                    await CopyAsync(own, writer, name => former is not null && name == FormerName ? null : name).ConfigureAwait(false);
                var next = 0;
                for (var i = 0; i < results.Count; i++)
                {
                    for (; next < results.Count && fetches.Count < Ahead; next++)
                        fetches.Enqueue(ArrivingBlob.IsFor(results[next].Result) ? null : blobs.FetchAsync(results[next].Result, _cancel.Token));
                    var folder = carries && i == results.Count - 1 ? $"{PartArchive.InPrefix}round/" : FolderOf(i);
                    await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, folder), _cancel.Token).ConfigureAwait(false);
                    await (fetches.Dequeue() is { } fetch
                        ? CopyFetchedAsync(fetch, task, results[i], keys[i], writer, folder)
                        : CopyArrivingAsync(blobs, task, results[i], keys[i], writer, folder)).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException e)
        {
            error = e; // nobody reads any more
        }
        catch (Exception e) when (e is PartCorruptException or NeededResultException)
        {
            error = e;
        }
        catch (Exception e) when (IsNoTar(e))
        {
            error = new NeededResultException(new Fault(
                FaultCodes.Malformed, "An input or a result that this part needs is not a tar stream.", Culprit.Input, Retryable: true));
        }
        catch (Exception e)
        {
            error = e; // thrown to whoever reads
        }
        finally
        {
            await _pipe.Writer.CompleteAsync(error).ConfigureAwait(false);
            foreach (var fetch in fetches)
                await DiscardAsync(fetch).ConfigureAwait(false);
        }
    }

    private Task WriteAsync(OpenedCheckpoint former, TarWriter to)
        => to.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, FormerName) { DataStream = new SizedStream(former.Plain, former.Length) }, _cancel.Token);

    private async Task CopyFetchedAsync(Task<Outcome<CipherBlob>> fetch, TaskId task, NeededBlob needed, byte[] key, TarWriter to, string folder)
    {
        var fetched = await fetch.ConfigureAwait(false);
        if (fetched.Fault is { } missing)
            throw new NeededResultException(missing);
        using var blob = fetched.Value;
        await CopyResultAsync(blob.OpenRead(), task, needed, key, to, folder).ConfigureAwait(false);
    }

    private async Task CopyArrivingAsync(BlobTransfer blobs, TaskId task, NeededBlob needed, byte[] key, TarWriter to, string folder)
    {
        var arriving = blobs.Arrive(needed.Result, _cancel.Token);
        await using var ended = arriving.ConfigureAwait(false);
        try
        {
            await CopyResultAsync(arriving, task, needed, key, to, folder).ConfigureAwait(false);
        }
        catch (ArrivalException e)
        {
            throw new NeededResultException(e.Fault);
        }
        catch (Exception e) when (e is PartCorruptException || IsNoTar(e))
        {
            if (await arriving.FinishAsync().ConfigureAwait(false) is { } other)
                throw new NeededResultException(other);
            throw;
        }
    }

    private async Task CopyResultAsync(Stream cipher, TaskId task, NeededBlob needed, byte[] key, TarWriter to, string folder)
    {
        using var plain = new PartDecryptStream(cipher, key, PartContext.Result(task, checked((int)needed.Part), checked((int)needed.Number)), leaveOpen: true);
        await CopyAsync(plain, to, name => Renamed(name, folder)).ConfigureAwait(false);
    }

    private static bool IsNoTar(Exception e) => e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException;

    private static async Task DiscardAsync(Task<Outcome<CipherBlob>>? fetch)
    {
        if (fetch is null)
            return;
        await ((Task)fetch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (fetch is { IsCompletedSuccessfully: true, Result.IsOk: true })
            fetch.Result.Value.Dispose();
    }

    // stderr is for people, and nothing else is in the format.
    private static string? Renamed(string name, string folder)
        => name == PartArchive.Stdout || name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal) ? folder + name : null;

    private async Task CopyAsync(Stream from, TarWriter to, Func<string, string?> rename)
    {
        var counted = new Executors.Archives.CountedStream(from);
        var reader = new TarReader(counted, leaveOpen: true);
        await using (reader.ConfigureAwait(false))
        {
            while (await NextAsync(reader, counted).ConfigureAwait(false) is { } entry)
            {
                var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
                if ((!isFile && entry.EntryType != TarEntryType.Directory) || rename(entry.Name) is not { } name)
                    continue;
                var copy = new PaxTarEntry(isFile ? TarEntryType.RegularFile : TarEntryType.Directory, name) { Mode = entry.Mode };
                if (isFile && entry.DataStream is { } data)
                    copy.DataStream = new SizedStream(data, entry.Length);
                await to.WriteEntryAsync(copy, _cancel.Token).ConfigureAwait(false);
            }
        }

        // The end of an encrypted stream is only authenticated by reading it.
        await counted.CopyToAsync(Stream.Null, _cancel.Token).ConfigureAwait(false);
    }

    private async Task<TarEntry?> NextAsync(TarReader reader, Executors.Archives.CountedStream counted)
    {
        try
        {
            return await reader.GetNextEntryAsync(cancellationToken: _cancel.Token).ConfigureAwait(false);
        }
        catch (EndOfStreamException) when (counted.Count == 0)
        {
            return null; // .NET's own writer leaves out even the end mark of an empty archive
        }
    }

    /// <summary>
    /// Says a length and seems to seek: the tar writer keeps the data of any other stream in memory to learn how long it is.
    /// </summary>
    private sealed class SizedStream(Stream inner, long length) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            _at += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _at += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

using System.IO.Pipelines;
using System.Security.Cryptography;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Submission;

/// <summary>
/// Ciphertext that exists only while it is read: the part is read and encrypted on another thread, a few segments ahead. Going to another
/// place begins anew and drops what comes before. A source that is not what it was the first time ends the reading with a
/// <see cref="SourceChangedException"/>, and nothing that differs was given out. Not for concurrent use.
/// </summary>
internal sealed class RepeatedCiphertext : Stream
{
    private static readonly PipeOptions Ahead = new(
        minimumSegmentSize: 4 * PartFormat.SegmentSize, pauseWriterThreshold: 16 * PartFormat.SegmentSize, resumeWriterThreshold: 8 * PartFormat.SegmentSize,
        useSynchronizationContext: false);

    private readonly RepeatedPart _part;
    private readonly PartContext _context;
    private readonly byte[] _key;
    private Run? _run;
    private long _position;

    internal RepeatedCiphertext(RepeatedPart part, PartContext context, byte[] key)
    {
        _part = part;
        _context = context;
        _key = key;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _part.Size;

    public override long Position
    {
        get => _position;
        set
        {
            if (value == _position)
                return;
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            EndRun();
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= Length || buffer.Length == 0)
            return 0;
        _run ??= new Run(_part, _context, _key, _position);
        int read;
        try
        {
            read = await _run.Output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InputException or PlaintextChangedException or EndOfStreamException)
        {
            throw new SourceChangedException(_part.Files, e);
        }

        if (read == 0)
            throw new SourceChangedException(_part.Files, null);
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            EndRun();
            CryptographicOperations.ZeroMemory(_key);
        }

        base.Dispose(disposing);
    }

    private void EndRun()
    {
        _run?.Dispose();
        _run = null;
    }

    /// <summary>One pass over the source, from its beginning.</summary>
    private sealed class Run : IDisposable
    {
        private readonly CancellationTokenSource _cancel = new();
        private readonly Task _writing;

        internal Run(RepeatedPart part, PartContext context, byte[] key, long skip)
        {
            var pipe = new Pipe(Ahead);
            Output = pipe.Reader.AsStream();
            _writing = Task.Run(() => WriteAsync(part, context, key, skip, pipe.Writer, _cancel.Token));
        }

        internal Stream Output { get; }

        public void Dispose()
        {
            _cancel.Cancel();
            Output.Dispose();
            _writing.GetAwaiter().GetResult(); // it hears the cancellation at the next segment, and never throws
            _cancel.Dispose();
        }

        private static async Task WriteAsync(RepeatedPart part, PartContext context, byte[] key, long skip, PipeWriter into, CancellationToken cancel)
        {
            Exception? error = null;
            try
            {
                var rest = new SkippingStream(into.AsStream(leaveOpen: true), skip);
                var encrypting = PartEncryptStream.Again(rest, key, part.Suite, context, PartSeals.Parse(part.Seals).Value);
                await using var closing = encrypting.ConfigureAwait(false);
                await part.Files.WriteAsync(encrypting, cancel).ConfigureAwait(false);
                await encrypting.CompleteAsync(cancel).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // whatever it is, the reader gets it
            catch (Exception e)
#pragma warning restore CA1031
            {
                error = e;
            }

            await into.CompleteAsync(error).ConfigureAwait(false);
        }
    }
}

/// <summary>
/// What a signed order was made from is no longer there as it was. Neither an I/O error nor an invalid operation: HTTP clients take those for
/// failures of the connection, and trying again does not help.
/// </summary>
internal sealed class SourceChangedException(FilePart files, Exception? why) : Exception("The source of a repeated encryption changed.", why)
{
    /// <summary>input-changed, for good.</summary>
    internal Fault Fault => Seen with { Retryable = false };

    private Fault Seen => (InnerException as InputException)?.Fault ?? files.Files[0].Changed($"{Others}changed between encrypting and sending").Fault;

    private string Others => files.Files.Count > 1 ? $"or one of {files.Files.Count - 1} other files " : "";
}

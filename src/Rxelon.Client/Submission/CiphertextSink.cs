using System.Security.Cryptography;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// Takes one ciphertext and names it: in memory up to 32 KiB, else in a file that gets the blob's id as its name. A file is hashed and written
/// on another thread than the one that encrypts.
/// </summary>
internal sealed class CiphertextSink(string folder) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _memory = new();
    private FileStream? _file;
    private WriteBehind? _behind;
    private long _size;

    public override bool CanWrite => true;

    public override void Flush() => _behind?.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _behind?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _size += buffer.Length;
        Target().Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _size += buffer.Length;
        return Target().WriteAsync(buffer, cancellationToken);
    }

    /// <summary>The blob's name and length; the bytes too when they are few.</summary>
    internal (BlobRef Blob, byte[]? Small) Finish()
    {
        if (_file is null)
            return (new BlobRef(BlobId.Of(_memory.GetBuffer().AsSpan(0, (int)_size)), _size), _memory.ToArray());
        Flush();
        var blob = new BlobRef(BlobId.FromDigest(_hash.GetHashAndReset()), _size);
        var path = _file.Name;
        _file.Dispose();
        _file = null;
        File.Move(path, Path.Combine(folder, blob.Id.ToString()), overwrite: true);
        return (blob, null);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _behind?.Dispose();
            _hash.Dispose();
            _memory.Dispose();
            if (_file is not null)
            {
                _file.Dispose();
                File.Delete(_file.Name);
            }
        }

        base.Dispose(disposing);
    }

    private Stream Target()
    {
        if (_file is not null || _size <= BlobRef.InlineLimit)
            return (Stream?)_behind ?? _memory;
        _file = ProfileStore.CreatePrivate(Path.Combine(folder, "writing"));
        _behind = new WriteBehind(bytes =>
        {
            _hash.AppendData(bytes.Span);
            _file.Write(bytes.Span);
        });
        _behind.Write(_memory.GetBuffer().AsSpan(0, (int)_memory.Length));
        return _behind;
    }
}

using System.Security.Cryptography;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>Takes one ciphertext and names it: in memory up to 32 KiB, else in a file that gets the blob's id as its name.</summary>
internal sealed class CiphertextSink(string folder) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _memory = new();
    private FileStream? _file;
    private long _size;

    public override bool CanWrite => true;

    public override void Flush() => _file?.Flush();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        _size += buffer.Length;
        Target().Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _hash.AppendData(buffer.Span);
        _size += buffer.Length;
        return Target().WriteAsync(buffer, cancellationToken);
    }

    /// <summary>The blob's name and length; the bytes too when they are few.</summary>
    internal (BlobRef Blob, byte[]? Small) Finish()
    {
        var blob = new BlobRef(BlobId.FromDigest(_hash.GetHashAndReset()), _size);
        if (_file is null)
            return (blob, _memory.ToArray());
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
            return (Stream?)_file ?? _memory;
        _file = ProfileStore.CreatePrivate(Path.Combine(folder, "writing"));
        _file.Write(_memory.GetBuffer().AsSpan(0, (int)_memory.Length));
        return _file;
    }
}

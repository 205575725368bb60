using System.Security.Cryptography;
using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Results;

/// <summary>A new file whose SHA-256 and length are known once it is written, without reading it again.</summary>
internal sealed class HashedFile(string path) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream _file = File.Create(path);

    public override bool CanWrite => true;

    internal long Size { get; private set; }

    public override void Flush() => _file.Flush();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _file.Write(buffer);
        Count(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _file.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count(buffer.Span);
    }

    /// <summary>Lower-case hex; to be asked for once, at the end.</summary>
    internal string Digest() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        Size += bytes.Length;
    }
}

using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>What a chunk says.</summary>
/// <param name="Plain">Its bytes, not cut at lines or characters.</param>
/// <param name="Missing">How many chunks before it did not arrive.</param>
/// <param name="IsLast">The attempt ended by itself; nothing follows.</param>
public readonly record struct LogPiece(byte[] Plain, uint Missing, bool IsLast);

/// <summary>
/// Opens the chunks that <see cref="LogSealer"/> made. They come in order, each once; missing ones are counted. Everything else (damage,
/// another task, part, attempt or log, chunks of two streams, a chunk behind the last) is a <c>decrypt-failed</c> fault. Not for concurrent
/// use.
/// </summary>
public sealed class LogOpener(ReadOnlyMemory<byte> key, PartContext context) : IDisposable
{
    private SegmentCipher? _cipher;
    private byte[] _header = [];
    private bool _ended;

    /// <summary>The number that the next chunk has when none is missing.</summary>
    public uint Next { get; private set; }

    /// <summary>Opens a chunk that is stored under this number.</summary>
    public Outcome<LogPiece> Open(uint number, ReadOnlySpan<byte> chunk)
    {
        if (_ended)
            return PartHeader.Corrupt(context, $"chunk {number} follows the last");
        if (number < Next)
            return PartHeader.Corrupt(context, $"chunk {number} comes after chunk {Next - 1}");
        if (PartHeader.Check(chunk, context) is { } foreign)
            return foreign;
        if (_cipher is null)
        {
            _header = chunk[..HeaderSize].ToArray();
            _cipher = SegmentCipher.Create((CipherSuite)_header[SuiteAt], key.Span);
        }
        else if (!chunk[..HeaderSize].SequenceEqual(_header))
        {
            return PartHeader.Corrupt(context, $"chunk {number} is of another run");
        }

        var sealedBytes = chunk[HeaderSize..];
        if (sealedBytes.Length < TagSize)
            return PartHeader.Corrupt(context, $"chunk {number} is cut short");
        var plain = new byte[sealedBytes.Length - TagSize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        foreach (var last in (ReadOnlySpan<bool>)[false, true])
        {
            LogSealer.WriteNonce(nonce, _header, number, last);
            if (!_cipher.Open(nonce, sealedBytes, plain, _header))
                continue;
            var missing = number - Next;
            (Next, _ended) = (number + 1, last);
            return new LogPiece(plain, missing, last);
        }

        return PartHeader.Corrupt(context, $"chunk {number} does not authenticate: damaged, out of place, or another key");
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher?.Dispose();
}

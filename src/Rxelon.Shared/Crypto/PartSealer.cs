using System.Buffers.Binary;
using System.Security.Cryptography;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>The nonce of each segment in turn: prefix ‖ number ‖ last flag.</summary>
internal sealed class SegmentNonce
{
    private readonly byte[] _bytes = new byte[NonceSize];
    private long _number = -1;

    internal SegmentNonce(ReadOnlySpan<byte> header) => header.Slice(PrefixAt, NoncePrefixSize).CopyTo(_bytes);

    /// <summary>Number of the segment in hand, from 0.</summary>
    internal long Number => _number;

    internal ReadOnlySpan<byte> Next(bool last)
    {
        if (++_number > uint.MaxValue)
            throw new InvalidOperationException("A part has at most 2^32 segments of 64 KiB.");
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(NoncePrefixSize), (uint)_number);
        return Again(last);
    }

    internal ReadOnlySpan<byte> Again(bool last)
    {
        _bytes[NonceSize - 1] = last ? (byte)1 : (byte)0;
        return _bytes;
    }
}

/// <summary>Seals the segments of one part in order; allocates nothing per segment. Not for concurrent use.</summary>
internal sealed class PartSealer : IDisposable
{
    private readonly SegmentCipher _cipher;
    private readonly SegmentNonce _nonce;

    internal PartSealer(ReadOnlySpan<byte> key, CipherSuite suite, PartContext context, ReadOnlySpan<byte> prefix = default)
    {
        Header = PartHeader.Write(suite, context, prefix.IsEmpty ? RandomNumberGenerator.GetBytes(NoncePrefixSize) : prefix);
        _cipher = SegmentCipher.Create(suite, key);
        _nonce = new SegmentNonce(Header);
    }

    internal byte[] Header { get; }

    /// <summary>Number of the segment sealed last, from 0.</summary>
    internal long Number => _nonce.Number;

    /// <summary>Writes ciphertext and tag; returns how many bytes.</summary>
    internal int Seal(ReadOnlySpan<byte> plain, Span<byte> into, bool last)
    {
        var size = plain.Length + TagSize;
        _cipher.Seal(_nonce.Next(last), plain, into[..size], Header);
        return size;
    }

    public void Dispose() => _cipher.Dispose();
}

/// <summary>Opens the segments of one part in order. Not for concurrent use.</summary>
internal sealed class PartOpener : IDisposable
{
    private readonly byte[] _header;
    private readonly SegmentCipher _cipher;
    private readonly SegmentNonce _nonce;
    private readonly PartContext _context;

    private PartOpener(ReadOnlySpan<byte> header, ReadOnlySpan<byte> key, PartContext context)
    {
        _header = header.ToArray();
        _cipher = SegmentCipher.Create((CipherSuite)header[SuiteAt], key);
        _nonce = new SegmentNonce(header);
        _context = context;
    }

    internal static Outcome<PartOpener> Start(ReadOnlySpan<byte> header, ReadOnlySpan<byte> key, PartContext context)
        => PartHeader.Check(header, context) is { } fault ? fault : new PartOpener(header[..HeaderSize], key, context);

    /// <summary>
    /// Opens the next segment into <paramref name="plain"/>, which is cleared on a fault. <paramref name="last"/> is what
    /// the length of the ciphertext says; when the segment itself says otherwise the fault tells so.
    /// </summary>
    internal Fault? Open(ReadOnlySpan<byte> @sealed, Span<byte> plain, bool last)
    {
        var nonce = _nonce.Next(last);
        if (@sealed.Length < TagSize)
            return Corrupt(_nonce.Number == 0 && @sealed.IsEmpty
                ? "it ends after the header"
                : $"it ends inside segment {_nonce.Number}: truncated");
        plain = plain[..(@sealed.Length - TagSize)];
        if (_cipher.Open(nonce, @sealed, plain, _header))
            return last && plain.IsEmpty && _nonce.Number > 0 ? Corrupt($"the last segment, {_nonce.Number}, is empty") : null;

        // A full segment that opens with the other flag is intact: only its place at the end, or not at the end, is wrong.
        if (@sealed.Length == SealedSegmentSize && _cipher.Open(_nonce.Again(!last), @sealed, plain, _header))
        {
            CryptographicOperations.ZeroMemory(plain);
            return Corrupt(last
                ? $"it ends after segment {_nonce.Number}, which is not the last: truncated"
                : $"bytes follow segment {_nonce.Number}, which is the last");
        }

        return Corrupt($"segment {_nonce.Number} does not authenticate: damaged, cut, out of place, or another key");
    }

    private Fault Corrupt(string what) => PartHeader.Corrupt(_context, what);

    public void Dispose() => _cipher.Dispose();
}

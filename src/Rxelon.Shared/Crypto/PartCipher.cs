using System.Security.Cryptography;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Encrypts and decrypts parts in <see cref="PartFormat"/>. Keys are 32 bytes and come from <see cref="KeySchedule"/>;
/// another length is an <see cref="ArgumentException"/>.
/// </summary>
public static class PartCipher
{
    private const int CopySize = 4 * SegmentSize;

    /// <summary>The whole encrypted part of <paramref name="plaintext"/>, under a fresh random nonce prefix.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context)
    {
        var ciphertext = GC.AllocateUninitializedArray<byte>(checked((int)CipherLength(plaintext.Length)));
        SealInto(ciphertext, plaintext, key, suite, context);
        return ciphertext;
    }

    /// <summary>
    /// Like <see cref="Seal"/>, into a buffer of at least <see cref="CipherLength"/> bytes; returns how many were written.
    /// </summary>
    public static int SealInto(
        Span<byte> ciphertext, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context)
        => SealInto(ciphertext, plaintext, key, suite, context, default);

    /// <summary>The plaintext, or a fault with code <c>decrypt-failed</c> that says which field or segment is wrong.</summary>
    public static Outcome<byte[]> Open(ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> key, PartContext context)
    {
        var started = PartOpener.Start(ciphertext, key, context);
        if (started.Fault is { } refused)
            return refused;
        using var opener = started.Value;
        var rest = ciphertext[HeaderSize..];
        var plaintext = GC.AllocateUninitializedArray<byte>(
            (rest.Length / SealedSegmentSize * SegmentSize) + Math.Max(0, (rest.Length % SealedSegmentSize) - TagSize));
        for (var into = plaintext.AsSpan(); ;)
        {
            var last = rest.Length <= SealedSegmentSize;
            var segment = last ? rest : rest[..SealedSegmentSize];
            if (opener.Open(segment, into, last) is { } fault)
            {
                CryptographicOperations.ZeroMemory(plaintext);
                return fault;
            }

            if (last)
                return plaintext;
            rest = rest[SealedSegmentSize..];
            into = into[SegmentSize..];
        }
    }

    /// <summary>Encrypts all that <paramref name="plain"/> holds, in constant memory; neither stream is closed.</summary>
    public static async Task EncryptAsync(
        Stream plain, Stream cipher, ReadOnlyMemory<byte> key, CipherSuite suite, PartContext context, CancellationToken ct = default)
    {
        var encrypting = new PartEncryptStream(cipher, key.Span, suite, context, leaveOpen: true);
        await using (encrypting.ConfigureAwait(false))
        {
            await plain.CopyToAsync(encrypting, CopySize, ct).ConfigureAwait(false);
            await encrypting.CompleteAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Decrypts to the end of <paramref name="cipher"/>, in constant memory; neither stream is closed. Throws
    /// <see cref="PartCorruptException"/>; what was written before that is authentic but incomplete.
    /// </summary>
    public static async Task DecryptAsync(
        Stream cipher, Stream plain, ReadOnlyMemory<byte> key, PartContext context, CancellationToken ct = default)
    {
        var decrypting = new PartDecryptStream(cipher, key.Span, context, leaveOpen: true);
        await using (decrypting.ConfigureAwait(false))
            await decrypting.CopyToAsync(plain, SegmentSize, ct).ConfigureAwait(false);
    }

    /// <summary>With a chosen nonce prefix: only for files that must come out the same every time.</summary>
    internal static byte[] SealWithPrefix(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context, ReadOnlySpan<byte> prefix)
    {
        var ciphertext = new byte[CipherLength(plaintext.Length)];
        SealInto(ciphertext, plaintext, key, suite, context, prefix);
        return ciphertext;
    }

    private static int SealInto(
        Span<byte> into, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context, ReadOnlySpan<byte> prefix)
    {
        using var sealer = new PartSealer(key, suite, context, prefix);
        sealer.Header.CopyTo(into);
        var written = HeaderSize;
        while (plaintext.Length > SegmentSize)
        {
            written += sealer.Seal(plaintext[..SegmentSize], into[written..], last: false);
            plaintext = plaintext[SegmentSize..];
        }

        return written + sealer.Seal(plaintext, into[written..], last: true);
    }
}

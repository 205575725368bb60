using Rxelon.Shared.Values;

namespace Rxelon.Shared.Crypto;

/// <summary>Seals keys to an X25519 key with <see cref="Hpke"/>; the context is the HPKE info.</summary>
public static class KeyWrap
{
    /// <summary>
    /// Seals <paramref name="key"/>. The recipient's key must be usable (<see cref="ExchangeKeyPair.IsUsablePublicKey"/>);
    /// otherwise this throws.
    /// </summary>
    public static SealedKey Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> recipientPublic, KeyWrapContext ctx)
    {
        var message = Hpke.Seal(recipientPublic, ctx.ToInfo(), default, key);
        return new SealedKey(SealedKey.X25519Aes256Gcm, message.Encapsulated, message.Ciphertext);
    }

    /// <summary>The key, or a fault with code <c>decrypt-failed</c>; the caller zeroes the key after use.</summary>
    public static Outcome<byte[]> Unwrap(SealedKey wrapped, ExchangeKeyPair recipient, KeyWrapContext ctx)
    {
        if (wrapped.Suite != SealedKey.X25519Aes256Gcm)
            return new Fault(FaultCodes.DecryptFailed, $"The sealed key for {ctx} uses suite {wrapped.Suite}, which this program does not know.");
        var opened = Hpke.Open(recipient.PrivateKey, wrapped.Encapsulated, ctx.ToInfo(), default, wrapped.Ciphertext);
        return opened.Fault is { } fault ? fault with { Message = $"The sealed key for {ctx}: {fault.Message}" } : opened;
    }
}

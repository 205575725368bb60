namespace Rxelon.Shared.Crypto;

/// <summary>How a part is encrypted. The number is the suite byte of the part header and never changes meaning.</summary>
public enum CipherSuite : byte
{
    /// <summary>AES-256 in Galois/Counter mode (NIST SP 800-38D): the default.</summary>
    Aes256Gcm = 1,

    /// <summary>ChaCha20-Poly1305 (RFC 8439): for machines without AES instructions.</summary>
    ChaCha20Poly1305 = 2,

    /// <summary>AES-256-GCM-SIV (RFC 8452): a repeated nonce reveals only that two segments are equal.</summary>
    Aes256GcmSiv = 3,
}

/// <summary>The names by which users choose a suite.</summary>
public static class CipherSuites
{
    /// <summary>Every suite, in the order in which it is offered.</summary>
    public static IReadOnlyList<CipherSuite> All { get; } =
        [CipherSuite.Aes256Gcm, CipherSuite.ChaCha20Poly1305, CipherSuite.Aes256GcmSiv];

    /// <summary>The name in specs and on the command line, such as <c>aes-256-gcm</c>.</summary>
    public static string Name(CipherSuite suite) => suite switch
    {
        CipherSuite.Aes256Gcm => "aes-256-gcm",
        CipherSuite.ChaCha20Poly1305 => "chacha20-poly1305",
        CipherSuite.Aes256GcmSiv => "aes-256-gcm-siv",
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "There is no such cipher suite."),
    };

    /// <summary>Finds a suite by its exact name; false for anything else.</summary>
    public static bool TryParse(string? name, out CipherSuite suite)
    {
        foreach (var candidate in All)
        {
            if (Name(candidate) != name)
                continue;
            suite = candidate;
            return true;
        }

        suite = default;
        return false;
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rxelon.Link.Certificates;

/// <summary>Public keys as they stand in certificates (SubjectPublicKeyInfo, DER).</summary>
public static class Spki
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>SHA-256 of the certificate's public key.</summary>
    public static byte[] Digest(X509Certificate2 certificate) => SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>SHA-256 of the certificate's public key, 64 lower-case hex digits.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(Digest(certificate));

    /// <summary>True for exactly one ECDSA P-256 public key.</summary>
    public static bool IsP256(ReadOnlySpan<byte> spki)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out var read);
            return read == spki.Length && key.ExportParameters(false).Curve.Oid.Value == P256;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>
    /// A copy whose key lives in an ephemeral PKCS#12: the transport's start-up check and TLS on every platform can use it.
    /// </summary>
    public static X509Certificate2 Portable(X509Certificate2 certificate)
        => X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null, X509KeyStorageFlags.Exportable);
}

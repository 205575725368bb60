using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Link;

/// <summary>What joining gave the node, apart from keys: <c>node.json</c> in the state directory.</summary>
internal sealed record MembershipInfo(
    NodeId Node, AccountId Operator, string Name, string Label, string HubUrl, string CaFingerprint, string EdgeHost, int EdgePort);

/// <summary>
/// A node's membership of a network as it stands in the state directory (mode 0700): <c>node.json</c>; <c>identity.key</c>, the
/// Ed25519 seed; <c>link.pem</c>, TLS key and certificate in one file so that a renewal replaces both or none; <c>ca.der</c>.
/// Private files have mode 0600. Not safe for concurrent use, except that <see cref="Certificate"/> may be read by others.
/// </summary>
internal sealed class NodeMembership : IDisposable
{
    private readonly string _directory;

    private NodeMembership(string directory, MembershipInfo info, SigningKeyPair identity, X509Certificate2 certificate, byte[] caDer)
    {
        _directory = directory;
        Info = info;
        Identity = identity;
        Certificate = certificate;
        CaDer = caDer;
    }

    internal MembershipInfo Info { get; }

    /// <summary>Signs sessions, results and failures.</summary>
    internal SigningKeyPair Identity { get; }

    /// <summary>The link's certificate with its key.</summary>
    internal X509Certificate2 Certificate { get; private set; }

    /// <summary>The CHS's CA, DER.</summary>
    internal byte[] CaDer { get; }

    /// <summary>True when the directory holds a membership.</summary>
    internal static bool Exists(string directory) => File.Exists(Path.Combine(directory, "node.json"));

    /// <summary>Loads the membership; a missing or damaged file is a fault that names it.</summary>
    internal static Outcome<NodeMembership> Load(string directory)
    {
        if (!Exists(directory))
            return new Fault(FaultCodes.NotFound, $"{directory} holds no membership: run rxelon-node join first.", Culprit.Node);
        try
        {
            var info = JsonSerializer.Deserialize<MembershipInfo>(File.ReadAllBytes(Path.Combine(directory, "node.json")));
            var seed = File.ReadAllBytes(Path.Combine(directory, "identity.key"));
            using var parsed = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "link.pem"));
            var membership = new NodeMembership(
                directory, info!, SigningKeyPair.FromSeed(seed), Spki.Portable(parsed), File.ReadAllBytes(Path.Combine(directory, "ca.der")));
            CryptographicOperations.ZeroMemory(seed);
            return membership;
        }
        catch (Exception e) when (e is IOException or JsonException or CryptographicException or ArgumentException)
        {
            return new Fault(FaultCodes.Malformed, $"The membership in {directory} cannot be read: {e.Message}", Culprit.Node);
        }
    }

    /// <summary>Writes a fresh membership; <c>node.json</c> comes last and makes it count.</summary>
    internal static void Save(string directory, MembershipInfo info, SigningKeyPair identity, ECDsa tlsKey, byte[] certificateDer, byte[] caDer)
    {
        CreatePrivate(directory);
        var seed = identity.ExportSeed();
        PrivateFile.Write(Path.Combine(directory, "identity.key"), seed);
        CryptographicOperations.ZeroMemory(seed);
        PrivateFile.Write(Path.Combine(directory, "link.pem"), Pem(tlsKey, certificateDer));
        PrivateFile.Write(Path.Combine(directory, "ca.der"), caDer);
        PrivateFile.Write(Path.Combine(directory, "node.json"), JsonSerializer.SerializeToUtf8Bytes(info));
    }

    /// <summary>The identity of an earlier join in this directory, or a fresh one: joining again keeps the node's id.</summary>
    internal static SigningKeyPair IdentityOf(string directory)
    {
        var file = Path.Combine(directory, "identity.key");
        return File.Exists(file) ? SigningKeyPair.FromSeed(File.ReadAllBytes(file)) : SigningKeyPair.Generate();
    }

    /// <summary>True when less than a third of the certificate's life is left.</summary>
    internal bool NeedsRenewal(DateTimeOffset now)
        => Certificate.NotAfter - now < (Certificate.NotAfter - Certificate.NotBefore) / 3;

    /// <summary>Takes a renewed certificate for <paramref name="tlsKey"/>, durably. False when it is not this node's or not that key's.</summary>
    internal bool TryRenew(ECDsa tlsKey, byte[] certificateDer, PeerCheck check)
    {
        using var bare = X509CertificateLoader.LoadCertificate(certificateDer);
        if (check.RefuseNode(bare, _ => false, out var identity) is not null || identity?.Node != Info.Node || identity.Label != Info.Label
            || !bare.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(tlsKey.ExportSubjectPublicKeyInfo()))
            return false;
        PrivateFile.Write(Path.Combine(_directory, "link.pem"), Pem(tlsKey, certificateDer));
        using var full = bare.CopyWithPrivateKey(tlsKey);
        Certificate = Spki.Portable(full);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Identity.Dispose();
        Certificate.Dispose();
    }

    /// <summary>Creates the directory for its owner only.</summary>
    internal static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static byte[] Pem(ECDsa key, byte[] certificateDer)
        => System.Text.Encoding.ASCII.GetBytes(
            $"{PemEncoding.WriteString("CERTIFICATE", certificateDer)}\n{key.ExportPkcs8PrivateKeyPem()}\n");
}

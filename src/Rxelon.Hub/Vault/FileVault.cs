using System.Security.Cryptography;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Vault;

/// <summary>
/// The vault of one machine. Its X25519 private key rests in <c>vault.key</c>, encrypted with AES-256-GCM under the master key
/// (<see cref="MasterKey"/>), and lives in memory while the hub runs. In bytes: <c>"RXV1"</c>, public key 32, nonce 12, tag 16,
/// encrypted private key 32; everything before the nonce is associated data.
/// </summary>
public sealed class FileVault : IVault, IDisposable
{
    internal const string KeyFile = "vault.key";
    private const int HeadSize = 4 + ExchangeKeyPair.KeySize;

    private readonly ExchangeKeyPair _pair;

    private FileVault(ExchangeKeyPair pair) => _pair = pair;

    private static ReadOnlySpan<byte> Magic => "RXV1"u8;

    /// <inheritdoc/>
    public byte[] PublicKey => _pair.PublicKey;

    /// <summary>
    /// Opens the directory's vault or makes one. A master key that is missing, malformed or not this vault's is an
    /// <see cref="InvalidDataException"/> that says what to do. <paramref name="masterKey"/> is RXELON_VAULT_KEY, if set.
    /// </summary>
    public static FileVault Open(string directory, string? masterKey)
    {
        var master = MasterKey.Read(directory, masterKey);
        try
        {
            var file = Path.Combine(directory, KeyFile);
            return new FileVault(File.Exists(file) ? Decrypt(file, master) : Create(file, master));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(master);
        }
    }

    /// <inheritdoc/>
    public Outcome<bool> Check(TaskId task, ReadOnlyMemory<byte> sealedTaskKey)
    {
        var opened = OpenTaskKey(task, sealedTaskKey.Span);
        if (opened.Fault is { } fault)
            return fault;
        CryptographicOperations.ZeroMemory(opened.Value);
        return true;
    }

    /// <inheritdoc/>
    public Outcome<IReadOnlyList<IReadOnlyList<byte[]>>> SealGrants(
        ReadOnlyMemory<byte> sealedTaskKey, NodeId node, ReadOnlyMemory<byte> sessionKey, IReadOnlyList<GrantOrder> orders)
    {
        if (orders.Count == 0)
            return Array.Empty<IReadOnlyList<byte[]>>();
        if (!ExchangeKeyPair.IsUsablePublicKey(sessionKey.Span))
            return new Fault(FaultCodes.Malformed, $"The session key of {node} is not one that keys may be sealed to.", Culprit.Node);
        var task = orders[0].Attempt.Task;
        if (orders.Any(o => o.Attempt.Task != task))
            throw new ArgumentException("All attempts must be of the task that the key belongs to.", nameof(orders));
        var opened = OpenTaskKey(task, sealedTaskKey.Span);
        if (opened.Fault is { } fault)
            return fault;
        var taskKey = opened.Value;
        try
        {
            var grants = new IReadOnlyList<byte[]>[orders.Count];
            for (var i = 0; i < grants.Length; i++)
                grants[i] = PartGrant.Seal(taskKey, orders[i].Attempt, node, sessionKey.Span, orders[i].Terms);
            return grants;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(taskKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pair.Dispose();

    private static ExchangeKeyPair Create(string file, byte[] master)
    {
        var pair = ExchangeKeyPair.Generate();
        byte[] head = [.. Magic, .. pair.PublicKey];
        var secret = pair.ExportPrivate();
        PrivateFile.Write(file, (byte[])[.. head, .. SecretSeal.Seal(master, secret, head)]);
        CryptographicOperations.ZeroMemory(secret);
        return pair;
    }

    private static ExchangeKeyPair Decrypt(string file, byte[] master)
    {
        var content = File.ReadAllBytes(file);
        if (content.Length != HeadSize + SecretSeal.Overhead + ExchangeKeyPair.KeySize || !content.AsSpan().StartsWith(Magic))
            throw new InvalidDataException($"{file} is damaged; restore it from your copy.");
        var secret = SecretSeal.Open(master, content.AsSpan(HeadSize), content.AsSpan(0, HeadSize)) ?? throw new InvalidDataException(
            $"The master key does not open {file}: it is another vault's key, or the file is damaged. Give the right one in {MasterKey.Variable} or vault.master.");
        try
        {
            return ExchangeKeyPair.FromPrivate(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private Outcome<byte[]> OpenTaskKey(TaskId task, ReadOnlySpan<byte> sealedTaskKey)
    {
        if (!SealedKey.TryRead(sealedTaskKey, out var wrapped))
            return new Fault(FaultCodes.Malformed, "The sealed task key is not one.", Culprit.Input);
        var opened = KeyWrap.Unwrap(wrapped, _pair, KeyWrapContext.TaskVault(task));
        if (opened.Fault is { } fault)
            return fault with { Culprit = Culprit.Input };
        if (opened.Value.Length == KeySchedule.KeySize)
            return opened;
        CryptographicOperations.ZeroMemory(opened.Value);
        return new Fault(FaultCodes.Malformed, $"A task key is {KeySchedule.KeySize} bytes, not {opened.Value.Length}.", Culprit.Input);
    }
}

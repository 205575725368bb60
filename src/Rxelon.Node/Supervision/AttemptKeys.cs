using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Supervision;

/// <summary>The four keys of one attempt (layout: KeyGrant in wire.proto). Zeroed on dispose.</summary>
internal sealed class AttemptKeys : IDisposable
{
    private const int KeySize = 32;
    private readonly byte[] _keys;

    private AttemptKeys(byte[] keys) => _keys = keys;

    internal ReadOnlySpan<byte> Input => _keys.AsSpan(0, KeySize);

    internal ReadOnlySpan<byte> Result => _keys.AsSpan(KeySize, KeySize);

    internal ReadOnlySpan<byte> Log => _keys.AsSpan(2 * KeySize, KeySize);

    internal ReadOnlySpan<byte> Program => _keys.AsSpan(3 * KeySize, KeySize);

    /// <summary>Opens a grant with this process's session key; it opens only for exactly this attempt on this node.</summary>
    internal static Outcome<AttemptKeys> Open(ReadOnlySpan<byte> grant, ExchangeKeyPair session, AttemptId attempt, NodeId node)
    {
        if (!SealedKey.TryRead(grant, out var sealedKey))
            return Refused("it is not a sealed key");
        var opened = KeyWrap.Unwrap(sealedKey, session, KeyWrapContext.PartGrant(attempt.Task, attempt.Part, attempt.Number, node));
        if (opened.Fault is { } fault)
            return fault with { Culprit = Culprit.Hub, Retryable = true };
        if (opened.Value.Length == 4 * KeySize)
            return new AttemptKeys(opened.Value);
        CryptographicOperations.ZeroMemory(opened.Value);
        return Refused($"it holds {opened.Value.Length} bytes");
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_keys);

    private static Fault Refused(string why) => new(FaultCodes.DecryptFailed, $"The key grant is not valid: {why}.", Culprit.Hub, Retryable: true);
}

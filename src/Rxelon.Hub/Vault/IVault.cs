using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Vault;

/// <summary>
/// Keeps what the CHS was trusted with. The task's key arrives sealed to <see cref="PublicKey"/> and stays so in the journal;
/// it is opened in memory for one call and zeroed. The master key never leaves the vault.
/// </summary>
public interface IVault
{
    /// <summary>X25519 key that clients seal task keys to.</summary>
    byte[] PublicKey { get; }

    /// <summary>True when the sealed key opens for this task: checked at submission, so that a bad one is refused early.</summary>
    Outcome<bool> Check(TaskId task, ReadOnlyMemory<byte> sealedTaskKey);

    /// <summary>
    /// For each order the pages of its grant (<see cref="Shared.Crypto.GrantedKeys"/>), sealed to the node's session key with task,
    /// part, attempt, node and page bound in. Call only after the release is durable.
    /// </summary>
    Outcome<IReadOnlyList<IReadOnlyList<byte[]>>> SealGrants(
        ReadOnlyMemory<byte> sealedTaskKey, NodeId node, ReadOnlyMemory<byte> sessionKey, IReadOnlyList<GrantOrder> orders);
}

using Rxelon.Hub.Vault;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Mock;

/// <summary>Hands out bytes of the right number and no meaning.</summary>
internal sealed class MockVault : IVault
{
    private static readonly byte[] Grant = new byte[209];

    public byte[] PublicKey { get; } = new byte[32];

    public Outcome<bool> Check(TaskId task, ReadOnlyMemory<byte> sealedTaskKey) => true;

    public Outcome<IReadOnlyList<IReadOnlyList<byte[]>>> SealGrants(
        ReadOnlyMemory<byte> sealedTaskKey, NodeId node, ReadOnlyMemory<byte> sessionKey, IReadOnlyList<GrantOrder> orders)
        => orders.Select(IReadOnlyList<byte[]> (_) => [Grant]).ToArray();
}

using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Hub.Integrity;

/// <summary>
/// What nodes' operation logs said, up to the head that the hub acknowledged. Kept for reading; what a node is held to besides is
/// in its journal. Thread-safe. What is appended is on disk when the call returns.
/// </summary>
public interface IOperationRecords
{
    /// <summary>The last head that was acknowledged, or null.</summary>
    KeptHead? HeadOf(NodeId node);

    /// <summary>Keeps records from <paramref name="first"/> on; <paramref name="head"/> is over all up to the last of them.</summary>
    void Append(NodeId node, ulong first, IReadOnlyList<byte[]> records, OperationHead head, DateTimeOffset at);

    /// <summary>The node's log goes on from this head; what was kept before stays readable.</summary>
    void Restart(NodeId node, ulong count, byte[] hash, DateTimeOffset at);

    /// <summary>The newest records, oldest first.</summary>
    IReadOnlyList<(ulong Number, byte[] Record)> Last(NodeId node, int count);
}

/// <summary>A head and when the hub took it.</summary>
public sealed record KeptHead(OperationHead Head, DateTimeOffset At);

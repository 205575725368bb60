using System.Buffers.Binary;
using System.Text;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Crypto;

/// <summary>What a sealed key is for; it opens only for exactly this.</summary>
/// <param name="Purpose">One of the constants of this type.</param>
/// <param name="Task">The task; must be set.</param>
/// <param name="Part">The part, when the key is of one part.</param>
/// <param name="Attempt">The attempt, when the key is of one attempt.</param>
/// <param name="Node">The node it is granted to, when it is.</param>
/// <param name="Label">Which key of several with otherwise the same context, such as a shared blob's name.</param>
public sealed record KeyWrapContext(
    string Purpose, TaskId Task, int? Part = null, int? Attempt = null, NodeId? Node = null, string? Label = null)
{
    /// <summary>A task key sealed to the hub's vault.</summary>
    public const string VaultPurpose = "task/vault";

    /// <summary>A task key sealed to its owner's own key.</summary>
    public const string OwnerPurpose = "task/owner";

    /// <summary>Keys of one attempt sealed to the session key of the node that runs it.</summary>
    public const string GrantPurpose = "part/grant";

    /// <summary>Seals a task key to the vault.</summary>
    public static KeyWrapContext TaskVault(TaskId task) => new(VaultPurpose, task);

    /// <summary>Seals a task key to its owner.</summary>
    public static KeyWrapContext TaskOwner(TaskId task) => new(OwnerPurpose, task);

    /// <summary>Seals a key of one attempt to the node that runs it.</summary>
    public static KeyWrapContext PartGrant(TaskId task, int part, int attempt, NodeId node, string? label = null)
        => new(GrantPurpose, task, part, attempt, node, label);

    /// <summary>
    /// The HPKE info: <c>rx/wrap/v1</c>, purpose, task, part, attempt, node and label, each behind its length (2 bytes,
    /// big-endian); numbers are 4 bytes big-endian; what is not given has length 0.
    /// </summary>
    public byte[] ToInfo()
    {
        using var info = new MemoryStream();
        Append(info, "rx/wrap/v1"u8);
        Append(info, Encoding.UTF8.GetBytes(Purpose));
        Append(info, Task.ToBytes());
        AppendNumber(info, Part);
        AppendNumber(info, Attempt);
        Append(info, Node is { } node ? node.ToBytes() : default(ReadOnlySpan<byte>));
        Append(info, Encoding.UTF8.GetBytes(Label ?? ""));
        return info.ToArray();
    }

    /// <inheritdoc/>
    public override string ToString()
        => $"{Purpose} of {Task}" + (Part is { } part ? $", part {part}" : "")
            + (Attempt is { } attempt ? $", attempt {attempt}" : "") + (Node is { } node ? $", node {node}" : "")
            + (string.IsNullOrEmpty(Label) ? "" : $", '{Label}'");

    private static void AppendNumber(MemoryStream info, int? number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number ?? 0);
        Append(info, number is null ? default : bytes);
    }

    private static void Append(MemoryStream info, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)field.Length));
        info.Write(length);
        info.Write(field);
    }
}

using System.Buffers.Binary;
using Rxelon.Domain.Sealing;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// Where the log stands. <see cref="Offset"/>: the journal was looked at up to here (a hint; completeness follows from each entity's
/// numbers). <see cref="Key"/>: the vkey that the last entry about keys named. <see cref="Tiled"/>: entries whose files are durable.
/// <see cref="Events"/>: how many entries are events. <see cref="HeaderDue"/>: the next batch begins with a block header.
/// </summary>
internal sealed record LedgerHead(Frontier Frontier, long Offset, string Origin, string Key, ulong Tiled, ulong Events, bool HeaderDue)
{
    internal ulong Size => Frontier.Size;
}

/// <summary>A published checkpoint. <see cref="Events"/>: how many it brought; <see cref="TotalEvents"/>: how many there are up to it.</summary>
internal sealed record LedgerBlock(
    ulong Height, ulong Size, MerkleHash Root, MerkleHash Hash, MerkleHash Previous, ulong Events, ulong TotalEvents, string Note, DateTimeOffset PublishedAt);

/// <summary>An entity as the ledger knows it. <see cref="Erased"/>: the number of the last event whose key was destroyed, or null.</summary>
internal sealed class LedgerEntity(long id, string persistenceId)
{
    internal long Id => id;

    internal string PersistenceId => persistenceId;

    internal EntityKey? Key { get; set; }

    internal byte[]? SealedKey { get; set; }

    internal EntityChain Chain { get; set; }

    internal long? Erased { get; set; }

    internal bool IsNew { get; set; }

    /// <summary>This batch has the event after which the key is destroyed.</summary>
    internal bool Destroy { get; set; }

    /// <summary>After the commit: forgets the destroyed key.</summary>
    internal void Erase()
    {
        if (!Destroy)
            return;
        Destroy = false;
        Erased = (long)Chain.Sealed;
        Key?.Dispose();
        Key = null;
        SealedKey = null;
    }
}

/// <summary>Everything that one batch changes.</summary>
internal sealed record LedgerChange(
    LedgerHead Head,
    IReadOnlyList<SealedEntry> Entries,
    IReadOnlyCollection<LedgerEntity> Entities,
    IReadOnlyList<(ulong Index, long Entity, ulong SequenceNr)> Sealed,
    IReadOnlyList<(byte[] Task, long Entity, ulong SequenceNr)> About);

/// <summary>Some entries in one value: u64 first, then for each u16 length ‖ leaf ‖ u32 length ‖ replica, big-endian.</summary>
internal static class PendingEntries
{
    /// <summary>In one value, so that most values are small objects for the collector.</summary>
    internal const int AtOnce = 128;

    internal static byte[] Write(IReadOnlyList<SealedEntry> entries)
    {
        var bytes = new byte[sizeof(ulong) + entries.Sum(e => sizeof(ushort) + e.Leaf.Length + sizeof(uint) + e.Replica.Length)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, entries[0].Index);
        var at = sizeof(ulong);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), checked((ushort)entry.Leaf.Length));
            entry.Leaf.CopyTo(bytes, at += sizeof(ushort));
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at += entry.Leaf.Length), entry.Replica.Length);
            entry.Replica.CopyTo(bytes, at += sizeof(uint));
            at += entry.Replica.Length;
        }

        return bytes;
    }

    internal static IEnumerable<SealedEntry> Read(byte[] bytes)
    {
        var index = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        for (var at = sizeof(ulong); at < bytes.Length; index++)
        {
            var leafSize = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
            var leaf = bytes.AsSpan(at += sizeof(ushort), leafSize).ToArray();
            var replicaSize = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at += leafSize));
            var replica = bytes.AsSpan(at += sizeof(uint), replicaSize).ToArray();
            at += replicaSize;
            yield return new SealedEntry(index, leaf, MerkleHash.OfLeaf(leaf), replica);
        }
    }
}

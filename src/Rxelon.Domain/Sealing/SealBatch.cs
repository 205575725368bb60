using Rxelon.Shared.Ledger;

namespace Rxelon.Domain.Sealing;

/// <summary>An event as the journal stored it; <see cref="At"/> is when its row was written.</summary>
public sealed record JournaledEvent(string PersistenceId, ulong SequenceNr, DateTimeOffset At, EventPayload Payload);

/// <summary>How far an entity's events are in the ledger: the last one's number (0: none) and the hash of its entry.</summary>
public readonly record struct EntityChain(ulong Sealed, MerkleHash Last);

/// <summary>An entry to append: its bytes, its hash, and the encrypted event (empty when there is none, or none is kept).</summary>
public sealed record SealedEntry(ulong Index, byte[] Leaf, MerkleHash Hash, byte[] Replica);

/// <summary>What an event means for the ledger.</summary>
public enum SealVerdict
{
    /// <summary>It is the entity's next one.</summary>
    Next,

    /// <summary>It is in the ledger already.</summary>
    Known,

    /// <summary>Others of the entity come before it and are missing.</summary>
    Gap,
}

/// <summary>
/// Turns events into the ledger's entries, in the order in which they are given; that order is the ledger's for ever. Pure: same
/// events, keys and times give the same bytes, so that sealing again after a crash changes nothing.
/// </summary>
public sealed class SealBatch(Frontier frontier, bool replicas)
{
    private readonly List<SealedEntry> _entries = [];

    /// <summary>What was appended.</summary>
    public IReadOnlyList<SealedEntry> Entries => _entries;

    /// <summary>How many of <see cref="Entries"/> are events.</summary>
    public int Events { get; private set; }

    /// <summary>Each event exactly once, each entity's in their order.</summary>
    public static SealVerdict Judge(EntityChain chain, ulong sequenceNr)
        => sequenceNr <= chain.Sealed ? SealVerdict.Known : sequenceNr == chain.Sealed + 1 ? SealVerdict.Next : SealVerdict.Gap;

    /// <summary>Appends the entity's next event; throws when it is not the next.</summary>
    public EntityChain Append(EntityChain chain, EntityKey key, JournaledEvent happened)
    {
        if (Judge(chain, happened.SequenceNr) != SealVerdict.Next)
            throw new ArgumentException($"Event {happened.SequenceNr} of {happened.PersistenceId} does not follow {chain.Sealed}.", nameof(happened));
        var replica = replicas ? key.Encrypt(happened.SequenceNr, happened.Payload) : [];
        var leaf = new EventLeaf(
            key.Tag, happened.SequenceNr, happened.At, chain.Last, Commitment.Payload(key.Salt(happened.SequenceNr), happened.Payload),
            replicas ? MerkleHash.Sha256(replica) : default);
        Events++;
        return new EntityChain(happened.SequenceNr, Append(leaf.ToBytes(), replica));
    }

    /// <summary>Appends an entry about the log itself.</summary>
    public void Append(Leaf leaf) => Append(leaf.ToBytes(), []);

    private MerkleHash Append(byte[] leaf, byte[] replica)
    {
        var hash = MerkleHash.OfLeaf(leaf);
        _entries.Add(new SealedEntry(frontier.Size, leaf, hash, replica));
        frontier.Append(hash);
        return hash;
    }
}

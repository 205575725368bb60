using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Client.Tests.Ledger;

/// <summary>A log in memory: seals events as a hub does, and hands out receipts.</summary>
internal sealed class ReceiptWorld : IDisposable
{
    internal const string Origin = "hub.example/ledger";

    private readonly Dictionary<(int, ulong), MerkleHash> _subtrees = [];
    private readonly Frontier _frontier = new();
    private readonly Dictionary<string, (EntityKey Key, ulong Number, MerkleHash Last)> _entities = [];
    private readonly List<ReceiptEntry> _entries = [];

    internal ReceiptWorld()
    {
        Noise();
    }

    internal static DateTimeOffset Start { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    internal SigningKeyPair LogKey { get; } = SigningKeyPair.FromSeed([1, .. new byte[31]]);

    internal string Vkey => NoteKey.Of(Origin, NoteKeyType.Ed25519, LogKey.PublicKey).ToString();

    internal WitnessPolicy Policy => WitnessPolicy.Only(NoteKey.Parse(Vkey).Value);

    internal List<byte[]> NodeKeys { get; } = [];

    internal void Add(string entity, string manifest, IMessage message) => Add(entity, manifest, message.ToByteArray());

    internal void Add(string entity, string manifest, byte[] payload)
    {
        var (key, number, last) = _entities.TryGetValue(entity, out var known) ? known : (new EntityKey(RandomNumberGenerator.GetBytes(EntityKey.Size), entity), 0UL, default);
        number++;
        var salt = key.Salt(number);
        var leaf = new EventLeaf(
            key.Tag, number, Start.AddSeconds(_frontier.Size), last, Commitment.Payload(salt, new EventPayload(4101, manifest, payload)), default).ToBytes();
        _entries.Add(new ReceiptEntry(_frontier.Size, leaf, [], entity, key.TagKey, number, salt, 4101, manifest, payload));
        _entities[entity] = (key, number, MerkleHash.OfLeaf(leaf));
        Append(leaf);
        Noise();
    }

    internal string Checkpoint() => SignedNote.Sign(new Checkpoint(Origin, _frontier.Size, _frontier.Root()).ToString(), Origin, LogKey).ToString();

    /// <summary>The receipt of everything that was added.</summary>
    internal Receipt Receipt(string subject)
    {
        var builder = new ProofBuilder((level, index) => _subtrees[(level, index)]);
        return new Receipt(
            Shared.Ledger.Receipt.FormatName, subject, Shared.Ledger.Receipt.Final, Origin, Checkpoint(),
            [.. _entries.Select(e => e with { Path = [.. builder.Inclusion(e.Index, _frontier.Size).Select(h => h.ToBytes())] })], NodeKeys);
    }

    public void Dispose()
    {
        LogKey.Dispose();
        foreach (var (key, _, _) in _entities.Values)
            key.Dispose();
    }

    // Other people's entries stand between ours.
    private void Noise() => Append(RandomNumberGenerator.GetBytes(146));

    private void Append(byte[] leaf) => _frontier.Append(MerkleHash.OfLeaf(leaf), (level, index, hash) => _subtrees[(level, index)] = hash);
}

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// tests/golden/leaf-v1.json: entries of every kind with all that went into them (docs/adr/0001-leaf-v1.md), made here and again by
/// tests/interop/leaf.mjs with Node's own crypto. It is frozen: RXELON_WRITE_GOLDEN=1 writes it, and a change of what was there
/// before means that logs can no longer be read. Byte strings are base64; numbers of 64 bits are text.
/// </summary>
public sealed class LeafVectorSpecs
{
    private static readonly string GoldenFile = Repository.PathTo("tests", "golden", "leaf-v1.json");
    private static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);

    private sealed record Vectors(Entity Entity, Event[] Events, Block Block, Rotation Rotation, Beginning[] Beginnings, Foreign Foreign);

    private sealed record Entity(byte[] Key, string PersistenceId, byte[] TagKey, byte[] Tag);

    private sealed record Event(
        string SequenceNr, string Time, int Serializer, string Manifest, byte[] Payload, bool Replicated,
        byte[] Previous, byte[] Salt, byte[] PayloadCommit, byte[] Nonce, byte[] Ciphertext, byte[] CipherHash, byte[] Leaf, byte[] LeafHash);

    private sealed record Block(
        string Height, string Time, string Checkpoint, string PreviousSize, string PreviousEvents, byte[] PreviousBlock, byte[] Leaf, byte[] LeafHash);

    private sealed record Rotation(
        string Time, string OldUntil, string Name, byte[] OldSeed, byte[] NewSeed, string OldKey, string NewKey, byte[] OldSignature, byte[] NewSignature,
        byte[] Leaf, byte[] LeafHash);

    private sealed record Beginning(string Time, string Origin, byte[] Seed, string Succeeds, string Key, byte[] Leaf, byte[] LeafHash);

    private sealed record Foreign(string Time, string Note, byte[] Leaf, byte[] LeafHash);

    [Fact]
    public void The_entries_made_here_are_the_frozen_ones()
    {
        var made = Text(Make());
        if (Environment.GetEnvironmentVariable("RXELON_WRITE_GOLDEN") == "1")
            File.WriteAllText(GoldenFile, made);
        Assert.Equal(File.ReadAllText(GoldenFile), made);
    }

    [Fact]
    public async Task Node_makes_every_byte_of_them_again()
        => Assert.Equal(File.ReadAllText(GoldenFile), Text(await NodeScript.RunAsync<Vectors, Vectors>("leaf.mjs", Golden())));

    [Fact]
    public void Frozen_entries_are_read_and_their_replicas_are_opened()
    {
        var golden = Golden();
        using var entity = new EntityKey(golden.Entity.Key, golden.Entity.PersistenceId);
        byte[][] leaves =
            [.. golden.Events.Select(e => e.Leaf), golden.Block.Leaf, golden.Rotation.Leaf, .. golden.Beginnings.Select(b => b.Leaf), golden.Foreign.Leaf];
        foreach (var bytes in leaves)
        {
            var leaf = Leaf.Parse(bytes).Value;
            Assert.Equal(bytes, leaf.ToBytes());
            Assert.Equal(At, leaf.At);
        }

        Assert.Equal((146, 66), (golden.Events[0].Leaf.Length, golden.Block.Leaf.Length));
        Assert.True(((RotationLeaf)Leaf.Parse(golden.Rotation.Leaf).Value).IsSigned());
        foreach (var e in golden.Events.Where(e => e.Replicated))
        {
            var number = ulong.Parse(e.SequenceNr, CultureInfo.InvariantCulture);
            var opened = entity.Decrypt(number, e.Ciphertext).Value;
            Assert.Equal((e.Serializer, e.Manifest), (opened.Serializer, opened.Manifest));
            Assert.Equal(e.Payload, opened.Event.ToArray());
            Assert.False(entity.Decrypt(number + 1, e.Ciphertext).IsOk);
        }
    }

    private static Vectors Golden() => JsonSerializer.Deserialize<Vectors>(File.ReadAllText(GoldenFile), Plain)!;

    private static string Text(Vectors vectors) => JsonSerializer.Serialize(vectors, Plain) + "\n";

    private static Vectors Make()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        using var entity = new EntityKey(key, "task-t_grün");
        var first = MakeEvent(entity, 1, 77, "task.submitted.1", Filled(90), replicated: true, default);
        // Longer than the least size, so that Padmé rounds it; a number that no double holds.
        var second = MakeEvent(entity, 9_007_199_254_740_993, 78, "task.größe.2", Filled(1_000), replicated: true, MerkleHash.OfLeaf(first.Leaf));
        var third = MakeEvent(entity, ulong.MaxValue, 0, "", [], replicated: false, MerkleHash.OfLeaf(second.Leaf));

        byte[] oldSeed = [11, .. new byte[31]];
        byte[] newSeed = [12, .. new byte[31]];
        using var oldKey = SigningKeyPair.FromSeed(oldSeed);
        using var newKey = SigningKeyPair.FromSeed(newSeed);
        const string Origin = "hub.example/ledger";
        var checkpoint = new Checkpoint(Origin, 3, MerkleHash.OfLeaf(third.Leaf));
        var block = new BlockLeaf(2, At, BlockLeaf.HashOfBlock(checkpoint), checkpoint.Size, 2);
        var rotation = RotationLeaf.Sign(At, At.AddDays(30), Origin, oldKey, newKey);
        var note = SignedNote.Sign(checkpoint.ToString(), Origin, oldKey).ToString();
        var foreign = new ForeignLeaf(At, System.Text.Encoding.UTF8.GetBytes(note));
        return new Vectors(
            new Entity(key, "task-t_grün", entity.TagKey, entity.Tag.ToBytes()),
            [first, second, third],
            new Block(Number(block.Height), Millis(At), checkpoint.ToString(), Number(3), Number(2), block.PreviousBlock.ToBytes(), block.ToBytes(), Hash(block)),
            new Rotation(
                Millis(At), Millis(rotation.OldUntil), Origin, oldSeed, newSeed, rotation.OldKey, rotation.NewKey, rotation.OldSignature, rotation.NewSignature,
                rotation.ToBytes(), Hash(rotation)),
            [MakeBeginning(Origin, oldSeed, ""), MakeBeginning("hub.example/ledger-2", newSeed, note)],
            new Foreign(Millis(At), note, foreign.ToBytes(), Hash(foreign)));
    }

    private static Event MakeEvent(EntityKey entity, ulong number, int serializer, string manifest, byte[] bytes, bool replicated, MerkleHash previous)
    {
        var payload = new EventPayload(serializer, manifest, bytes);
        var (salt, replica) = (entity.Salt(number), replicated ? entity.Encrypt(number, payload) : []);
        var cipherHash = replicated ? MerkleHash.Sha256(replica) : default;
        var leaf = new EventLeaf(entity.Tag, number, At, previous, Commitment.Payload(salt, payload), cipherHash);
        return new Event(
            Number(number), Millis(At), serializer, manifest, bytes, replicated, previous.ToBytes(), salt, leaf.PayloadCommit.ToBytes(),
            replica.AsSpan(0, replicated ? 12 : 0).ToArray(), replica, cipherHash.ToBytes(), leaf.ToBytes(), Hash(leaf));
    }

    private static Beginning MakeBeginning(string origin, byte[] seed, string succeeds)
    {
        using var key = SigningKeyPair.FromSeed(seed);
        var leaf = new BeginningLeaf(At, origin, NoteKey.Of(origin, NoteKeyType.Ed25519, key.PublicKey).ToString(), System.Text.Encoding.UTF8.GetBytes(succeeds));
        return new Beginning(Millis(At), origin, seed, succeeds, leaf.Key, leaf.ToBytes(), Hash(leaf));
    }

    private static byte[] Filled(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private static byte[] Hash(Leaf leaf) => MerkleHash.OfLeaf(leaf.ToBytes()).ToBytes();

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Millis(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}

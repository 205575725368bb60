using System.Buffers.Binary;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// Sigstore's verifier, which shares no code with ours, on our checkpoints and inclusion proofs (tests/interop/ledger.mjs, npm
/// package @sigstore/verify). It compares neither the origin line nor cosignatures, and knows no consistency proofs.
/// </summary>
public sealed class SigstoreSpecs
{
    private const string Name = "hub.example/ledger";

    private sealed record Receipt(
        byte[] Leaf, ulong Index, ulong Size, byte[] Root, byte[][] Path, string Checkpoint, string Name, byte[] KeyId, byte[] PublicKey);

    [Fact]
    public async Task Sigstore_accepts_our_receipts_and_refuses_altered_ones()
    {
        using var key = SigningKeyPair.FromSeed([7, .. new byte[31]]);
        using var other = SigningKeyPair.FromSeed([8, .. new byte[31]]);
        var good = (from size in (int[])[1, 2, 3, 7, 8, 70, 257, 1000]
                    from index in (int[])[0, size / 2, size - 1]
                    select Make(key, size, (ulong)index)).ToList();
        var some = Make(key, 70, 13);
        List<Receipt> bad =
        [
            some with { Leaf = [.. some.Leaf, 0] },
            some with { Index = 12 },
            some with { Path = [.. some.Path.Skip(1)] },
            some with { Path = [.. some.Path, some.Path[0]] },
            some with { Checkpoint = Make(key, 71, 13).Checkpoint },
            some with { Checkpoint = some.Checkpoint.Replace("\n70\n", "\n71\n", StringComparison.Ordinal) },
            some with { PublicKey = other.PublicKey },
        ];

        var verdicts = await NodeScript.RunAsync<Receipt[], string?[]>("ledger.mjs", [.. good, .. bad]);

        Assert.All(verdicts.Take(good.Count), Assert.Null);
        Assert.All(verdicts.Skip(good.Count), Assert.NotNull);
        Assert.Equal(good.Count + bad.Count, verdicts.Length);
    }

    private static Receipt Make(SigningKeyPair key, int size, ulong index)
    {
        var (builder, roots, _) = MerkleSpecs.Tree(size);
        var note = SignedNote.Sign(new Checkpoint(Name, (ulong)size, roots[size]).ToString(), Name, key);
        var keyId = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(keyId, note.Signatures[0].KeyId);
        return new Receipt(
            BitConverter.GetBytes((int)index), index, (ulong)size, roots[size].ToBytes(),
            [.. builder.Inclusion(index, (ulong)size).Select(h => h.ToBytes())], note.ToString(), Name, keyId, key.PublicKey);
    }
}

using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Bench.Rows;

/// <summary>The ledger's tree alone: appending leaves and gathering their tiles, making inclusion proofs from tiles, checking receipts.</summary>
internal sealed class LedgerRow : IBenchRow
{
    private const string Origin = "bench.example/ledger";
    private const int LeafSize = 146;

    public string Name => "ledger";

    public string About => "the ledger's tree: leaves and tiles, proofs, receipts";

    public Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var leaves = run.Quick ? 200_000 : 10_000_000;
        run.Say($"{leaves} leaves");
        var before = GC.GetTotalMemory(true);
        var tiles = new TileCounter();
        var load = new Load();
        Append(leaves, tiles, cancel);
        var rate = leaves / load.Seconds;
        var grown = (GC.GetTotalMemory(true) - before) / 1048576.0;

        var levels = Levels(run.Quick ? 20_000 : 1_000_000);
        var size = (ulong)levels[0].Length;
        ArraySegment<MerkleHash> Read(Tile t) => new(levels[t.Level], (int)t.Number * Tile.FullWidth, t.Width);
        var proofs = run.Quick ? 500 : 20_000;
        var builder = new ProofBuilder((level, index) => Tile.Subtree(level, index, size, t => Read(t)));
        var anew = Proofs(builder, size, proofs / 5, i => i * 49);
        var inOrder = Proofs(new TileTree(t => Read(t)).At(size), size, proofs, i => i * 49);
        // A multiplier that is prime to the size: hardly two neighbours are in one tile, most of which do not fit the capacity.
        var scattered = Proofs(new TileTree(t => Read(t)).At(size), size, proofs, i => i * 618_033);

        return Task.FromResult(new RowResult(
            [
                new Figure($"{leaves} leaves: hashed, appended, tiles full", "1/s", [rate], Target.Least(300_000)),
                new Figure("  memory kept afterwards", "MiB", [grown]),
                new Figure($"inclusion proofs in a tree of {size}, from tiles, in order", "1/s", [inOrder], Target.Least(5_000)),
                new Figure("  scattered, with most tiles of level 0 read and hashed for one proof", "1/s", [scattered]),
                new Figure("  with every inner node hashed anew", "1/s", [anew]),
                new Figure("receipt with one log signature: parse and verify", "ms", Verify(builder, size, run.Times(500, 20)), Target.Most(2)),
            ],
            [$"Leaves of {LeafSize} bytes, in memory: no database and no disk. {tiles.Full} full tiles went by."]));
    }

    private static double Proofs(ProofBuilder builder, ulong size, int count, Func<ulong, ulong> place)
    {
        var load = new Load();
        for (var i = 0UL; i < (ulong)count; i++)
            _ = builder.Inclusion(place(i) % size, size);
        return count / load.Seconds;
    }

    private static void Append(int leaves, TileCounter tiles, CancellationToken cancel)
    {
        var frontier = new Frontier();
        Span<byte> leaf = stackalloc byte[LeafSize];
        for (var i = 0; i < leaves; i++)
        {
            BitConverter.TryWriteBytes(leaf, i);
            frontier.Append(MerkleHash.OfLeaf(leaf), tiles.Take);
            if ((i & 0xfffff) == 0)
                cancel.ThrowIfCancellationRequested();
        }
    }

    private static MerkleHash[][] Levels(int leaves)
    {
        var levels = new List<List<MerkleHash>>();
        var frontier = new Frontier();
        for (var i = 0; i < leaves; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(BitConverter.GetBytes(i)), (level, _, hash) =>
            {
                if (level % 8 != 0)
                    return;
                while (levels.Count <= level / 8)
                    levels.Add([]);
                levels[level / 8].Add(hash);
            });
        }

        return [.. levels.Select(l => l.ToArray())];
    }

    private static List<double> Verify(ProofBuilder builder, ulong size, int times)
    {
        using var key = SigningKeyPair.Generate();
        var policy = WitnessPolicy.Only(NoteKey.Of(Origin, NoteKeyType.Ed25519, key.PublicKey));
        var note = SignedNote.Sign(new Checkpoint(Origin, size, builder.Root(size)).ToString(), Origin, key);
        var receipt = System.Text.Encoding.UTF8.GetBytes(new TlogProof(null, 12_345, builder.Inclusion(12_345, size), note).ToString());
        var leaf = BitConverter.GetBytes(12_345);
        var millis = new List<double>();
        for (var i = -10; i < times; i++)
        {
            var load = new Load();
            var verified = TlogProof.Parse(receipt).Value.Verify(leaf, policy);
            if (!verified.IsOk)
                throw new InvalidDataException($"The receipt does not verify: {verified.Fault}");
            if (i >= 0)
                millis.Add(load.Seconds * 1000);
        }

        return millis;
    }

    /// <summary>Gathers the hashes of each level's open tile and lets go of it when it is full, as the writer of tiles does.</summary>
    private sealed class TileCounter
    {
        private readonly List<MerkleHash>[] _open = [.. Enumerable.Range(0, Tile.MaxLevel / 8 + 1).Select(_ => new List<MerkleHash>(Tile.FullWidth))];

        internal long Full { get; private set; }

        internal void Take(int level, ulong index, MerkleHash hash)
        {
            if (level % 8 != 0)
                return;
            var tile = _open[level / 8];
            tile.Add(hash);
            if (tile.Count < Tile.FullWidth)
                return;
            tile.Clear();
            Full++;
        }
    }
}

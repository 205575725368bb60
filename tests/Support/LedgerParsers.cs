using System.Globalization;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Testing;

/// <summary>
/// A parser of the ledger that reads what strangers send: valid inputs to begin with, and what is asked of every input. It throws
/// when the parser does, or when an accepted input is not written back as it was read.
/// </summary>
/// <param name="Accepts">False: the parser refused.</param>
internal sealed record LedgerParser(string Name, IReadOnlyList<byte[]> Valid, Func<byte[], bool> Accepts)
{
    private const string Origin = "hub.example/ledger";
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(20_000);

    /// <summary>All of them, over a small log of its own.</summary>
    internal static IReadOnlyList<LedgerParser> All()
    {
        var (log, witness) = (SigningKeyPair.FromSeed([1, .. new byte[31]]), SigningKeyPair.FromSeed([2, .. new byte[31]]));
        var logKey = NoteKey.Of(Origin, NoteKeyType.Ed25519, log.PublicKey);
        var witnessKey = NoteKey.Of("w.example", NoteKeyType.Cosignature, witness.PublicKey);
        var policyText = $"# who\nlog {logKey} https://{Origin}\nwitness w {witnessKey}\ngroup g any w\ngroup h 1 g\nquorum h\n";
        var policy = WitnessPolicy.Parse(policyText).Value;

        var entity = new EntityKey([3, .. new byte[31]], "task-t_1");
        var payload = new EventPayload(77, "task.submitted.1", Enumerable.Range(0, 90).Select(i => (byte)i).ToArray());
        var replica = entity.Encrypt(1, payload);
        var commit = Commitment.Payload(entity.Salt(1), payload);
        var cipher = MerkleHash.Sha256(replica);
        Leaf[] leaves =
        [
            new BeginningLeaf(At, Origin, logKey.ToString(), []),
            new EventLeaf(entity.Tag, 1, At, default, commit, cipher),
            new BlockLeaf(2, At, cipher, 2, 1),
            RotationLeaf.Sign(At, At.AddDays(7), Origin, log, witness),
            new ForeignLeaf(At, "a\n1\nnone\n\n— a AAAAAAA=\n"u8.ToArray()),
        ];
        var (builder, frontier) = Tree(leaves);
        var checkpoint = new Checkpoint(Origin, frontier.Size, frontier.Root());
        var note = SignedNote.Sign(checkpoint.ToString(), Origin, log);
        note = note.With(Cosignature.Sign(note.Text, "w.example", witness, At));
        var path = builder.Inclusion(1, frontier.Size);
        var receipt = new Receipt(
            Receipt.FormatName, "t_1", Receipt.Final, Origin, note.ToString(),
            [new ReceiptEntry(1, leaves[1].ToBytes(), [.. path.Select(h => h.ToBytes())], "task-t_1", entity.TagKey, 1, entity.Salt(1), 77, payload.Manifest, payload.Event.ToArray())],
            [new byte[32]]);

        return
        [
            new("signed-note", [note.ToBytes()], input => SignedNote.Parse(input) is { IsOk: true, Value: var read } && Same(input, read.ToBytes())),
            Text("checkpoint", [checkpoint.ToString(), checkpoint + "extension\n", new Checkpoint("a", 0, MerkleHash.EmptyRoot).ToString()],
                text => Checkpoint.Parse(text) is { IsOk: true, Value: var read } && Same(text, read.ToString())),
            Text("note-key", [logKey.ToString(), witnessKey.ToString()], text => NoteKey.Parse(text) is { IsOk: true, Value: var read } && Same(text, read.ToString())),
            Text("tile-path", ["tile/0/000", "tile/3/x001/x234/067.p/5", "tile/entries/x001/067.p/255", "tile/63/x072/x057/x594/x037/x927/935"],
                text => Tile.Parse(text) is { IsOk: true, Value: var read } && Same(text, read.Entries ? read.Tile.EntriesPath : read.Tile.Path)),
            new("entry-bundle", [Counted([]), Counted([.. leaves.Select(l => l.ToBytes())]), Counted([[], [], [1]])], Bundle),
            new("tlog-proof", [.. ((byte[]?[])[null, [1, 2, 3]]).Select(x => Encoding.UTF8.GetBytes(new TlogProof(x, 1, path, note).ToString()))],
                input => TlogProof.Parse(input) is { IsOk: true, Value: var read } && Same(input, Encoding.UTF8.GetBytes(read.ToString()))),
            Text("witness-policy", [policyText, $"log {logKey}\nquorum none\n"], text => WitnessPolicy.Parse(text).IsOk),
            new("frontier", [frontier.ToBytes(), new Frontier().ToBytes()], input => Frontier.Read(input) is { IsOk: true, Value: var read } && Same(input, read.ToBytes())),
            new("leaf", [.. leaves.Select(l => l.ToBytes())], input => Leaf.Parse(input) is { IsOk: true, Value: var read } && Same(input, read.ToBytes())),
            new("event-payload", [payload.ToBytes(), [.. payload.ToBytes(), 0, 0]],
                input => EventPayload.Read(input) is { IsOk: true, Value: var read } && Same(input.AsSpan(0, Math.Min(input.Length, read.ToBytes().Length)), read.ToBytes())),
            new("replica", [replica], input => entity.Decrypt(1, input) is { IsOk: true, Value: var read } && Same(input, entity.Encrypt(1, read))),
            new("receipt", [receipt.ToBytes(), (receipt with { Status = Receipt.Pending, Checkpoint = "", Entries = [] }).ToBytes()], input => Whole(input, policy)),
        ];
    }

    private static LedgerParser Text(string name, string[] valid, Func<string, bool> accepts)
        => new(name, [.. valid.Select(Encoding.UTF8.GetBytes)], input => accepts(Encoding.UTF8.GetString(input)));

    private static (ProofBuilder Builder, Frontier Frontier) Tree(Leaf[] leaves)
    {
        var nodes = new Dictionary<(int, ulong), MerkleHash>();
        var frontier = new Frontier();
        foreach (var leaf in leaves)
            frontier.Append(MerkleHash.OfLeaf(leaf.ToBytes()), (level, index, hash) => nodes[(level, index)] = hash);
        return (new ProofBuilder((level, index) => nodes[(level, index)]), frontier);
    }

    // How many entries there should be is said by whoever asks: here by the first two bytes.
    private static byte[] Counted(byte[][] entries) => [(byte)(entries.Length >> 8), (byte)entries.Length, .. EntryBundle.Write(entries)];

    private static bool Bundle(byte[] input)
        => input is [var high, var low, ..] && EntryBundle.Read(input.AsSpan(2), (high << 8) | low) is { IsOk: true, Value: var read }
            && Same(input.AsSpan(2), EntryBundle.Write(read));

    // JSON may be spelt in many ways: what is written of it is read again as the same.
    private static bool Whole(byte[] input, WitnessPolicy policy)
    {
        if (Receipt.Parse(input) is not { IsOk: true, Value: var read })
            return false;
        var written = read.ToBytes();
        _ = read.Verify(policy);
        return Same(written, Receipt.Parse(written).Value.ToBytes());
    }

    private static bool Same(string read, string written) => Same(Encoding.UTF8.GetBytes(read), Encoding.UTF8.GetBytes(written));

    private static bool Same(ReadOnlySpan<byte> read, ReadOnlySpan<byte> written)
        => read.SequenceEqual(written)
            ? true
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{read.Length} bytes were accepted and written back as {written.Length} others."));
}

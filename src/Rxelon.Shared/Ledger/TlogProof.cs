using System.Globalization;
using System.Text;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// A proof that needs nobody's help to check: an index, the path to the root, and the signed checkpoint (C2SP tlog-proof, draft
/// v1; file name *.tlog-proof). <paramref name="Extra"/> is carried along and proves nothing by itself.
/// </summary>
public sealed record TlogProof(byte[]? Extra, ulong Index, IReadOnlyList<MerkleHash> Path, SignedNote Checkpoint)
{
    private const string Header = "c2sp.org/tlog-proof@v1";

    // A path through a tree of 2^63 leaves; more is nonsense.
    private const int MaxPath = 63;

    /// <summary>Reads a proof's form; nothing is verified. Fault: malformed or too-large.</summary>
    public static Outcome<TlogProof> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 2 * SignedNote.MaxBytes)
            return new Fault(FaultCodes.TooLarge, "The proof is too large.", Culprit.Input);
        var end = bytes.IndexOf("\n\n"u8);
        if (end < 0)
            return Malformed("A proof is a path, a blank line and a checkpoint.");
        var lines = Encoding.UTF8.GetString(bytes[..end]).Split('\n');
        var at = 0;
        if (lines[at++] != Header)
            return Malformed($"A proof begins with {Header}.");
        byte[]? extra = null;
        if (at < lines.Length && lines[at].StartsWith("extra ", StringComparison.Ordinal) && (extra = StrictBase64.Decode(lines[at++].AsSpan(6))) is null)
            return Malformed("The proof's extra data is no base64.");
        if (at == lines.Length || !lines[at].StartsWith("index ", StringComparison.Ordinal)
            || !ulong.TryParse(lines[at].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || lines[at] != string.Create(CultureInfo.InvariantCulture, $"index {index}"))
            return Malformed("The proof's index is missing or no number.");
        var path = new List<MerkleHash>();
        foreach (var line in lines[(at + 1)..])
        {
            if (path.Count == MaxPath || !MerkleHash.TryParse(line, out var hash))
                return Malformed("The proof's path is at most 63 hashes of 32 bytes in base64.");
            path.Add(hash);
        }

        var note = SignedNote.Parse(bytes[(end + 2)..]);
        return note.Fault is { } fault ? fault : new TlogProof(extra, index, path, note.Value);
    }

    /// <summary>
    /// The checkpoint, when the leaf is in its tree and the policy holds. Fault: bad-signature, proof-failed, malformed, or
    /// not-yet while witnesses are missing.
    /// </summary>
    public Outcome<Checkpoint> Verify(ReadOnlySpan<byte> leaf, WitnessPolicy policy)
    {
        var checkpoint = policy.Check(Checkpoint);
        if (checkpoint.Fault is { } fault)
            return fault;
        return MerkleProofs.Includes(Index, checkpoint.Value.Size, MerkleHash.OfLeaf(leaf), Path, checkpoint.Value.Root)
            ? checkpoint
            : new Fault(FaultCodes.ProofFailed, $"Entry {Index} of {checkpoint.Value.Origin} is not this one.", Culprit.Input);
    }

    /// <summary>The proof's file.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Header).Append('\n');
        if (Extra is not null)
            text.Append("extra ").Append(Convert.ToBase64String(Extra)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (var hash in Path)
            text.Append(hash).Append('\n');
        return text.Append('\n').Append(Checkpoint).ToString();
    }

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}

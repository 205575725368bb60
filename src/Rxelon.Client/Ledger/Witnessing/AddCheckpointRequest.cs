using System.Globalization;
using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>
/// What a log asks of a witness (C2SP tlog-witness v1.0.0, add-checkpoint): the size that the witness saw last, the proof from
/// there, and the new checkpoint. Text: <c>old N</c>, a hash a line, a blank line, the note.
/// </summary>
/// <param name="Old">Size that the proof begins at.</param>
/// <param name="Proof">Consistency proof; empty when Old is 0.</param>
/// <param name="Note">The checkpoint with its signatures.</param>
/// <param name="Checkpoint">The note's text, read.</param>
public sealed record AddCheckpointRequest(ulong Old, IReadOnlyList<MerkleHash> Proof, SignedNote Note, Checkpoint Checkpoint)
{
    /// <summary>Bytes of a request at most: a note, and 63 hashes.</summary>
    public const int MaxBytes = SignedNote.MaxBytes + (8 * 1024);

    private const int MaxProof = 63;
    private const int MaxHead = 4 * 1024;

    /// <summary>Reads a request's form. Fault: malformed or too-large.</summary>
    public static Outcome<AddCheckpointRequest> Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length > MaxBytes)
            return new Fault(FaultCodes.TooLarge, $"A request has at most {MaxBytes} bytes.", Culprit.Input);
        var end = body.IndexOf("\n\n"u8);
        if (end is < 0 or > MaxHead)
            return Malformed("A request is 'old N', a proof, a blank line and a checkpoint.");
        var lines = Encoding.UTF8.GetString(body[..end]).Split('\n');
        if (!lines[0].StartsWith("old ", StringComparison.Ordinal)
            || !ulong.TryParse(lines[0].AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var old)
            || lines[0] != string.Create(CultureInfo.InvariantCulture, $"old {old}"))
            return Malformed("The first line is 'old' and a size without leading zeros.");
        var proof = new List<MerkleHash>();
        foreach (var line in lines.Skip(1))
        {
            if (proof.Count == MaxProof || !MerkleHash.TryParse(line, out var hash))
                return Malformed($"A proof is at most {MaxProof} hashes of 32 bytes in base64.");
            proof.Add(hash);
        }

        var note = SignedNote.Parse(body[(end + 2)..]);
        if (note.Fault is { } unread)
            return unread;
        var checkpoint = Checkpoint.Parse(note.Value.Text);
        return checkpoint.Fault is { } fault ? fault : new AddCheckpointRequest(old, proof, note.Value, checkpoint.Value);
    }

    /// <summary>The request's bytes.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"old {Old}\n{string.Concat(Proof.Select(hash => $"{hash}\n"))}\n{Note}"));

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}

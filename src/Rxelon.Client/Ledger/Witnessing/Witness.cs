using System.Globalization;
using System.Text;
using Rxelon.Shared.Ledger;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>What a witness answers: an HTTP status, a content type, a body.</summary>
public sealed record WitnessAnswer(int Status, string ContentType, byte[] Body)
{
    internal const string Text = "text/plain; charset=utf-8";

    internal static WitnessAnswer Say(int status, string text) => new(status, Text, Encoding.UTF8.GetBytes(text + "\n"));
}

/// <summary>
/// The protocol of a witness without its HTTP: C2SP tlog-witness v1.0.0, and the read side of its main branch. Comparing with the
/// last state and replacing it is one step for each log, and it is on disk before the answer leaves. Safe for concurrent use.
/// </summary>
public sealed class Witness(WitnessStore store, TimeProvider time)
{
    /// <summary>Where requests go, below the witness's prefix.</summary>
    public const string SubmissionPath = "add-checkpoint";

    private const string SizeType = "text/x.tlog.size";

    /// <summary>
    /// POST add-checkpoint. 200 with the cosignature; 400 malformed, or a proof from a size beyond the checkpoint; 403 no trusted
    /// signature, one that fails, or a log that was succeeded; 404 unknown log; 409 with the last size when the proof does not begin
    /// there, also for another root at the same size, which is kept as evidence; 422 the proof fails, or is there when the old size is 0.
    /// </summary>
    public WitnessAnswer AddCheckpoint(ReadOnlySpan<byte> body)
    {
        var parsed = AddCheckpointRequest.Parse(body);
        if (parsed.Fault is { } malformed)
            return WitnessAnswer.Say(400, malformed.Message);
        var request = parsed.Value;
        if (store.Find(request.Checkpoint.Origin) is not { } log)
            return WitnessAnswer.Say(404, "unknown log");
        if (request.Note.Verify(log.Keys).Fault is { } unsigned)
            return WitnessAnswer.Say(403, $"invalid signature: {unsigned.Message}");
        if (request.Old > request.Checkpoint.Size)
            return WitnessAnswer.Say(400, "The proof begins behind the checkpoint.");
        lock (log.Gate)
            return Answer(log, request);
    }

    /// <summary>GET hex-sha256-of-origin/checkpoint: the note that was cosigned last; 404 when there is none.</summary>
    public WitnessAnswer Latest(string id) => store.FindById(id)?.Note is { } note
        ? new WitnessAnswer(200, WitnessAnswer.Text, note.ToBytes())
        : WitnessAnswer.Say(404, "unknown log");

    private WitnessAnswer Answer(WitnessedLog log, AddCheckpointRequest request)
    {
        if (log.Successor is { } successor)
            return WitnessAnswer.Say(403, $"This log has ended here: {successor} succeeded it.");
        var (last, seen) = (log.Last, request.Checkpoint);
        // Two roots of one size, both signed, are a fork whatever the request says of proofs.
        if (last is not null && last.Size == seen.Size && last.Root != seen.Root)
        {
            Keep("fork", string.Create(CultureInfo.InvariantCulture, $"{log.Origin} signed two trees of {seen.Size} entries."), log, request);
            return Conflict(log);
        }

        if (request.Old != log.Size)
            return Conflict(log);
        if (!Proves(log, request))
        {
            Keep("unproven", string.Create(CultureInfo.InvariantCulture, $"{log.Origin} signed {seen.Size} entries and did not show that they begin with the {log.Size} cosigned ones."), log, request);
            return WitnessAnswer.Say(422, "The consistency proof does not hold.");
        }

        var cosignature = store.Key.Cosign(request.Note.Text, time.GetUtcNow());
        // Only lines that were checked are passed on: the log's, and this one.
        var signed = request.Note.Signatures.Where(s => log.Keys.Any(k => k.Name == s.Name && k.Id == s.KeyId));
        store.Advance(log, new SignedNote(request.Note.Text, [.. signed, cosignature]), seen);
        return new WitnessAnswer(200, WitnessAnswer.Text, Encoding.UTF8.GetBytes($"{cosignature}\n"));
    }

    private static bool Proves(WitnessedLog log, AddCheckpointRequest request)
        => request.Old == 0
            ? request.Proof.Count == 0
            : MerkleProofs.Extends(log.Size, log.Last!.Root, request.Checkpoint.Size, request.Checkpoint.Root, request.Proof);

    private static WitnessAnswer Conflict(WitnessedLog log)
        => new(409, SizeType, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{log.Size}\n")));

    private void Keep(string kind, string why, WitnessedLog log, AddCheckpointRequest request)
        => store.Evidence.Keep(kind, log.Note?.Text + request.Note.Text, why, ("kept.note", log.Note?.ToBytes() ?? []), ("request", request.ToBytes()));
}

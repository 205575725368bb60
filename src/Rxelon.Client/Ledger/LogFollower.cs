using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>What a log's newest checkpoint is, compared with the one that was kept.</summary>
public enum FollowChange
{
    /// <summary>None was kept.</summary>
    First,

    /// <summary>The same tree.</summary>
    Unchanged,

    /// <summary>A larger one that begins with it.</summary>
    Newer,

    /// <summary>A smaller one with which the kept one begins: the source lags behind.</summary>
    Behind,
}

/// <summary>
/// A checkpoint that passed: its note, its log, the one kept before, and how they compare. When the source lags behind, the log
/// is still the one that was kept.
/// </summary>
public sealed record FollowStep(FollowChange Change, SignedNote Note, VerifiedLog Log, Checkpoint? Before)
{
    /// <summary>Size and root.</summary>
    public Checkpoint Checkpoint => Log.Checkpoint;

    internal KnownKeys Keys { get; init; } = KnownKeys.Of([]);

    // The entries behind the one before were looked at already.
    internal bool Scanned { get; init; }
}

/// <summary>
/// Follows one log: keeps its last checkpoint and demands that every other one is consistent with it. When that fails, both
/// notes are kept as evidence and the fault is <c>ledger-fork</c> or <c>ledger-rolled-back</c>. New keys are learned from
/// rotation entries that a known key signed. The origin is the name of the policy's log keys.
/// </summary>
/// <param name="folder">For what is kept; one for each log (see <see cref="FolderOf"/>).</param>
/// <param name="reader">The log.</param>
/// <param name="policy">Its keys, and the witnesses that must have vouched.</param>
/// <param name="time">When keys retire.</param>
/// <param name="checkpointFile">Where the last note lies, when not in the folder.</param>
public sealed class LogFollower(string folder, LogReader reader, WitnessPolicy policy, TimeProvider time, string? checkpointFile = null)
{
    private const int MaxKeys = 1024 * 1024;

    private readonly string _checkpointFile = checkpointFile ?? Path.Combine(folder, LogReader.CheckpointPath);
    private readonly string _keysFile = Path.Combine(folder, "keys");
    private readonly Evidence _evidence = new(Path.Combine(folder, "evidence"));

    /// <summary>The log's name.</summary>
    public string Origin { get; } = policy.Logs[0].Name;

    /// <summary>A log's own folder among others: the hex SHA-256 of its origin.</summary>
    public static string FolderOf(string parent, string origin)
        => Path.Combine(parent, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin))));

    /// <summary>The checkpoint that was kept last; null when there is none.</summary>
    public Checkpoint? Kept() => KeptNote() is { } note ? Checkpoint.Parse(note.Text).Value : null;

    /// <summary>Looks once, looks through the new entries, and keeps the checkpoint.</summary>
    public async Task<Outcome<FollowStep>> FollowAsync(CancellationToken ct = default)
    {
        var taken = FolderLock.Take(folder);
        if (taken.Fault is { } busy)
            return busy;
        using (taken.Value)
        {
            var step = await LookAsync(ct).ConfigureAwait(false);
            if (step.Fault is not null)
                return step;
            if (step.Value is { Change: FollowChange.Newer, Scanned: false, Before: { } before }
                && await new EntryScan(step.Value.Log, step.Value.Keys).ReadAsync(before.Size, ct).ConfigureAwait(false) is { } fault)
                return fault;
            Keep(step.Value);
            return step;
        }
    }

    /// <summary>
    /// The newest checkpoint, checked in every way; nothing is kept but evidence. Faults: bad-signature, not-yet (quorum),
    /// proof-failed, malformed, unavailable, ledger-fork, ledger-rolled-back.
    /// </summary>
    public async Task<Outcome<FollowStep>> LookAsync(CancellationToken ct = default)
    {
        var note = await reader.CheckpointAsync(ct).ConfigureAwait(false);
        if (note.Fault is { } unread)
            return unread;
        var claimed = Checkpoint.Parse(note.Value.Text);
        if (claimed.Fault is { } malformed)
            return malformed;
        if (claimed.Value.Origin != Origin)
            return new Fault(FaultCodes.BadSignature, $"{reader.Name} is the log of {claimed.Value.Origin} and not of {Origin}.", Culprit.Hub);
        if (File.Exists(_checkpointFile) && KeptNote() is null)
            return new Fault(FaultCodes.Malformed, $"{_checkpointFile} is damaged, or not of {Origin}: move it away to begin anew without it.", Culprit.Input);
        var keys = KnownKeys.Of(policy.Logs, DurableFile.Read(_keysFile, MaxKeys));
        var check = Check(note.Value, keys);
        if (check.IsOk)
            return await CompareAsync(note.Value, claimed.Value, keys, ct).ConfigureAwait(false);
        // The key may have changed while nobody looked: entries that a known key signed would say so.
        return check.Fault is { Code: FaultCodes.BadSignature } && Kept() is { } before && before.Size < claimed.Value.Size
            ? await LearnAsync(note.Value, claimed.Value, before, keys.Copy(), check.Fault, ct).ConfigureAwait(false)
            : check.Fault!;
    }

    /// <summary>Keeps a step's checkpoint and keys, unless the kept one is newer.</summary>
    internal void Keep(FollowStep step)
    {
        if (step.Change == FollowChange.Behind)
            return;
        DurableFile.Write(_keysFile, step.Keys.ToBytes());
        DurableFile.Write(_checkpointFile, step.Note.ToBytes());
    }

    private async Task<Outcome<FollowStep>> LearnAsync(
        SignedNote note, Checkpoint claimed, Checkpoint before, KnownKeys keys, Fault unsigned, CancellationToken ct)
    {
        var log = await VerifiedLog.OpenAsync(reader, claimed, ct).ConfigureAwait(false);
        if (log.Fault is not null)
            return unsigned;
        var proof = await log.Value.ConsistencyAsync(before.Size, ct).ConfigureAwait(false);
        if (proof.Fault is not null || !Continues(before, claimed, proof.Value)
            || await new EntryScan(log.Value, keys).ReadAsync(before.Size, ct).ConfigureAwait(false) is not null)
            return unsigned;
        var check = Check(note, keys);
        return check.Fault is { } still
            ? still
            : new FollowStep(FollowChange.Newer, note, log.Value, before) { Keys = keys, Scanned = true };
    }

    private async Task<Outcome<FollowStep>> CompareAsync(SignedNote note, Checkpoint seen, KnownKeys keys, CancellationToken ct)
    {
        var keptNote = KeptNote();
        var kept = keptNote is null ? null : Checkpoint.Parse(keptNote.Text).Value;
        if (kept is not null && seen.Size < kept.Size)
            return await LookBackAsync(note, seen, keptNote!, kept, keys, ct).ConfigureAwait(false);
        if (kept is not null && seen.Size == kept.Size && seen.Root != kept.Root)
            return Fork(note, seen, keptNote!, kept, null);
        var log = await VerifiedLog.OpenAsync(reader, seen, ct).ConfigureAwait(false);
        if (log.Fault is { } fault)
            return fault;
        if (kept is null || kept.Size == seen.Size)
            return new FollowStep(kept is null ? FollowChange.First : FollowChange.Unchanged, note, log.Value, kept) { Keys = keys };
        var proof = await log.Value.ConsistencyAsync(kept.Size, ct).ConfigureAwait(false);
        if (proof.Fault is { } unproven)
            return unproven;
        return Continues(kept, seen, proof.Value)
            ? new FollowStep(FollowChange.Newer, note, log.Value, kept) { Keys = keys }
            : Fork(note, seen, keptNote!, kept, proof.Value);
    }

    // A smaller tree is no offence when the kept one can still be seen and begins with it.
    private async Task<Outcome<FollowStep>> LookBackAsync(
        SignedNote note, Checkpoint seen, SignedNote keptNote, Checkpoint kept, KnownKeys keys, CancellationToken ct)
    {
        var log = await VerifiedLog.OpenAsync(reader, kept, ct).ConfigureAwait(false);
        if (log.IsOk)
        {
            var proof = await log.Value.ConsistencyAsync(seen.Size, ct).ConfigureAwait(false);
            if (proof.IsOk)
                return Continues(seen, kept, proof.Value)
                    ? new FollowStep(FollowChange.Behind, note, log.Value, kept) { Keys = keys }
                    : Fork(note, seen, keptNote, kept, proof.Value);
        }

        if (log.Fault is { Code: FaultCodes.Unavailable } unreachable)
            return unreachable;
        var why = string.Create(CultureInfo.InvariantCulture, $"{Origin} had {kept.Size} entries and has {seen.Size} now, and does not show the others.");
        var place = _evidence.Keep("rolled-back", keptNote.Text + note.Text, why, ("kept.note", keptNote.ToBytes()), ("seen.note", note.ToBytes()));
        return new Fault(FaultCodes.LedgerRolledBack, $"{why} Both checkpoints are in {place}.", Culprit.Hub);
    }

    private Fault Fork(SignedNote note, Checkpoint seen, SignedNote keptNote, Checkpoint kept, MerkleHash[]? proof)
    {
        var why = kept.Size == seen.Size
            ? string.Create(CultureInfo.InvariantCulture, $"{Origin} signed two trees of {seen.Size} entries.")
            : string.Create(CultureInfo.InvariantCulture, $"{Origin} signed a tree of {seen.Size} entries and one of {kept.Size} that do not begin alike.");
        var files = new List<(string, byte[])> { ("kept.note", keptNote.ToBytes()), ("seen.note", note.ToBytes()) };
        if (proof is not null)
            files.Add(("proof", Encoding.UTF8.GetBytes(string.Concat(proof.Select(hash => $"{hash}\n")))));
        var place = _evidence.Keep("fork", keptNote.Text + note.Text, why, [.. files]);
        return new Fault(FaultCodes.LedgerFork, $"{why} The evidence is in {place}.", Culprit.Hub);
    }

    private Outcome<Checkpoint> Check(SignedNote note, KnownKeys keys) => policy.WithLogs(keys.At(time.GetUtcNow())).Check(note);

    // Every tree begins with the one that has no entries.
    private static bool Continues(Checkpoint older, Checkpoint newer, MerkleHash[] proof)
        => older.Size == 0 || MerkleProofs.Extends(older.Size, older.Root, newer.Size, newer.Root, proof);

    private SignedNote? KeptNote()
        => DurableFile.Read(_checkpointFile, SignedNote.MaxBytes) is { } bytes && SignedNote.Parse(bytes) is { IsOk: true, Value: var note }
            && Checkpoint.Parse(note.Text) is { IsOk: true, Value: var kept } && kept.Origin == Origin ? note : null;
}

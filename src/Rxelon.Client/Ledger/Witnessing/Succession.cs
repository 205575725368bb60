using System.Globalization;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>
/// Accepts one log as the successor of another that was lost (docs/design/ledger.md). That it happens is a person's decision;
/// that it happens once, and goes on exactly where this witness last saw the old log, is what is held here.
/// </summary>
public static class Succession
{
    /// <summary>The beginning of a log, read from where it is published, with its path to the newest checkpoint.</summary>
    public static async Task<Outcome<(TlogProof Proof, byte[] Entry)>> ReadAsync(LogReader reader, CancellationToken ct = default)
    {
        var note = await reader.CheckpointAsync(ct).ConfigureAwait(false);
        if (note.Fault is { } unread)
            return unread;
        var checkpoint = Checkpoint.Parse(note.Value.Text);
        if (checkpoint.Fault is { } malformed)
            return malformed;
        var log = await VerifiedLog.OpenAsync(reader, checkpoint.Value, ct).ConfigureAwait(false);
        if (log.Fault is { } wrong)
            return wrong;
        var first = await log.Value.EntryAsync(0, ct).ConfigureAwait(false);
        return first.Fault is { } missing ? missing : (new TlogProof(null, 0, first.Value.Path, note.Value), first.Value.Entry);
    }

    /// <summary>
    /// Ends the old log and takes the new one in, bound to the tree that was shown; the same successor again changes nothing.
    /// Faults: malformed, bad-signature, proof-failed; not-found for an old log that is not known here; conflict when it is at
    /// another place, or has another successor, which is kept as evidence.
    /// </summary>
    public static Outcome<WitnessedLog> Accept(WitnessStore store, TlogProof proof, byte[] entry, TimeProvider time)
    {
        if (Leaf.Parse(entry) is not { IsOk: true, Value: BeginningLeaf beginning } || proof.Index != 0 || beginning.Succeeds.Length == 0)
            return new Fault(FaultCodes.Malformed, "Entry 0 of that log names no log that it succeeds.", Culprit.Input);
        var key = NoteKey.Parse(beginning.Key);
        if (key.Fault is { } bad)
            return bad;
        if (key.Value.Type != NoteKeyType.Ed25519)
            return new Fault(FaultCodes.Malformed, "The new log's key is of type 1.", Culprit.Input);
        var began = proof.Verify(entry, WitnessPolicy.Only(key.Value));
        if (began.Fault is { } unproven)
            return unproven;
        var note = SignedNote.Parse(beginning.Succeeds);
        var last = note.IsOk ? Checkpoint.Parse(note.Value.Text) : note.Fault!;
        if (last.Fault is { } unread)
            return unread;
        if (began.Value.Origin != beginning.Origin || beginning.Origin == last.Value.Origin)
            return new Fault(FaultCodes.Malformed, "A successor has an origin of its own, and signs with it.", Culprit.Input);
        if (store.Find(last.Value.Origin) is not { } old)
            return new Fault(FaultCodes.NotFound, $"This witness does not know {last.Value.Origin}.", Culprit.Input);
        if (note.Value.Verify(old.Keys).Fault is { } unsigned)
            return unsigned;
        lock (old.Gate)
            return Accept(store, old, last.Value, beginning, key.Value, (began.Value, proof.Checkpoint), entry, time);
    }

    private static Outcome<WitnessedLog> Accept(
        WitnessStore store, WitnessedLog old, Checkpoint last, BeginningLeaf beginning, NoteKey key, (Checkpoint Checkpoint, SignedNote Note) began,
        byte[] entry, TimeProvider time)
    {
        var id = Convert.ToHexStringLower(MerkleHash.OfLeaf(entry).ToBytes());
        if (old.Successor is { } accepted && old.SuccessorEntry != id)
        {
            var why = $"{old.Origin} was succeeded by {accepted}, and {beginning.Origin} claims it too.";
            var place = store.Evidence.Keep("second-successor", id, why, ("beginning.entry", entry), ("successor.note", began.Note.ToBytes()));
            return new Fault(FaultCodes.Conflict, $"{why} The evidence is in {place}.", Culprit.Input);
        }

        if (old.Last != last)
            return Elsewhere(store, old, last, began.Note, entry);
        if (store.Find(beginning.Origin) is { } known && (known.Successor is not null || !known.Keys.Contains(key)))
            return new Fault(FaultCodes.Conflict, $"{beginning.Origin} is known here with another key, or has ended itself.", Culprit.Input);

        // The decision first: whoever is killed in between repeats it and comes to the same end.
        if (old.Successor is null)
            store.End(old, beginning.Origin, id);
        if (store.AddLog(key, beginning.Origin) is { } refused)
            return refused;
        var added = store.Find(beginning.Origin)!;
        lock (added.Gate)
        {
            if (added.Last is null)
                store.Advance(added, began.Note.With(store.Key.Cosign(began.Note.Text, time.GetUtcNow())), began.Checkpoint);
        }

        return added;
    }

    private static Fault Elsewhere(WitnessStore store, WitnessedLog old, Checkpoint last, SignedNote note, byte[] entry)
    {
        if (old.Size == last.Size && old.Last is not null)
        {
            var why = string.Create(CultureInfo.InvariantCulture, $"{old.Origin} signed two trees of {last.Size} entries.");
            var place = store.Evidence.Keep("fork", $"{old.Last}{last}", why, ("kept.note", old.Note!.ToBytes()), ("beginning.entry", entry), ("successor.note", note.ToBytes()));
            return new Fault(FaultCodes.LedgerFork, $"{why} The evidence is in {place}.", Culprit.Input);
        }

        return new Fault(
            FaultCodes.Conflict,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The successor goes on from {last.Size} entries of {old.Origin}, and this witness cosigned {old.Size}: {(last.Size > old.Size ? "the successor's is newer" : "this witness's is newer")}."),
            Culprit.Input);
    }
}

using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Domain.Sealing;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// <c>rxelon-hub ledger audit</c>: recomputes every entry from the journal's rows, every hash and root from the entries, and names what
/// differs, first difference first. Reads only; the hub may run meanwhile (what it adds later is not looked at).
/// </summary>
internal sealed class LedgerAudit(string dataDirectory, byte[] sealingKey)
{
    private readonly LogDirectory _log = new(Path.Combine(dataDirectory, SealingServices.FolderName));
    private readonly Dictionary<long, (LedgerEntity Entity, EntityChain Chain)> _entities = [];

    /// <summary>Audits, and compares the given checkpoints (kept by whoever distrusts the hub) with the recomputed tree as well.</summary>
    internal AuditResult Run(IReadOnlyList<SignedNote> kept, CancellationToken cancel)
    {
        using var connection = new SqliteFile(Path.Combine(dataDirectory, SealingServices.DatabaseName)).OpenAlone();
        using (var attach = SqliteFile.Prepare(connection, "ATTACH $file AS journal"))
        {
            attach.Parameters[0].Value = Path.Combine(dataDirectory, "journal.db"); // read-only, as this connection is
            attach.ExecuteNonQuery();
        }

        using var snapshot = connection.BeginTransaction(deferred: true); // one moment of a hub that may be running
        var head = LedgerSchema.ReadHead(connection);
        var blocks = new Queue<LedgerBlock>(LedgerSchema.ReadBlocks(connection, "ORDER BY height"));
        var notes = new Queue<(Checkpoint Checkpoint, SignedNote Note)>(
            kept.Select(n => (Checkpoint.Parse(n.Text).Value, n)).OrderBy(n => n.Value.Size));
        // A block's files are durable, also when the next batch has not yet said so.
        var check = new LogCheck(ReadTile, Math.Max(head.Tiled, blocks.LastOrDefault()?.Size ?? 0));
        var result = new AuditResult(check.Findings);
        using var journal = new JournalTail(new SqliteFile(Path.Combine(dataDirectory, "journal.db")));
        using var places = SqliteFile.Prepare(connection, "SELECT entity, seq FROM sealed ORDER BY idx").ExecuteReader();
        LedgerBlock? last = null;
        foreach (var (leaf, replica) in Entries(connection, head))
        {
            cancel.ThrowIfCancellationRequested();
            var index = check.Size;
            var place = places.Read() ? (Entity: places.GetInt64(0), SequenceNr: places.GetInt64(1)) : (0, -1);
            switch (check.Take(leaf))
            {
                case EventLeaf e:
                    result.Events++;
                    Compare(index, e, leaf, replica, place, connection, journal, result);
                    break;
                case BlockLeaf b when last is null || b.Height != last.Height + 1 || b.PreviousBlock != last.Hash || b.PreviousSize != last.Size || b.PreviousEvents != last.Events:
                    check.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"entry {index}: the header of block {b.Height} does not follow the block before it"));
                    break;
                default:
                    break;
            }

            while (blocks.TryPeek(out var block) && block.Size == check.Size)
            {
                Judge(blocks.Dequeue(), last, check);
                last = block;
                result.Blocks++;
            }

            while (notes.TryPeek(out var note) && note.Checkpoint.Size == check.Size)
                check.Check(notes.Dequeue().Note, string.Create(CultureInfo.InvariantCulture, $"the kept checkpoint of {note.Checkpoint.Size} entries"));
        }

        result.Entries = check.Size;
        if (check.Size != head.Size || check.Root != head.Frontier.Root())
            check.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"ledger.db says {head.Size} entries with root {head.Frontier.Root()}, the entries give {check.Size} with {check.Root}"));
        check.Findings.AddRange(notes.Select(n => string.Create(
            CultureInfo.InvariantCulture, $"the kept checkpoint has {n.Checkpoint.Size} entries, the ledger only {check.Size}: entries are gone")));
        check.Findings.AddRange(blocks.Select(b => string.Create(CultureInfo.InvariantCulture, $"block {b.Height} has {b.Size} entries, which the ledger does not reach or passes by")));
        Published(last, check.Findings);
        Unsealed(connection, head, result);
        return result;
    }

    private void Compare(
        ulong index, EventLeaf leaf, byte[] bytes, byte[]? replica, (long Entity, long SequenceNr) place, SqliteConnection connection, JournalTail journal,
        AuditResult result)
    {
        if (Find(place.Entity, connection) is not { } known || place.SequenceNr != (long)leaf.SequenceNr)
        {
            result.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"entry {index}: ledger.db does not say which event it is"));
            return;
        }

        var (entity, chain) = known;
        var name = string.Create(CultureInfo.InvariantCulture, $"entry {index} (event {leaf.SequenceNr} of {entity.PersistenceId})");
        if (leaf.SequenceNr != chain.Sealed + 1 || leaf.Previous != chain.Last)
            result.Findings.Add($"{name}: it does not follow the entity's entry before it");
        _entities[place.Entity] = (entity, new EntityChain(leaf.SequenceNr, MerkleHash.OfLeaf(bytes)));
        if (leaf.CipherHash != default && replica is not null && MerkleHash.Sha256(replica) != leaf.CipherHash)
            result.Findings.Add($"{name}: its encrypted copy is not the one that was committed to");
        if (journal.ReadEntity(entity.PersistenceId, place.SequenceNr, 1) is not [{ } row] || row.SequenceNr != place.SequenceNr)
        {
            result.Findings.Add($"{name}: the journal has no such row; it was deleted or renamed");
            return;
        }

        if (entity.Key is null || place.SequenceNr <= entity.Erased)
        {
            result.Erased++;
            return;
        }

        var batch = new SealBatch(new Frontier(), leaf.CipherHash != default);
        batch.Append(new EntityChain(leaf.SequenceNr - 1, leaf.Previous), entity.Key, new JournaledEvent(
            row.PersistenceId, (ulong)row.SequenceNr, row.Created, new EventPayload(JournalSerializer.Number, row.Manifest, row.Message)));
        if (!batch.Entries[0].Leaf.AsSpan().SequenceEqual(bytes))
            result.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: row {row.Ordering} of the journal ({row.Manifest}) is not what was sealed"));
    }

    private (LedgerEntity Entity, EntityChain Chain)? Find(long id, SqliteConnection connection)
    {
        if (_entities.TryGetValue(id, out var known))
            return known;
        if (LedgerSchema.FindEntity(connection, id, sealingKey) is not { } entity)
            return null;
        return _entities[id] = (entity, default);
    }

    private IEnumerable<(byte[] Leaf, byte[]? Replica)> Entries(SqliteConnection connection, LedgerHead head)
    {
        var full = head.Tiled - (head.Tiled % Tile.FullWidth);
        for (ulong n = 0; n < full / Tile.FullWidth; n++)
        {
            var tile = new Tile(0, n, Tile.FullWidth);
            IReadOnlyList<byte[]> leaves;
            IReadOnlyList<byte[]>? replicas = null;
            try
            {
                leaves = _log.ReadEntries(tile);
                var payload = PayloadBundle.Read(File.ReadAllBytes(Path.Combine(_log.Path, tile.PayloadPath)), Tile.FullWidth);
                replicas = payload.IsOk ? payload.Value : null;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                // The entries behind a damaged file cannot be recomputed; whoever has a mirror has the file.
                throw new InvalidDataException($"{e.Message} Copy the file from a mirror, then audit again.", e);
            }

            for (var i = 0; i < leaves.Count; i++)
                yield return (leaves[i], replicas?[i] ?? []);
        }

        foreach (var entry in LedgerSchema.ReadPending(connection, full))
            yield return (entry.Leaf, entry.Replica);
    }

    private static void Judge(LedgerBlock block, LedgerBlock? last, LogCheck check)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"block {block.Height}");
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(block.Note));
        if (note.Fault is { } fault)
            check.Findings.Add($"{what}: {fault.Message}");
        else
            check.Check(note.Value, what);
        if (block.Previous != (last?.Hash ?? default) || block.Root != check.Root)
            check.Findings.Add($"{what}: ledger.db's row of it does not fit the entries or the block before");
    }

    private void Published(LedgerBlock? last, List<string> findings)
    {
        var file = Path.Combine(_log.Path, "checkpoint");
        if (last is not null && (!File.Exists(file) || Checkpoint.Parse(ReadNote(file)?.Text ?? "") is not { IsOk: true, Value: var c } || c.Size < last.Size
            || (c.Size == last.Size && c.Root != last.Root)))
            findings.Add($"{file} is not the newest block");
    }

    private static SignedNote? ReadNote(string file) => SignedNote.Parse(File.ReadAllBytes(file)) is { IsOk: true, Value: var note } ? note : null;

    private byte[]? ReadTile(Tile tile)
    {
        var file = Path.Combine(_log.Path, tile.Path);
        if (File.Exists(file))
            return File.ReadAllBytes(file);
        // A running hub may have replaced the partial tile.
        var full = Path.Combine(_log.Path, (tile with { Width = Tile.FullWidth }).Path);
        return File.Exists(full) ? File.ReadAllBytes(full)[..(tile.Width * MerkleHash.Size)] : null;
    }

    private static void Unsealed(SqliteConnection connection, LedgerHead head, AuditResult result)
    {
        using var stray = SqliteFile.Prepare(connection, """
            SELECT j.ordering, j.persistence_id, j.sequence_number, j.manifest FROM journal.journal j
            LEFT JOIN entities e ON e.pid = j.persistence_id LEFT JOIN sealed s ON s.entity = e.id AND s.seq = j.sequence_number
            WHERE j.ordering <= $offset AND s.idx IS NULL ORDER BY j.ordering LIMIT 100
            """);
        stray.Parameters[0].Value = head.Offset;
        using (var row = stray.ExecuteReader())
        {
            while (row.Read())
                result.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"row {row.GetInt64(0)} of the journal ({row.GetString(3)}, event {row.GetInt64(2)} of {row.GetString(1)}) is not in the ledger: it was put in afterwards"));
        }

        using var waiting = SqliteFile.Prepare(connection, "SELECT count(*) FROM journal.journal WHERE ordering > $offset");
        waiting.Parameters[0].Value = head.Offset;
        result.Waiting = (long)waiting.ExecuteScalar()!;
    }
}

/// <summary>What an audit looked at, and what differs.</summary>
internal sealed class AuditResult(List<string> findings)
{
    internal List<string> Findings => findings;

    internal ulong Entries { get; set; }

    internal long Events { get; set; }

    internal long Blocks { get; set; }

    /// <summary>Events whose key was destroyed: place and number are checked, content cannot be.</summary>
    internal long Erased { get; set; }

    /// <summary>Rows of the journal that were not sealed yet.</summary>
    internal long Waiting { get; set; }
}

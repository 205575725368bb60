using Rxelon.Domain.Accounts;
using Rxelon.Domain.Sealing;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Link.Faults;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// Appends the journal's events to the log, each exactly once, writes the log's files and signs what is durable, in this order
/// (docs/design/ledger.md). Blocks on the disk; not thread-safe. After an exception it is to be disposed and opened again: it goes on
/// where the last commit left it.
/// </summary>
internal sealed class Sealer : IDisposable
{
    private readonly JournalTail _journal;
    private readonly LedgerStore _store;
    private readonly LogFiles _files;
    private readonly LogKeys _keys;
    private readonly TimeProvider _time;
    private readonly bool _replicas;
    private readonly Queue<Leaf> _wanted = [];

    /// <summary>Opens store and files and brings the files up to what is committed. The keys stay the caller's.</summary>
    internal Sealer(
        SqliteFile journal, SqliteFile ledger, string directory, LogKeys keys, byte[] sealingKey, TimeProvider time, bool replicas, Func<byte[]> newKey,
        int mostEntities = LedgerStore.MostEntities)
    {
        _journal = new JournalTail(journal);
        _store = new LedgerStore(ledger, sealingKey, newKey, mostEntities);
        _keys = keys;
        _time = time;
        _replicas = replicas;
        if (_store.Head is { Size: > 0 } head && head.Origin != keys.Origin)
        {
            throw new InvalidDataException(
                $"ledger.db is the log {head.Origin}, ledger.key is of {keys.Origin}: put the files of one log together (docs/runbooks/ledger.md).");
        }

        _files = LogFiles.Open(directory, _store.Head.Tiled - (_store.Head.Tiled % Tile.FullWidth));
        foreach (var entry in _store.Pending(_files.Size))
            _files.Append(entry);
        if (_files.Size != _store.Head.Size)
            throw new InvalidDataException("ledger.db does not hold the entries that its files lack; restore it from your copy (docs/runbooks/ledger.md).");
    }

    /// <summary>Entries so far.</summary>
    internal ulong Size => _store.Head.Size;

    /// <summary>The root of all entries so far.</summary>
    internal MerkleHash Root => _store.Head.Frontier.Root();

    /// <summary>The newest published block.</summary>
    internal LedgerBlock? LastBlock => _store.LastBlock;

    /// <summary>True when there is something that no block has.</summary>
    internal bool IsAhead => Size > (LastBlock?.Size ?? 0);

    /// <summary>The first entry; it names what the log succeeds. Without effect when there are entries.</summary>
    internal void Begin(byte[] succeeds)
    {
        if (Size == 0)
            Seal([new BeginningLeaf(_time.GetUtcNow(), _keys.Origin, _keys.Current.Verifier.ToString(), succeeds)], [], 0);
    }

    /// <summary>An entry about the log itself, appended with the next batch.</summary>
    internal void Want(Leaf leaf) => _wanted.Enqueue(leaf);

    /// <summary>Seals up to so many of the journal's next rows in one transaction; returns how many rows were read.</summary>
    internal int Advance(int limit)
    {
        Begin([]);
        var rows = _journal.Read(_store.Head.Offset, limit);
        var about = Notices();
        if (rows.Count > 0 || about.Count > 0)
            Seal(about, rows, rows.Count > 0 ? rows[^1].Ordering : _store.Head.Offset);
        return rows.Count;
    }

    /// <summary>
    /// Compares counts and, when they differ, looks at every row up to the offset: events that are not sealed are sealed now. Returns how many were
    /// missing.
    /// </summary>
    internal int Sweep()
    {
        if (_journal.Count(_store.Head.Offset) == _store.CountSealed())
            return 0;
        var before = _store.CountSealed();
        for (var after = 0L; after < _store.Head.Offset;)
        {
            var rows = _journal.Read(after, 2000);
            rows.RemoveAll(r => r.Ordering > _store.Head.Offset);
            if (rows.Count == 0)
                break;
            Seal([], rows, _store.Head.Offset);
            after = rows[^1].Ordering;
        }

        return (int)(_store.CountSealed() - before);
    }

    /// <summary>Makes the files of everything committed durable.</summary>
    internal void Flush() => _files.Flush();

    /// <summary>Makes the files durable and signs the committed root: a checkpoint that witnesses may vouch for.</summary>
    internal Signed Sign()
    {
        Flush();
        Failpoint.Hit("hub.seal.tiled");
        var head = _store.Head;
        var now = _time.GetUtcNow();
        if (head.Key == _keys.Current.Verifier.ToString())
            _keys.Expire(now); // never before the new key was announced
        var note = _keys.Sign(new Checkpoint(_keys.Origin, head.Size, head.Frontier.Root()).ToString(), now);
        Failpoint.Hit("hub.seal.signed");
        return new Signed(note, head.Size, head.Events);
    }

    /// <summary>Records a checkpoint that the quorum vouched for. It becomes a block when it is larger than the last one.</summary>
    internal LedgerBlock Publish(Signed signed, SignedNote note)
    {
        var checkpoint = Checkpoint.Parse(note.Text).Value;
        var last = LastBlock;
        var block = last is not null && last.Size == checkpoint.Size
            ? last with { Note = note.ToString() }
            : new LedgerBlock(
                (last?.Height ?? 0) + 1, checkpoint.Size, checkpoint.Root, BlockLeaf.HashOfBlock(checkpoint), last?.Hash ?? default,
                signed.Events - (last?.TotalEvents ?? 0), signed.Events, note.ToString(), _time.GetUtcNow());
        _store.Publish(block);
        Failpoint.Hit("hub.seal.recorded");
        return block;
    }

    public void Dispose()
    {
        _files.Dispose();
        _store.Dispose();
        _journal.Dispose();
    }

    private List<Leaf> Notices()
    {
        var notices = new List<Leaf>();
        var now = _time.GetUtcNow();
        // A new key that a crash left unannounced is announced now.
        if (_keys.Current.Verifier.ToString() != _store.Head.Key && _keys.Previous is { Until: { } until } previous)
            notices.Add(RotationLeaf.Sign(now, until, _keys.Origin, previous.Pair, _keys.Current.Pair));
        while (_wanted.TryDequeue(out var leaf))
            notices.Add(leaf);
        return notices;
    }

    private void Seal(List<Leaf> notices, List<JournalRow> rows, long offset)
    {
        var head = _store.Head;
        var frontier = Frontier.Read(head.Frontier.ToBytes()).Value;
        var batch = new SealBatch(frontier, _replicas);
        var change = new Changes();
        if (head.HeaderDue && LastBlock is { } last)
        {
            batch.Append(new BlockLeaf(last.Height + 1, _time.GetUtcNow(), last.Hash, last.Size, last.Events));
            change.Sealed.Add((batch.Entries[^1].Index, 0, batch.Entries[^1].Index));
        }

        foreach (var notice in notices)
        {
            batch.Append(notice);
            change.Sealed.Add((batch.Entries[^1].Index, 0, batch.Entries[^1].Index));
        }

        var key = notices.Count > 0 ? _keys.Current.Verifier.ToString() : head.Key;
        foreach (var row in rows)
            Take(row, batch, change);
        // Rows that were all known already bring nothing but the offset; a header alone would be a block for nothing.
        if (batch.Events == 0 && notices.Count == 0)
        {
            if (offset != head.Offset)
                _store.Commit(new LedgerChange(head with { Offset = offset }, [], [], [], []));
            return;
        }

        _store.Commit(new LedgerChange(
            new LedgerHead(frontier, offset, _keys.Origin, key, _files.Durable, head.Events + (ulong)batch.Events, false),
            batch.Entries, change.Entities, change.Sealed, change.About));
        Failpoint.Hit("hub.seal.committed");
        foreach (var entry in batch.Entries)
            _files.Append(entry);
    }

    private void Take(JournalRow row, SealBatch batch, Changes change)
    {
        var entity = _store.Entity(row.PersistenceId);
        var verdict = SealBatch.Judge(entity.Chain, (ulong)row.SequenceNr);
        if (verdict == SealVerdict.Known)
            return;
        if (verdict == SealVerdict.Gap)
        {
            var missing = _journal.ReadEntity(row.PersistenceId, (long)entity.Chain.Sealed + 1, (int)(row.SequenceNr - (long)entity.Chain.Sealed - 1));
            foreach (var earlier in missing.Where(m => m.SequenceNr < row.SequenceNr))
                Append(earlier, entity, batch, change);
            if ((ulong)row.SequenceNr != entity.Chain.Sealed + 1)
            {
                throw new InvalidDataException(
                    $"The journal has lost event {entity.Chain.Sealed + 1} of {row.PersistenceId} before it was sealed: restore the journal from your copy (docs/runbooks/ledger.md).");
            }
        }

        Append(row, entity, batch, change);
    }

    private static void Append(JournalRow row, LedgerEntity entity, SealBatch batch, Changes change)
    {
        entity.Chain = batch.Append(
            entity.Chain, entity.Key!,
            new JournaledEvent(
                row.PersistenceId, (ulong)row.SequenceNr, row.Created, new EventPayload(JournalSerializer.Number, row.Manifest, row.Message)));
        change.Entities.Add(entity);
        change.Sealed.Add((batch.Entries[^1].Index, entity.Id, (ulong)row.SequenceNr));
        switch (Look(row))
        {
            case FundsHeld e:
                change.About.Add((e.Task.ToBytes(), entity.Id, (ulong)row.SequenceNr));
                break;
            case HoldChanged e:
                change.About.Add((e.Task.ToBytes(), entity.Id, (ulong)row.SequenceNr));
                break;
            case HoldSettled e:
                change.About.Add((e.Task.ToBytes(), entity.Id, (ulong)row.SequenceNr));
                break;
            case TaskErased { Reason: not TaskErased.Retention } or AccountClosed:
                entity.Destroy = true;
                break;
            default:
                break;
        }
    }

    // Only what the ledger must understand is decoded: most events pass by as bytes.
    private static object? Look(JournalRow row) => row.Manifest switch
    {
        "account.funds-held.1" or "account.hold-changed.1" or "account.hold-settled.1" or "account.closed.1" or "task.erased.1" => row.Decode(),
        _ => null,
    };

    private sealed class Changes
    {
        internal HashSet<LedgerEntity> Entities { get; } = [];

        internal List<(ulong Index, long Entity, ulong SequenceNr)> Sealed { get; } = [];

        internal List<(byte[] Task, long Entity, ulong SequenceNr)> About { get; } = [];
    }
}

/// <summary>A checkpoint signed by the log, with the number of events up to it.</summary>
internal sealed record Signed(SignedNote Note, ulong Size, ulong Events);

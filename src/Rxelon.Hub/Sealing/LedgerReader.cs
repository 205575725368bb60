using Microsoft.Data.Sqlite;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Sealing;

/// <inheritdoc cref="ILedgerReader"/>
internal sealed class LedgerReader(SealingServices services, SqliteFile ledger, SqliteFile journal, byte[] sealingKey) : ILedgerReader
{
    private static readonly Fault NoSuchTask = new(FaultCodes.NotFound, "The ledger has no event of this task yet.", Culprit.None, Retryable: true);
    private static readonly Fault Erased = new(
        FaultCodes.Erased, "The key that opened these entries was destroyed when this was deleted; the entries stay, and stay unopenable.", Culprit.None);

    /// <inheritdoc/>
    public string Directory => services.Directory;

    /// <inheritdoc/>
    public (string Policy, string Claim) Terms() => (services.PolicyText(), Claims.Of(services.Panel?.Policy));

    /// <inheritdoc/>
    public IReadOnlyList<PublishedBlock> Blocks(ulong? before, int limit)
        => Read(c => LedgerSchema.ReadBlocks(
            c, "WHERE height < $before ORDER BY height DESC LIMIT $limit", ("$before", (long)Math.Min(before ?? long.MaxValue, long.MaxValue)), ("$limit", limit)))
            .ConvertAll(View);

    /// <inheritdoc/>
    public PublishedBlock? Block(ulong height)
        => height <= long.MaxValue && Read(c => LedgerSchema.ReadBlocks(c, "WHERE height = $height", ("$height", (long)height))) is [var block] ? View(block) : null;

    /// <inheritdoc/>
    public byte[]? Entry(ulong index) => Newest() is { } block && index < block.Size ? services.Log.ReadEntry(index, block.Size) : null;

    /// <inheritdoc/>
    public Outcome<(Receipt Receipt, IReadOnlyCollection<NodeId> Nodes)> TaskReceipt(TaskId task, AccountId owner, bool settled)
    {
        var pid = $"task-{task}";
        var places = Read(c => Places(c, pid)).Concat(Read(c => PlacesAbout(c, task, $"account-{owner}"))).OrderBy(p => p.Index).ToList();
        if (places.Count == 0)
            return NoSuchTask;
        using var tail = new JournalTail(journal);
        var last = places.Where(p => p.Entity == pid).Select(p => p.SequenceNr).DefaultIfEmpty(0UL).Max();
        var opened = Open(task.ToString(), places, tail, tail.ReadEntity(pid, (long)last + 1, 1).Count > 0);
        if (opened.Fault is { } fault)
            return fault;
        var (receipt, events) = opened.Value;
        if (settled && !events.Any(e => e is HoldSettled { Closed: true }))
            receipt = receipt with { Status = Receipt.Pending };
        return (receipt, events.SelectMany(NodesOf).ToHashSet());
    }

    /// <inheritdoc/>
    public IReadOnlyList<AccountEntryState> AccountEntries(AccountId account, ulong after, int limit)
    {
        var pid = $"account-{account}";
        var published = Newest()?.Size ?? 0;
        using var tail = new JournalTail(journal);
        var rows = tail.ReadEntity(pid, checked((long)Math.Min(after, long.MaxValue - 1)) + 1, limit);
        var places = Read(c => Places(c, pid, after, limit)).ToDictionary(p => p.SequenceNr, p => p.Index);
        return [.. rows.Select(r => places.TryGetValue((ulong)r.SequenceNr, out var index)
            ? new AccountEntryState((ulong)r.SequenceNr, r.Manifest, r.Created, index, index < published)
            : new AccountEntryState((ulong)r.SequenceNr, r.Manifest, r.Created, null, false))];
    }

    /// <inheritdoc/>
    public Outcome<Receipt> AccountReceipt(AccountId account, ulong sequenceNr)
        => One(account.ToString(), $"account-{account}", sequenceNr)
            ?? new Fault(FaultCodes.NotFound, $"The account has no event {sequenceNr}.", Culprit.Input);

    /// <inheritdoc/>
    public Outcome<Receipt> NodeEnrolment(NodeId node)
        => One(node.ToString(), $"node-{node}", 1) ?? new Fault(FaultCodes.NotFound, "There is no such node.", Culprit.Input);

    private Outcome<Receipt>? One(string subject, string pid, ulong sequenceNr)
    {
        using var tail = new JournalTail(journal);
        if (sequenceNr is 0 or > long.MaxValue || tail.ReadEntity(pid, (long)sequenceNr, 1) is not [{ } row] || row.SequenceNr != (long)sequenceNr)
            return null;
        var places = Read(c => Places(c, pid, sequenceNr - 1, 1)).Where(p => p.SequenceNr == sequenceNr).ToList();
        var opened = Open(subject, places, tail, places.Count == 0);
        return opened.Fault is { } fault ? fault : opened.Value.Receipt;
    }

    private Outcome<(Receipt Receipt, List<object> Events)> Open(string subject, List<Place> places, JournalTail tail, bool waits)
    {
        var block = Newest();
        var covered = places.Where(p => p.Index < (block?.Size ?? 0)).ToList();
        var proofs = services.Log.Proofs(block?.Size ?? 0);
        var (entries, events) = (new List<ReceiptEntry>(covered.Count), new List<object>(covered.Count));
        var entities = new Dictionary<string, LedgerEntity>(StringComparer.Ordinal);
        try
        {
            foreach (var place in covered)
            {
                if (!entities.TryGetValue(place.Entity, out var entity))
                    entities.Add(place.Entity, entity = Read(c => LedgerSchema.FindEntity(c, place.Entity, sealingKey))!);
                if (entity.Key is null || (long)place.SequenceNr <= entity.Erased)
                    return Erased;
                var row = tail.ReadEntity(place.Entity, (long)place.SequenceNr, 1)[0];
                events.Add(row.Decode());
                entries.Add(new ReceiptEntry(
                    place.Index, services.Log.ReadEntry(place.Index, block!.Size), [.. proofs.Inclusion(place.Index, block.Size).Select(h => h.ToBytes())],
                    place.Entity, entity.Key.TagKey, place.SequenceNr, entity.Key.Salt(place.SequenceNr), JournalSerializer.Number, row.Manifest, row.Message));
            }
        }
        finally
        {
            foreach (var entity in entities.Values)
                entity.Key?.Dispose();
        }

        var status = waits || covered.Count < places.Count ? Receipt.Pending : Receipt.Final;
        return (new Receipt(Receipt.FormatName, subject, status, services.Keys.Origin, block?.Note ?? "", entries, []), events);
    }

    private LedgerBlock? Newest() => Read(c => LedgerSchema.ReadBlocks(c, "ORDER BY height DESC LIMIT 1")).FirstOrDefault();

    private PublishedBlock View(LedgerBlock b)
    {
        var previous = b.Height > 1 ? Read(c => LedgerSchema.ReadBlocks(c, "WHERE height = $height", ("$height", (long)b.Height - 1)))[0].Size : 0;
        return new PublishedBlock(b.Height, b.Size, previous, b.Root, b.Hash, b.Previous, b.Events, b.Note, b.PublishedAt);
    }

    private static List<Place> Places(SqliteConnection connection, string entity, ulong after = 0, int limit = int.MaxValue)
        => LedgerSchema.ReadPlaces(
            connection,
            "SELECT pid, seq, idx FROM entities JOIN sealed ON entity = id WHERE pid = $pid AND seq > $after ORDER BY seq LIMIT $limit",
            ("$pid", entity), ("$after", (long)after), ("$limit", limit));

    private static List<Place> PlacesAbout(SqliteConnection connection, TaskId task, string account)
        => LedgerSchema.ReadPlaces(
            connection,
            """
            SELECT pid, s.seq, idx FROM about a JOIN entities e ON e.id = a.entity JOIN sealed s ON s.entity = a.entity AND s.seq = a.seq
            WHERE task = $task AND pid = $pid ORDER BY idx
            """,
            ("$task", task.ToBytes()), ("$pid", account));

    private static IEnumerable<NodeId> NodesOf(object happened) => happened switch
    {
        PartsAccepted e => e.Parts.Select(p => p.Node),
        PartsReported e => e.Parts.Select(p => p.Result.Node),
        PartsRejected e => e.Parts.Select(p => p.Node),
        AttemptsFailed e => e.Failures.Select(f => f.Node),
        _ => [],
    };

    private T Read<T>(Func<SqliteConnection, T> read)
    {
        using var connection = ledger.OpenReadOnly();
        return read(connection);
    }
}

using Rxelon.Bench.Mock;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;

namespace Rxelon.Bench.Rows;

/// <summary>Looks from outside at how far a hub's ledger is behind its journal, and whether it holds what it should.</summary>
internal sealed class SealWatch(MockHub hub)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly SqliteFile _ledger = new(Path.Combine(hub.Options.DataDirectory, SealingServices.DatabaseName));

    /// <summary>Events in the journal.</summary>
    internal long Journaled()
    {
        using var tail = new JournalTail(new SqliteFile(Path.Combine(hub.Options.DataDirectory, "journal.db")));
        return tail.Count(long.MaxValue);
    }

    /// <summary>Events in the ledger, and those that a published block covers.</summary>
    internal (long Sealed, long Published) Events()
    {
        using var connection = _ledger.OpenReadOnly();
        var block = LedgerSchema.ReadBlocks(connection, "ORDER BY height DESC LIMIT 1").FirstOrDefault();
        return ((long)LedgerSchema.ReadHead(connection).Events, (long)(block?.TotalEvents ?? 0));
    }

    /// <summary>How many of the journal's events are not sealed now, and how long it takes until all of them are published.</summary>
    internal async Task<(long Events, double Seconds)> CatchUpAsync()
    {
        var load = new Load();
        var goal = Journaled();
        var behind = goal - Events().Sealed;
        using var deadline = new CancellationTokenSource(Patience);
        while (Events().Published < goal)
            await Task.Delay(10, deadline.Token);
        return (behind, load.Seconds);
    }

    /// <summary>Throws unless every event of the journal is sealed, once, and an audit finds nothing. For a hub at rest.</summary>
    internal async Task<string> CheckAsync()
    {
        await CatchUpAsync();
        var (journaled, (done, _)) = (Journaled(), Events());
        if (done != journaled)
            throw new InvalidOperationException($"The journal has {journaled} events and the ledger {done}.");
        var audit = new LedgerAudit(hub.Options.DataDirectory, MockHub.SealingKey).Run([], default);
        if (audit.Findings.Count > 0 || audit.Events != journaled)
            throw new InvalidOperationException($"The audit read {audit.Events} of {journaled} events: {string.Join("; ", audit.Findings.Take(5))}");
        return $"{journaled} events in the journal, as many sealed in {audit.Entries} entries and {audit.Blocks} blocks; the audit found nothing.";
    }
}

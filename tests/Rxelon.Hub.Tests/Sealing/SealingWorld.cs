using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Tests.Sealing;

/// <summary>
/// A data directory with a journal that the test writes, and sealers over it whose keys and clock are the same in every world: two worlds with
/// the same events must give the same log to the last byte.
/// </summary>
internal sealed class SealingWorld : IDisposable
{
    internal const string Origin = "test.example/ledger";

    internal static readonly byte[] SealingKey = Enumerable.Repeat((byte)7, 32).ToArray();

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, long> _numbers = [];
    private int _keysMade;

    internal SealingWorld()
    {
        JournalFile = new SqliteFile(System.IO.Path.Combine(Path, "journal.db"));
        JournalFile.Create();
        Sql(JournalSchema.Tables);
        Keys = LogKeys.Open(Path, [.. SealingKey], _ => Origin);
        Time.SetUtcNow(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    }

    internal string Path => _directory.Path;

    internal string LogFolder => System.IO.Path.Combine(Path, "ledger");

    internal SqliteFile JournalFile { get; }

    internal FakeTimeProvider Time { get; } = new();

    internal LogKeys Keys { get; private set; }

    /// <summary>A sealer as a new process would open it.</summary>
    internal Sealer Open(bool replicas = true, int mostEntities = LedgerStore.MostEntities)
        => new(JournalFile, new SqliteFile(System.IO.Path.Combine(Path, "ledger.db")), LogFolder, Keys, SealingKey, Time, replicas, NextKey, mostEntities);

    /// <summary>The keys as a new process would read them.</summary>
    internal void ReopenKeys()
    {
        Keys.Dispose();
        Keys = LogKeys.Open(Path, [.. SealingKey], _ => throw new InvalidOperationException("The keys are gone."));
    }

    /// <summary>Uses the keys of another world, so that both logs have one name and one key.</summary>
    internal void TakeKeysOf(SealingWorld other)
    {
        Keys.Dispose();
        File.Copy(System.IO.Path.Combine(other.Path, LogKeys.FileName), System.IO.Path.Combine(Path, LogKeys.FileName), overwrite: true);
        Keys = LogKeys.Open(Path, [.. SealingKey], _ => Origin);
    }

    /// <summary>Writes an event as the entity's next one, or where the test says.</summary>
    internal void Write(string entity, object happened, long? ordering = null, long? sequenceNr = null)
    {
        var number = sequenceNr ?? _numbers.GetValueOrDefault(entity) + 1;
        _numbers[entity] = Math.Max(number, _numbers.GetValueOrDefault(entity));
        Sql(
            """
            INSERT INTO journal(ordering, created, deleted, persistence_id, sequence_number, message, manifest, identifier)
            VALUES($ordering, $created, 0, $id, $number, $message, $manifest, $serializer)
            """,
            ("$ordering", ordering ?? (object)DBNull.Value), ("$created", Time.GetUtcNow().UtcTicks), ("$id", entity), ("$number", number),
            ("$message", JournalSerializer.Codecs.Encode(happened)), ("$manifest", JournalSerializer.Codecs.ManifestOf(happened.GetType())),
            ("$serializer", JournalSerializer.Number));
    }

    /// <summary>Changes the journal behind everybody's back; returns how many rows were.</summary>
    internal int Sql(string sql, params (string Name, object Value)[] parameters) => Execute(JournalFile, sql, parameters);

    /// <summary>Changes the ledger's database behind everybody's back.</summary>
    internal int LedgerSql(string sql) => Execute(new SqliteFile(System.IO.Path.Combine(Path, "ledger.db")), sql, []);

    internal AuditResult Audit(params SignedNote[] kept) => new LedgerAudit(Path, SealingKey).Run(kept, default);

    /// <summary>One round as the actor does it, without witnesses.</summary>
    internal static LedgerBlock Round(Sealer sealer, string folder)
    {
        while (sealer.Advance(100) > 0)
        {
            // until the journal's end
        }

        var signed = sealer.Sign();
        var block = sealer.Publish(signed, signed.Note);
        File.WriteAllText(System.IO.Path.Combine(folder, "checkpoint"), block.Note);
        return block;
    }

    internal LedgerBlock Round(Sealer sealer) => Round(sealer, LogFolder);

    /// <summary>Every public file by its name and content.</summary>
    internal SortedDictionary<string, string> Files() => new(
        Directory.EnumerateFiles(LogFolder, "*", SearchOption.AllDirectories).ToDictionary(
            f => System.IO.Path.GetRelativePath(LogFolder, f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))), StringComparer.Ordinal);

    public void Dispose()
    {
        Keys.Dispose();
        _directory.Dispose();
    }

    // Keys follow from how many were made, so that a world that crashed and one that did not draw the same ones.
    private byte[] NextKey() => SHA256.HashData(BitConverter.GetBytes(_keysMade++));

    /// <summary>What a crash does to the keys that were drawn for entities whose commit never came.</summary>
    internal void ForgetUncommittedKeys()
    {
        using var connection = new SqliteFile(System.IO.Path.Combine(Path, "ledger.db")).OpenReadOnly();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM entities";
        _keysMade = (int)(long)count.ExecuteScalar()!;
    }

    private static int Execute(SqliteFile file, string sql, (string Name, object Value)[] parameters)
    {
        using var connection = file.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command.ExecuteNonQuery();
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Hub.Journal;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// What is left of a lost hub: mirrors hold every event encrypted, and the hub's operator holds the entities' keys apart from the data.
/// <c>rxelon-hub ledger export-keys</c> writes those keys, <c>rxelon-hub ledger rebuild</c> makes a journal of both.
/// </summary>
internal static class Rebuilding
{
    private const string Format = "rxelon entity keys 1";

    /// <summary>
    /// Writes every entity's key, sealed as in ledger.db, to a file of mode 0600: a line of format, then persistence id and base64. Returns how
    /// many. Keys that were destroyed are not among them, so an old export opens what was deleted since: replace it.
    /// </summary>
    internal static int ExportKeys(string dataDirectory, string file)
    {
        using var connection = new SqliteFile(Path.Combine(dataDirectory, SealingServices.DatabaseName)).OpenAlone();
        using var command = SqliteFile.Prepare(connection, "SELECT pid, key FROM entities WHERE key IS NOT NULL ORDER BY id");
        using var row = command.ExecuteReader();
        var text = new StringBuilder(Format).Append('\n');
        var count = 0;
        for (; row.Read(); count++)
            text.Append(CultureInfo.InvariantCulture, $"{row.GetString(0)} {Convert.ToBase64String(row.GetFieldValue<byte[]>(1))}\n");
        PrivateFile.Write(file, Encoding.UTF8.GetBytes(text.ToString()));
        return count;
    }

    /// <summary>
    /// Writes journal.db of an empty data directory from a log's public files and the exported keys. The files are checked first; what
    /// differs, keys that do not open, and a directory that has a journal are <see cref="InvalidDataException"/>s.
    /// </summary>
    internal static RebuiltJournal Rebuild(string folder, string keysFile, NoteKey logKey, string dataDirectory, byte[] sealingKey, CancellationToken cancel)
    {
        var journal = new SqliteFile(Path.Combine(dataDirectory, "journal.db"));
        if (File.Exists(journal.Path))
            throw new InvalidDataException($"{journal.Path} exists; rebuild into a data directory without a journal.");
        var (findings, size) = LedgerFsck.Run(folder, cancel);
        if (findings.Count > 0)
            throw new InvalidDataException($"The copy is not whole: {findings[0]}");
        var note = SignedNote.Parse(File.ReadAllBytes(Path.Combine(folder, "checkpoint"))).Value;
        if (note.Verify([logKey]).Fault is { } unsigned)
            throw new InvalidDataException($"The copy's checkpoint is not by {logKey}: {unsigned.Message}");
        var entities = ReadKeys(keysFile, sealingKey);
        journal.Create();
        using var connection = journal.Open();
        SqliteFile.Execute(connection, JournalSchema.Tables);
        using var insert = SqliteFile.Prepare(connection, JournalSchema.Insert);
        var result = new RebuiltJournal();
        SqliteFile.Transact(connection, () => Insert(folder, size, entities, insert, result, cancel));
        foreach (var (_, key) in entities.Values)
            key.Dispose();
        return result;
    }

    private static void Insert(
        string folder, ulong size, Dictionary<MerkleHash, (string PersistenceId, EntityKey Key)> entities, SqliteCommand insert, RebuiltJournal result,
        CancellationToken cancel)
    {
        foreach (var (leaf, replica) in LogDirectory.Events(folder, size))
        {
            cancel.ThrowIfCancellationRequested();
            if (!entities.TryGetValue(leaf.EntityTag, out var entity) || replica.Length == 0)
            {
                result.Unopened++;
                continue;
            }

            var payload = entity.Key.Decrypt(leaf.SequenceNr, replica);
            if (payload.Fault is { } damaged)
                throw new InvalidDataException($"Event {leaf.SequenceNr} of {entity.PersistenceId}: {damaged.Message}");
            insert.Parameters[0].Value = leaf.At.UtcTicks;
            insert.Parameters[1].Value = entity.PersistenceId;
            insert.Parameters[2].Value = (long)leaf.SequenceNr;
            insert.Parameters[3].Value = payload.Value.Event.ToArray();
            insert.Parameters[4].Value = payload.Value.Manifest;
            insert.Parameters[5].Value = payload.Value.Serializer;
            insert.ExecuteNonQuery();
            result.Events++;
        }
    }

    private static Dictionary<MerkleHash, (string PersistenceId, EntityKey Key)> ReadKeys(string file, byte[] sealingKey)
    {
        var lines = File.ReadAllLines(file);
        if (lines.Length == 0 || lines[0] != Format)
            throw new InvalidDataException($"{file} is no export of entities' keys.");
        var entities = new Dictionary<MerkleHash, (string, EntityKey)>();
        foreach (var line in lines[1..])
        {
            if (line.Split(' ') is not [var pid, var sealedKey])
                throw new InvalidDataException($"{file} is damaged at: {line[..Math.Min(line.Length, 60)]}");
            var bytes = SecretSeal.Open(sealingKey, Convert.FromBase64String(sealedKey), Encoding.UTF8.GetBytes(pid))
                ?? throw new InvalidDataException($"The master key does not open {file}: put the lost hub's master key into the new data directory first.");
            var key = new EntityKey(bytes, pid);
            CryptographicOperations.ZeroMemory(bytes);
            entities[key.Tag] = (pid, key);
        }

        return entities;
    }
}

/// <summary>What a rebuild brought back. <see cref="Unopened"/>: events without a key or a copy: deleted ones, and those of entities newer than the export.</summary>
internal sealed class RebuiltJournal
{
    internal long Events { get; set; }

    internal long Unopened { get; set; }
}

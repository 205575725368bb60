namespace Rxelon.Hub.Journal;

/// <summary>The journal's table as Akka.Persistence.Sql 1.5 makes it on SQLite (mapping "default"), for whoever writes one without Akka.</summary>
internal static class JournalSchema
{
    internal const string Tables = """
        CREATE TABLE [journal](
          [ordering] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [created] INTEGER NOT NULL, [deleted] Bit NOT NULL,
          [persistence_id] NVarChar(255) NOT NULL, [sequence_number] INTEGER NOT NULL, [message] VarBinary NOT NULL,
          [tags] NVarChar(100) NULL, [manifest] NVarChar(500) NULL, [identifier] INTEGER NULL, [writer_uuid] NVarChar(128) NULL);
        CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
        CREATE INDEX journal_created_idx ON journal (created);
        CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
        """;

    /// <summary>One row; its ordering is the next.</summary>
    internal const string Insert = """
        INSERT INTO journal(created, deleted, persistence_id, sequence_number, message, manifest, identifier)
        VALUES($created, 0, $id, $number, $message, $manifest, $serializer)
        """;
}

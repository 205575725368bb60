using Google.Protobuf;

namespace Rxelon.Hub.Journal;

/// <summary>
/// One row per kind of record that the journal keeps: its manifest, how it is written and how it is read. The manifest ends
/// in a version; a row, once shipped, is never changed, only joined by one with the next version.
/// </summary>
internal sealed class CodecTable
{
    private readonly Dictionary<string, Row> _byManifest = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, Row> _byType = [];

    /// <summary>Every row, for tests and tools.</summary>
    internal IEnumerable<(string Manifest, Type Type, Type Message)> Rows
        => _byManifest.Values.Select(row => (row.Manifest, row.Type, row.Message));

    /// <summary>Adds a row; the newest row of a type is the one that writes it.</summary>
    internal CodecTable Add<TRecord, TMessage>(
        string manifest, Func<TRecord, TMessage> encode, Func<TMessage, TRecord> decode)
        where TRecord : class
        where TMessage : class, IMessage<TMessage>, new()
    {
        var parser = new MessageParser<TMessage>(() => new TMessage());
        var row = new Row(
            manifest, typeof(TRecord), typeof(TMessage),
            record => encode((TRecord)record), bytes => decode(parser.ParseFrom(bytes)));
        _byManifest.Add(manifest, row);
        _byType[typeof(TRecord)] = row;
        return this;
    }

    /// <summary>All rows of the given tables in one.</summary>
    internal static CodecTable Join(params ReadOnlySpan<CodecTable> tables)
    {
        var all = new CodecTable();
        foreach (var table in tables)
        {
            foreach (var (manifest, row) in table._byManifest)
                all._byManifest.Add(manifest, row);
            foreach (var (type, row) in table._byType)
                all._byType.Add(type, row);
        }

        return all;
    }

    /// <summary>The manifest that this type is written under; throws when the type has no row.</summary>
    internal string ManifestOf(Type type) => _byType.TryGetValue(type, out var row)
        ? row.Manifest
        : throw new InvalidOperationException(
            $"{type} has no row in the journal's codec tables: add one to the file of its aggregate in src/Rxelon.Hub/Journal.");

    /// <summary>The bytes to keep.</summary>
    internal byte[] Encode(object record)
        => _byType.TryGetValue(record.GetType(), out var row)
            ? row.Encode(record).ToByteArray()
            : throw new InvalidOperationException($"{ManifestOf(record.GetType())} cannot be written.");

    /// <summary>Reads what any version wrote; throws for a manifest that no row knows.</summary>
    internal object Decode(string manifest, byte[] bytes) => _byManifest.TryGetValue(manifest, out var row)
        ? row.Decode(bytes)
        : throw new InvalidDataException(
            $"The journal holds a record '{manifest}' that this version cannot read. Run the version that wrote it, or add its row "
            + "to the file of its aggregate in src/Rxelon.Hub/Journal.");

    private sealed record Row(
        string Manifest, Type Type, Type Message, Func<object, IMessage> Encode, Func<byte[], object> Decode);
}

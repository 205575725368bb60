using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf.Reflection;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Journal;

namespace Rxelon.Hub.Tests.Journal;

/// <summary>
/// What was once written is read for ever. To ship a new record: run with RXELON_WRITE_GOLDEN=1, look at what changed, and
/// commit it. A changed file that was there before means that old journals can no longer be read.
/// </summary>
public sealed class CodecSpecs
{
    private static readonly bool Write = Environment.GetEnvironmentVariable("RXELON_WRITE_GOLDEN") == "1";

    private static readonly JsonSerializerOptions Plain = new() { IncludeFields = true, WriteIndented = true, Converters = { new Words() } };

    public static TheoryData<string> Manifests => [.. JournalSerializer.Codecs.Rows.Select(r => r.Manifest)];

    [Fact]
    public void Every_event_that_is_kept_has_a_row()
    {
        var kept = new[] { typeof(ITaskEvent), typeof(IAccountEvent), typeof(INodeEvent) }
            .SelectMany(contract => contract.Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(contract)))
            .Where(t => !t.IsAssignableTo(typeof(IVolatileEvent)));
        Assert.Empty(kept.Except(JournalSerializer.Codecs.Rows.Select(r => r.Type)));
    }

    [Fact]
    public void Every_row_has_a_sample()
        => Assert.Empty(JournalSerializer.Codecs.Rows.Select(r => r.Type).Except(Samples.All.Select(s => s.GetType())));

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_record_comes_back_as_it_went(string manifest)
    {
        var sample = Sample(manifest);
        var read = JournalSerializer.Codecs.Decode(manifest, JournalSerializer.Codecs.Encode(sample));
        Assert.Equal(Text(sample), Text(read));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Bytes_written_long_ago_are_still_read_and_still_written(string manifest)
    {
        var bytes = JournalSerializer.Codecs.Encode(Sample(manifest));
        var file = Golden($"{manifest}.bin");
        if (Write)
            File.WriteAllBytes(file, bytes);
        var golden = File.ReadAllBytes(file);
        Assert.Equal(Text(Sample(manifest)), Text(JournalSerializer.Codecs.Decode(manifest, golden)));
        Assert.Equal(golden, bytes);
    }

    [Theory]
    [InlineData("account.opened.1+signed")]
    [InlineData("task.parts-accepted.1+stop")]
    [InlineData("task.submitted.1+seed")]
    [InlineData("task.parts-added.1+check")]
    [InlineData("task.parts-added.1+compares")]
    [InlineData("node.state.1+quarantine")]
    [InlineData("node.state.1+reinstated")]
    [InlineData("task.operator-distrusted.1+elsewhere")]
    [InlineData("node.enrolled.1+signed")]
    [InlineData("task.keys-released.1+owner")]
    [InlineData("task.attempts-failed.1+died")]
    [InlineData("task.parts-spared.1+stopped")]
    [InlineData("task.attempts-failed.1+checkpoint")]
    [InlineData("task.attempts-resumed.1+survived")]
    [InlineData("node.window-recorded.1+log")]
    [InlineData("node.state.1+integrity")]
    public void Fields_that_were_added_later_are_kept_as_well(string name)
    {
        var sample = Samples.Grown[name];
        var bytes = JournalSerializer.Codecs.Encode(sample);
        var file = Golden($"{name}.bin");
        if (Write)
            File.WriteAllBytes(file, bytes);
        var golden = File.ReadAllBytes(file);
        Assert.Equal(Text(sample), Text(JournalSerializer.Codecs.Decode(name[..name.IndexOf('+', StringComparison.Ordinal)], golden)));
        Assert.Equal(golden, bytes);
    }

    [Fact]
    public void The_schema_is_the_one_that_was_agreed()
    {
        var lines = JournalReflection.Descriptor.MessageTypes.SelectMany(Lines).Order(StringComparer.Ordinal);
        var text = string.Join('\n', lines) + "\n";
        var file = Golden("journal.schema.txt");
        if (Write)
            File.WriteAllText(file, text);
        Assert.Equal(File.ReadAllText(file), text);
    }

    [Fact]
    public void A_record_of_an_unknown_kind_is_refused_with_a_hint()
    {
        var error = Assert.Throws<InvalidDataException>(() => JournalSerializer.Codecs.Decode("task.teleported.1", []));
        Assert.Contains("src/Rxelon.Hub/Journal", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_without_a_row_is_refused()
        => Assert.Throws<InvalidOperationException>(() => JournalSerializer.Codecs.Encode(new HoldConfirmed(DateTimeOffset.UnixEpoch)));

    private static object Sample(string manifest)
        => Samples.All.Single(s => JournalSerializer.Codecs.ManifestOf(s.GetType()) == manifest);

    /// <summary>Records with lists and bytes have no useful equality; their JSON does.</summary>
    private static string Text(object record) => JsonSerializer.Serialize(record, record.GetType(), Plain);

    private static IEnumerable<string> Lines(MessageDescriptor message)
        => message.Fields.InDeclarationOrder()
            .Select(f => $"{message.FullName} {f.FieldNumber:000} {f.Name} {f.FieldType}{(f.IsRepeated ? "[]" : "")}{(f.HasPresence && f.FieldType != FieldType.Message ? "?" : "")}")
            .Concat(message.NestedTypes.SelectMany(Lines));

    private static string Golden(string name)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Rxelon.sln")))
            directory = directory.Parent;
        return Path.Combine(directory!.FullName, "tests", "Rxelon.Hub.Tests", "golden", name);
    }

    private sealed class Words : JsonConverter<IndexSet>
    {
        public override IndexSet Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
            => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, IndexSet value, JsonSerializerOptions options)
            => writer.WriteStringValue(string.Join(',', value.Words.ToArray()));
    }
}

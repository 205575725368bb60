using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using CsvHelper;
using CsvHelper.Configuration;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Tests;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Splitting;

/// <summary>Cutting and joining by record. CsvHelper says what the records of a CSV text are.</summary>
public sealed class RecordSpecs : IDisposable
{
    private static readonly CsvConfiguration Rfc4180 = new(CultureInfo.InvariantCulture) { HasHeaderRecord = false, Mode = CsvMode.RFC4180 };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_csv_record_is_in_one_part_and_every_part_begins_with_the_header()
    {
        var field = Gen.String[Gen.Int[0, 6].Select(i => "aü\",\n\r "[i]), 0, 6];
        var rows = field.Array[3].Array[1, 30];
        Gen.Select(rows, Gen.Long[1, 7], Gen.Int[0, 1].Select(i => ((string[])["\n", "\r\n"])[i]), Gen.Bool, Gen.Bool).Sample(
            sample =>
            {
                var (table, size, lineEnd, endsWithLine, quoteAll) = sample;
                var text = string.Join(lineEnd, table.Select(r => string.Join(',', r.Select(f => Quote(f, quoteAll))))) + (endsWithLine ? lineEnd : "");
                var parts = SplitAsync([("table.csv", text)], new SplitPlan(SplitBy.Records, size)).GetAwaiter().GetResult();
                var judged = Judge(text);
                var parsed = parts.ConvertAll(Judge);
                Assert.All(parsed, part => Assert.Equal(judged[0], part[0]));
                Assert.All(parsed.SkipLast(1), part => Assert.Equal(size, part.Count - 1));
                Assert.Equal(judged.Skip(1), parsed.SelectMany(part => part.Skip(1)));
                Assert.Equal(judged, Judge(Merge(parts, RecordFormat.Csv)));
            },
            iter: 500);
    }

    [Fact]
    public void Every_json_line_is_in_one_part()
    {
        Gen.Select(Gen.String.Array[0, 20], Gen.Long[1, 5], Gen.Int[0, 2].Select(i => ((string[])["\n", "\r\n", "\n\n"])[i]), Gen.Bool).Sample(
            sample =>
            {
                var (values, size, lineEnd, endsWithLine) = sample;
                var text = string.Join(lineEnd, values.Select(v => JsonSerializer.Serialize(v))) + (endsWithLine ? lineEnd : "");
                var parts = SplitAsync([("values.jsonl", text)], new SplitPlan(SplitBy.Records, size)).GetAwaiter().GetResult();
                Assert.Equal(values, Lines(string.Concat(parts)));
                Assert.Equal(values, Lines(Merge(parts.ConvertAll(p => p.TrimEnd('\n')), RecordFormat.Jsonl)));
                Assert.All(parts.SkipLast(1), part => Assert.Equal(size, Lines(part).Length));
            },
            iter: 300);
    }

    [Fact]
    public async Task A_real_table_keeps_all_of_its_records()
    {
        var text = await File.ReadAllTextAsync(Repository.PathTo("tests", "interop", "node_modules", "vega-datasets", "data", "airports.csv"));
        var parts = await SplitAsync([("airports.csv", text)], new SplitPlan(SplitBy.Records, 500));
        var judged = Judge(text);
        Assert.InRange(judged.Count, 3_000, 4_000);
        Assert.Equal((judged.Count - 1 + 499) / 500, parts.Count);
        Assert.Equal(judged, Judge(Merge(parts, RecordFormat.Csv)));
    }

    [Fact]
    public async Task Files_of_one_table_have_one_header_and_their_last_lines_are_ended()
    {
        var parts = await SplitAsync([("a.csv", "x,y\n1,2"), ("b.csv", "x,y\r\n3,4\r\n"), ("c.csv", "")], new SplitPlan(SplitBy.Records, 10));
        Assert.Equal("x,y\n1,2\n3,4\r\n", Assert.Single(parts));
        var fault = await FaultAsync([("a.csv", "x,y\n1,2"), ("b.csv", "y,x\n3,4\n")]);
        Assert.Equal(FaultCodes.BadRecords, fault.Code);
        Assert.Contains("another header line", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_header_or_records_makes_parts_all_the_same()
    {
        Assert.Equal(["1\n", "2\n"], await SplitAsync([("a.csv", "1\n\n2\n\n")], new SplitPlan(SplitBy.Records, 1) { Header = false }));
        Assert.Equal(["x,y\n"], await SplitAsync([("a.csv", "\u00EF\u00BB\u00BFx,y\n")], new SplitPlan(SplitBy.Records, 1)));
        Assert.Equal([""], await SplitAsync([("a.csv", "")], new SplitPlan(SplitBy.Records, 1)));
        Assert.Equal(["{}\n"], await SplitAsync([("a.bin", "{}")], new SplitPlan(SplitBy.Records, 1) { Format = RecordFormat.Jsonl }));
    }

    [Theory]
    [InlineData("a\n\"never closed\n1\n2\n", "line 2 opens a quote that is never closed")]
    [InlineData("a\n1\n5\" pipe\n", "line 3 has a quote inside of a field")]
    [InlineData("a\n\"1\"2\n", "line 2 has text between a closing quote")]
    [InlineData("a\n1\r2\n", "line 2 has a carriage return")]
    public async Task What_is_not_rfc_4180_is_refused_with_its_line(string text, string says)
    {
        var fault = await FaultAsync([("a.csv", text)]);
        Assert.Equal(FaultCodes.BadRecords, fault.Code);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_longer_than_the_limit_is_refused_before_it_is_read_to_its_end()
    {
        var endless = new RepeatingStream("x,"u8.ToArray());
        var reader = new RecordReader(endless, "endless", RecordFormat.Csv, Culprit.Input);
        var e = await Assert.ThrowsAsync<InputException>(async () => await reader.CopyAsync(Stream.Null, 1, default));
        Assert.Contains($"more than {RecordReader.Longest} bytes", e.Message, StringComparison.Ordinal);
        Assert.InRange(endless.Delivered, RecordReader.Longest, RecordReader.Longest + (1 << 17));
    }

    [Fact]
    public async Task Outputs_with_other_headers_or_broken_records_are_not_merged()
    {
        Assert.Equal("a\n1\n2\n", Merge(["a\n1\n", "", "a\r\n2"], RecordFormat.Csv));
        var differ = await Assert.ThrowsAsync<InputException>(() => new MergeRun(RecordFormat.Csv).AddAllAsync(["a\n1\n", "b\n1\n"]));
        Assert.Equal((FaultCodes.BadRecords, Culprit.Program), (differ.Fault.Code, differ.Fault.Culprit));
        Assert.Contains("part 1 has another header line than part 0", differ.Message, StringComparison.Ordinal);
    }

    private static string Quote(string field, bool always)
        => always || field.AsSpan().ContainsAny("\",\r\n") || field.Length == 0 || field.Trim() != field
            ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static List<string> Judge(string csv)
    {
        using var parser = new CsvParser(new StringReader(csv), Rfc4180);
        var rows = new List<string>();
        while (parser.Read())
            rows.Add(JsonSerializer.Serialize(parser.Record));
        return rows;
    }

    private static string[] Lines(string text)
        => [.. text.Split('\n').Where(l => l.Trim('\r').Length > 0).Select(l => JsonSerializer.Deserialize<string>(l)!)];

    private static string Merge(List<string> parts, RecordFormat format)
    {
        var run = new MergeRun(format);
        run.AddAllAsync(parts).GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(run.Output.ToArray());
    }

    private static TaskPlan Plan(IReadOnlyList<string> inputs, SplitPlan split, string folder = ".") => new()
    {
        Spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Wasm },
        Program = new ProgramPlan(),
        Inputs = inputs,
        Split = split,
        BaseDirectory = folder,
    };

    private async Task<List<string>> SplitAsync(IReadOnlyList<(string Name, string Text)> files, SplitPlan split)
    {
        var folder = _folder[Guid.NewGuid().ToString("N")];
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in files)
            await File.WriteAllBytesAsync(Path.Combine(folder, name), text.StartsWith('\u00EF') ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text));
        var splitter = PartSplitter.Open(Plan([.. files.Select(f => f.Name)], split, folder), () => Stream.Null, _folder["spool"]);
        var parts = new List<string>();
        await foreach (var write in splitter.Value.PartsAsync())
        {
            var archive = new MemoryStream();
            await write.WriteAsync(archive, default);
            archive.Position = 0;
            using var tar = new System.Formats.Tar.TarReader(archive);
            using var content = new MemoryStream();
            tar.GetNextEntry()!.DataStream?.CopyTo(content);
            parts.Add(Encoding.UTF8.GetString(content.ToArray()));
        }

        Directory.Delete(folder, recursive: true);
        return parts;
    }

    private async Task<Fault> FaultAsync(IReadOnlyList<(string Name, string Text)> files)
        => (await Assert.ThrowsAsync<InputException>(() => SplitAsync(files, new SplitPlan(SplitBy.Records, 10)))).Fault;

    private sealed class MergeRun(RecordFormat format)
    {
        internal MemoryStream Output { get; } = new();

        internal async Task AddAllAsync(IReadOnlyList<string> parts)
        {
            var merger = new RecordMerger(Output, format);
            foreach (var (part, number) in parts.Select((p, i) => (p, i)))
                await merger.AddAsync(new MemoryStream(Encoding.UTF8.GetBytes(part)), $"part {number}", default);
        }
    }
}

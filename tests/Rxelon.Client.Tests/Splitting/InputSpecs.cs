using System.Formats.Tar;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Splitting;

/// <summary>Inputs that are odd, or change while they are read.</summary>
public sealed class InputSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_link_to_a_file_is_that_file()
    {
        _folder.Write("real/long.txt", new string('x', 5000));
        Directory.CreateDirectory(_folder["in"]);
        File.CreateSymbolicLink(_folder["in/link.txt"], "../real/long.txt");
        Assert.Equal(5000, Assert.Single(await ReadAsync(SplitPlan.None, "in"))["in/in/link.txt"].Length);
        Assert.Equal(5000, (await ReadAsync(new SplitPlan(SplitBy.Bytes, 3000), "in/link.txt")).Sum(p => p["stdin"].Length));
    }

    [Fact]
    public void Links_to_folders_and_to_nothing_are_refused()
    {
        _folder.Write("in/a.txt", "a");
        Directory.CreateSymbolicLink(_folder["in/circle"], "..");
        Assert.Equal(FaultCodes.Malformed, Resolve("in").Code);
        Directory.Delete(_folder["in/circle"]);
        File.CreateSymbolicLink(_folder["in/dangling"], "nowhere");
        var nothing = Resolve("in");
        Assert.Equal(FaultCodes.NotFound, nothing.Code);
        Assert.Contains("dangling", nothing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_not_both_a_file_and_a_folder()
    {
        _folder.Write("one/a/b.txt", "");
        _folder.Write("two/a", "");
        Assert.Equal(FaultCodes.Conflict, Resolve("one/a", "two/a").Code);
        _folder.Write("three/a/b.txt", "");
        Assert.Equal(FaultCodes.Conflict, Resolve("one/a", "three/a").Code);
    }

    [Fact]
    public async Task An_empty_file_is_an_empty_file()
    {
        _folder.Write("empty", "");
        Assert.Empty(Assert.Single(await ReadAsync(SplitPlan.None, "empty"))["in/empty"]);
        foreach (var by in (SplitBy[])[SplitBy.Lines, SplitBy.Bytes])
            Assert.Empty(Assert.Single(await ReadAsync(new SplitPlan(by, 10), "empty"))["stdin"]);
    }

    [Theory]
    [InlineData(SplitBy.None)]
    [InlineData(SplitBy.Files)]
    [InlineData(SplitBy.Lines)]
    [InlineData(SplitBy.Bytes)]
    [InlineData(SplitBy.Records)]
    public async Task Input_that_vanishes_grows_or_shrinks_is_named(SplitBy by)
    {
        foreach (var (change, says) in (IEnumerable<(Action<string>, string)>)
            [(File.Delete, "is gone"), (f => File.AppendAllText(f, "4\n"), "8 "), (f => File.WriteAllText(f, "1\n"), "2 ")])
        {
            _folder.Write("data.csv", "1\n2\n3\n");
            var splitter = Open(new SplitPlan(by, 1), "data.csv").Value;
            change(_folder["data.csv"]);
            var e = await Assert.ThrowsAsync<InputException>(() => DrainAsync(splitter));
            Assert.Equal((FaultCodes.InputChanged, true), (e.Fault.Code, e.Fault.Retryable));
            Assert.Contains(says, e.Message, StringComparison.Ordinal);
            Assert.Contains("data.csv", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Input_that_grows_behind_the_reader_is_named()
    {
        _folder.Write("data.txt", new string('x', 200_000));
        var splitter = Open(new SplitPlan(SplitBy.Bytes, 100_000), "data.txt").Value;
        var e = await Assert.ThrowsAsync<InputException>(async () =>
        {
            await foreach (var write in splitter.PartsAsync())
            {
                await write.WriteAsync(Stream.Null, default);
                File.AppendAllText(_folder["data.txt"], "more");
            }
        });
        Assert.Equal(FaultCodes.InputChanged, e.Fault.Code);
    }

    [Fact]
    public async Task Slices_of_files_with_a_size_leave_nothing_on_the_disk_and_join_to_what_the_files_held()
    {
        _folder.Write("a.txt", new string('a', 1_500_000));
        _folder.Write("b.txt", new string('b', 2_500_001));
        Directory.CreateDirectory(_folder["spool"]);
        var parts = new List<byte[]>();
        await foreach (var write in Open(new SplitPlan(SplitBy.Bytes, 1_999_999), "a.txt", "b.txt").Value.PartsAsync())
        {
            var archive = new MemoryStream();
            await write.WriteAsync(archive, default);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["spool"]));
            using var tar = new TarReader(new MemoryStream(archive.ToArray()));
            var content = new MemoryStream();
            tar.GetNextEntry()!.DataStream!.CopyTo(content);
            parts.Add(content.ToArray());
        }

        Assert.Equal([1_999_999, 1_999_999, 3], parts.Select(p => p.Length));
        Assert.Equal(new string('a', 1_500_000) + new string('b', 2_500_001), System.Text.Encoding.ASCII.GetString([.. parts.SelectMany(p => p)]));
    }

    private Outcome<PartSplitter> Open(SplitPlan split, params string[] inputs)
        => PartSplitter.Open(
            new TaskPlan
            {
                Spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Wasm },
                Program = new ProgramPlan(),
                Inputs = inputs,
                Split = split,
                BaseDirectory = _folder["."],
            },
            () => Stream.Null, _folder["spool"]);

    private Fault Resolve(params string[] inputs) => Open(SplitPlan.None, inputs).Fault!;

    private static async Task DrainAsync(PartSplitter splitter)
    {
        await foreach (var write in splitter.PartsAsync())
            await write.WriteAsync(Stream.Null, default);
    }

    private async Task<List<Dictionary<string, byte[]>>> ReadAsync(SplitPlan split, params string[] inputs)
    {
        var parts = new List<Dictionary<string, byte[]>>();
        await foreach (var write in Open(split, inputs).Value.PartsAsync())
        {
            var archive = new MemoryStream();
            await write.WriteAsync(archive, default);
            archive.Position = 0;
            using var tar = new TarReader(archive);
            var files = new Dictionary<string, byte[]>();
            while (tar.GetNextEntry() is { } entry)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files[entry.Name] = content.ToArray();
            }

            parts.Add(files);
        }

        return parts;
    }
}

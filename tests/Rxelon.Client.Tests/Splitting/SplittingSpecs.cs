using System.Text;
using CsCheck;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Splitting;

public sealed class SplittingSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parts_by_lines_or_bytes_joined_are_the_input()
    {
        var inputs = Gen.Select(Gen.Int[0, 2].Select(i => "a\n\0"u8[i]).Array[0, 200], Gen.Long[1, 40], Gen.Bool);
        inputs.Sample(
            input =>
            {
                var (bytes, size, byLines) = input;
                var parts = Split(bytes, byLines ? SplitBy.Lines : SplitBy.Bytes, size).GetAwaiter().GetResult();
                Assert.Equal(bytes, parts.SelectMany(p => p).ToArray());
                Assert.NotEmpty(parts);
                foreach (var part in parts.SkipLast(1))
                    Assert.Equal(size, byLines ? part.Count(b => b == '\n') : part.Length);
                Assert.All(parts.SkipLast(1), part => Assert.True(!byLines || part[^1] == '\n'));
                Assert.True(parts.Count == 1 || parts[^1].Length > 0, "an empty part at the end");
            },
            iter: 200);
    }

    [Fact]
    public async Task Lines_longer_than_every_buffer_stay_whole()
    {
        var text = new string('x', 3_000_000) + "\n" + new string('y', 200_000) + "\nz";
        var parts = await Split(Encoding.ASCII.GetBytes(text), SplitBy.Lines, 1);
        Assert.Equal([3_000_001, 200_001, 1], parts.Select(p => p.Length));
    }

    [Fact]
    public async Task Nothing_makes_one_empty_part()
    {
        Assert.Empty(Assert.Single(await Split([], SplitBy.Lines, 10)));
        Assert.Empty(Assert.Single(await Split([], SplitBy.Bytes, 10)));
    }

    [Fact]
    public async Task Memory_and_disk_hold_a_part_encrypted_and_not_the_input()
    {
        const int size = 64 << 20;
        const int part = 16 << 20;
        var spool = Directory.CreateDirectory(_folder["spool"]).FullName;
        var source = new PatternStream(size);
        var splitter = PartSplitter.Open(Plan(["-"], SplitBy.Bytes, part), () => source, spool).Value;
        long total = 0;
        await foreach (var write in splitter.PartsAsync())
        {
            Assert.InRange(source.Delivered - total, part, part + (1 << 16));
            var file = Assert.Single(Directory.EnumerateFiles(spool));
            await using (var copy = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                var start = new byte[4096];
                copy.ReadExactly(start);
                Assert.DoesNotContain(PatternStream.Marker, Encoding.ASCII.GetString(start), StringComparison.Ordinal);
            }

            var counter = new CountingStream();
            await write.WriteAsync(counter, default);
            Assert.InRange(counter.Count, part, part + 65_536);
            total += part;
        }

        Assert.Equal(size, total);
        Assert.True(!Directory.Exists(spool) || !Directory.EnumerateFiles(spool).Any());
    }

    [Fact]
    public async Task Files_are_grouped_and_found_under_their_names()
    {
        foreach (var name in (string[])["d/1.csv", "d/2.csv", "d/x/3.csv", "d/note.txt"])
            _folder.Write(name, name);
        var groups = await Names(["d/**/*.csv"], SplitBy.Files, 2);
        Assert.Equal(["in/1.csv in/2.csv", "in/x/3.csv"], groups);
        Assert.Equal(["in/d/1.csv in/d/2.csv in/d/note.txt in/d/x/3.csv"], await Names(["d"], SplitBy.None, 1));
        Assert.Equal(["in/1.csv in/2.csv in/note.txt"], await Names(["d/*"], SplitBy.None, 1));
        Assert.Equal(["in/1.csv in/note.txt"], await Names(["d/[0-1].csv", "./d/note.txt"], SplitBy.None, 1));
    }

    [Fact]
    public async Task Count_gives_every_part_all_inputs_or_none()
    {
        _folder.Write("a.txt", "A");
        Assert.Equal(["in/a.txt", "in/a.txt", "in/a.txt"], await Names(["a.txt"], SplitBy.Count, 3));
        Assert.Equal(["", ""], await Names([], SplitBy.Count, 2));
    }

    [Fact]
    public void Two_files_of_one_name_and_inputs_that_are_not_there_are_refused()
    {
        _folder.Write("a/x.txt", "1");
        _folder.Write("b/x.txt", "2");
        Assert.Equal("conflict", Open(["a/x.txt", "b/x.txt"], SplitBy.None).Fault!.Code);
        Assert.Equal("not-found", Open(["c/*.txt"], SplitBy.None).Fault!.Code);
        Assert.Equal("malformed", Open(["-"], SplitBy.Files).Fault!.Code);
        Assert.Equal("malformed", Open(["-", "a/x.txt"], SplitBy.Lines).Fault!.Code);
    }

    private static async Task<byte[]> ArchiveAsync(PartSource part)
    {
        var archive = new MemoryStream();
        await part.WriteAsync(archive, default);
        return archive.ToArray();
    }

    private TaskPlan Plan(string[] inputs, SplitBy by, long size) => new()
    {
        Spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Wasm },
        Program = new ProgramPlan(),
        Inputs = inputs,
        Split = new SplitPlan(by, size),
        BaseDirectory = _folder.Path,
    };

    private Rxelon.Shared.Values.Outcome<PartSplitter> Open(string[] inputs, SplitBy by)
        => PartSplitter.Open(Plan(inputs, by, 1), () => Stream.Null, _folder.Path);

    private async Task<List<byte[]>> Split(byte[] input, SplitBy by, long size)
    {
        var splitter = PartSplitter.Open(Plan(["-"], by, size), () => new MemoryStream(input), _folder.Path).Value;
        var parts = new List<byte[]>();
        await foreach (var part in splitter.PartsAsync())
            parts.Add(FakeNode.Untar(await ArchiveAsync(part))[PartArchive.Stdin]);
        return parts;
    }

    private async Task<List<string>> Names(string[] inputs, SplitBy by, long size)
    {
        var splitter = PartSplitter.Open(Plan(inputs, by, size), () => Stream.Null, _folder.Path).Value;
        var names = new List<string>();
        await foreach (var part in splitter.PartsAsync())
            names.Add(string.Join(' ', FakeNode.Untar(await ArchiveAsync(part)).Keys));
        Assert.Equal(names.Count, splitter.KnownCount);
        return names;
    }

    private sealed class CountingStream : MemoryStream
    {
        internal long Count { get; private set; }

        public override void Write(byte[] buffer, int offset, int count) => Count += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Count += count;
            return Task.CompletedTask;
        }
    }

    private sealed class PatternStream(long size) : MemoryStream
    {
        internal const string Marker = "MARKER";

        private static readonly byte[] Pattern = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Marker, 1000)));

        internal long Delivered { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var take = (int)Math.Min(Math.Min(buffer.Length, Pattern.Length), size - Delivered);
            Pattern.AsMemory(0, take).CopyTo(buffer);
            Delivered += take;
            return ValueTask.FromResult(take);
        }
    }
}

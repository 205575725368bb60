using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Splitting;

/// <summary>Runs while no other test does: it looks at the memory of the whole process.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

[Collection(nameof(AloneCollection))]
public sealed class RecordMemorySpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Memory_does_not_grow_with_ten_thousand_parts()
    {
        var rows = new RepeatingStream("1,\"a\nb\",2\n"u8.ToArray(), rows: 1_000_001);
        var plan = new TaskPlan
        {
            Spec = new TaskSpec { Name = "records", Kind = WorkloadKind.Wasm },
            Program = new ProgramPlan(),
            Inputs = ["-"],
            Split = new SplitPlan(SplitBy.Records, 100) { Format = RecordFormat.Csv },
            BaseDirectory = ".",
        };
        var splitter = PartSplitter.Open(
            plan, () => rows, _folder["spool"]).Value;
        var (count, low, high) = (0, long.MaxValue, 0L);
        await foreach (var write in splitter.PartsAsync())
        {
            await write.WriteAsync(Stream.Null, default);
            if (count++ % 2500 != 1)
                continue;
            var live = GC.GetTotalMemory(forceFullCollection: true);
            (low, high) = (Math.Min(low, live), Math.Max(high, live));
        }

        Assert.Equal(10_000, count);
        Assert.InRange(high - low, 0, 8 << 20);
    }
}

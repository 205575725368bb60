using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Rxelon.Hub.Live;
using Rxelon.Hub.Tests.Blobs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Tests.Live;

public sealed class LogStoreSpecs : IAsyncLifetime
{
    private static readonly TaskId Task1 = TaskId.FromBytes("a-task-with-logs"u8);
    private static readonly TaskId Task2 = TaskId.FromBytes("one-more-of-them"u8);
    private static readonly AttemptId Attempt = new(Task1, 3, 2);
    private readonly TemporaryDirectory _directory = new();
    private LogStore _store = null!;

    private string FileName => Path.Combine(_directory.Path, "logs", Task1.ToString(), "3-2.log");

    public Task InitializeAsync()
    {
        _store = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Chunks_are_read_in_order_from_any_one_on_and_by_attempt()
    {
        for (uint i = 0; i < 5; i++)
            _store.Append(Attempt, i, Chunk(i));
        _store.Append(Attempt with { Number = 3 }, 0, Chunk(100));
        _store.Append(Attempt with { Task = Task2 }, 0, Chunk(200));
        await DrainAsync();

        Assert.Equal([0u, 1u, 2u, 3u, 4u], Numbers(Attempt, 0));
        Assert.Equal([3u, 4u], Numbers(Attempt, 3));
        Assert.Empty(Numbers(Attempt, 5));
        Assert.Empty(Numbers(Attempt with { Part = 4 }, 0));
        var listed = _store.List(Task1);
        Assert.Equal([(3, 2, 5u), (3, 3, 1u)], listed.Select(l => (l.Part, l.Attempt, l.Next)));
        Assert.Equal(new FileInfo(FileName).Length, listed[0].Bytes);
        Assert.Equal([Task1, Task2], _store.Tasks().OrderBy(t => t == Task2));
        var bytes = _store.Read(Attempt, 2);
        var (_, start, end) = LogRecords.Read(bytes).First();
        Assert.Equal("chunk 2", Encoding.UTF8.GetString(bytes[(start + LogRecords.Framing)..end]));
    }

    [Fact]
    public async Task Repeats_and_earlier_numbers_are_ignored_and_gaps_are_kept()
    {
        foreach (var number in (uint[])[0, 1, 1, 0, 4, 3, 5])
            _store.Append(Attempt, number, Chunk(number));
        await DrainAsync();
        Assert.Equal([0u, 1u, 4u, 5u], Numbers(Attempt, 0));
    }

    [Fact]
    public async Task A_restart_keeps_what_was_written_and_a_record_that_was_cut_short_goes()
    {
        _store.Append(Attempt, 0, Chunk(0));
        _store.Append(Attempt, 1, Chunk(1));
        await DrainAsync();
        await using (var file = new FileStream(FileName, FileMode.Append))
            file.Write(LogRecords.Write(2, Chunk(2))[..^1]);

        _store = Open();
        Assert.Equal([0u, 1u], Numbers(Attempt, 0));
        Assert.Equal(2u, _store.List(Task1).Single().Next);
        Assert.Equal(2u, _store.List(Task1).Single().Next);
        _store.Append(Attempt, 1, Chunk(1));
        _store.Append(Attempt, 2, Chunk(2));
        await DrainAsync();
        Assert.Equal([0u, 1u, 2u], Numbers(Attempt, 0));
        Assert.Equal((3u, new FileInfo(FileName).Length), (_store.List(Task1).Single().Next, _store.List(Task1).Single().Bytes));
    }

    [Fact]
    public async Task An_attempt_and_a_task_have_their_bounds()
    {
        var chunk = new byte[32 * 1024];
        for (var attempt = 1; attempt <= 60; attempt++)
        {
            for (uint i = 0; i < 45; i++)
                await Eventually.TrueAsync("room in the queue", () => _store.Append(Attempt with { Number = attempt }, i, chunk));
        }

        await DrainAsync();
        var logs = _store.List(Task1);
        Assert.InRange(logs[0].Bytes, LogFolder.MostOfAttempt - (33 * 1024), LogFolder.MostOfAttempt);
        Assert.InRange(logs.Sum(l => l.Bytes), LogFolder.MostOfTask - (33 * 1024), LogFolder.MostOfTask);
    }

    [Fact]
    public async Task Erasing_takes_all_of_a_task_and_nothing_else_and_may_be_repeated()
    {
        _store.Append(Attempt, 0, Chunk(0));
        _store.Append(Attempt with { Task = Task2 }, 0, Chunk(0));
        await DrainAsync();

        _store = Open();
        Assert.Single(_store.List(Task1));
        _store.Erase(Task1);
        _store.Erase(Task1);

        Assert.Empty(_store.List(Task1));
        Assert.Empty(Numbers(Attempt, 0));
        Assert.Equal([Task2], _store.Tasks());
        Assert.False(Directory.Exists(Path.GetDirectoryName(FileName)));
    }

    [Fact]
    public async Task Whoever_watches_hears_of_what_comes_for_that_task()
    {
        using var watch = _store.Watch(Task1);
        using var other = _store.Watch(Task2);
        _store.Append(Attempt, 0, Chunk(0));
        await watch.ChangedAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal([0u], Numbers(Attempt, 0));
        Assert.False(other.ChangedAsync(new CancellationToken(true)).IsCompletedSuccessfully);
    }

    private LogStore Open() => LogStore.Open(_directory.Path, StoreFixture.NoReserve, TimeProvider.System, NullLogger.Instance);

    /// <summary>Everything that was appended is written; the store is closed.</summary>
    private async Task DrainAsync() => await _store.DisposeAsync();

    private uint[] Numbers(AttemptId attempt, uint from) => [.. LogRecords.Read(_store.Read(attempt, from)).Select(r => r.Number)];

    private static byte[] Chunk(uint number) => Encoding.UTF8.GetBytes($"chunk {number}");
}

using Rxelon.Bench.Mock;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Config;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Projections;

/// <summary>The index over a journal that the production cluster wrote.</summary>
public sealed class IndexSpecs
{
    [Fact]
    public async Task Lists_follow_the_journal_and_can_be_built_anew()
    {
        using var directory = new TemporaryDirectory();
        TaskId finished, waiting;
        AccountId owner;
        List<string> before;
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
            hub.AttachNodes(nodes: 1, slots: 2);
            finished = await hub.SubmitAsync(MockHub.Order(owner, parts: 3));
            waiting = await hub.SubmitAsync(MockHub.Order(owner, 2, s => s with { Placement = new Placement { Regions = ["moon"] } }));
            var tasks = hub.TaskIndex;
            var page = await Eventually.Async(
                () => tasks.List(owner, null, 10), p => p.Tasks.Any(t => t.Task == finished && t.Settled) && p.Tasks.Any(t => t.Task == waiting && t.Phase == TaskPhase.Queued));
            Assert.Equal([waiting, finished], page.Tasks.Select(t => t.Task));
            Assert.Null(page.Next);
            Assert.Equal((TaskPhase.Completed, 3, 3, 0), Counts(page.Tasks[1]));
            Assert.Equal((TaskPhase.Queued, 2, 0, 0), Counts(page.Tasks[0]));
            Assert.Equal((await hub.TaskAsync(finished)).Cost, page.Tasks[1].Cost);

            var first = tasks.List(owner, null, 1);
            Assert.Equal([waiting], first.Tasks.Select(t => t.Task));
            Assert.Equal([finished], tasks.List(owner, first.Next, 1).Tasks.Select(t => t.Task));
            Assert.Equal([finished], tasks.Find(finished.ToString()[..12], owner, TaskPhase.Completed, 5).Select(t => t.Task));
            Assert.Empty(tasks.Find("t_zzzz", null, null, 5));
            before = Rows(directory.Path);
        }

        File.Delete(Path.Combine(directory.Path, "index.db"));
        using (var again = Open(directory.Path))
            Follow(again);
        var rebuilt = Rows(directory.Path);
        Assert.Equal(before.Count, rebuilt.Count);
        var due = new IndexReader(new HubFiles(directory.Path).Index).DueTasks(DateTimeOffset.UtcNow, default, 10);
        Assert.Equal([waiting.ToString()], due.Select(d => d.Id));
    }

    [Fact]
    public async Task A_crash_between_two_batches_folds_nothing_twice()
    {
        using var directory = new TemporaryDirectory();
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
            hub.AttachNodes(nodes: 1, slots: 4);
            for (var i = 0; i < 5; i++)
                await hub.SubmitAsync(MockHub.Order(owner, parts: 4));
            await Eventually.Async(() => hub.TaskIndex.List(owner, null, 10), p => p.Tasks.Count(t => t.Settled) == 5);
        }

        Delete(directory.Path);
        using (var whole = Open(directory.Path))
            Follow(whole);
        var expected = Rows(directory.Path);

        Delete(directory.Path);
        for (var advanced = 1; advanced > 0;)
        {
            using var step = Open(directory.Path); // a new process after every batch
            advanced = step.Advance(3);
        }

        Assert.Equal(expected, Rows(directory.Path));
    }

    private static (TaskPhase Phase, int Total, int Accepted, int Running) Counts(TaskEntry t)
        => (t.Phase, t.PartsTotal, t.PartsAccepted, t.PartsRunning);

    private static IndexStore Open(string directory)
    {
        var files = new HubFiles(directory);
        return new IndexStore(files.Index, files.Journal);
    }

    private static void Follow(IndexStore store)
    {
        while (store.Advance(1000) > 0)
        {
        }
    }

    private static void Delete(string directory)
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(directory, "index.db*"))
            File.Delete(file);
    }

    private static List<string> Rows(string directory)
    {
        var reader = new IndexReader(new SqliteFile(Path.Combine(directory, "index.db")));
        return
        [
            .. reader.Find(null, null, null, 100).Select(t => t.ToString()),
            .. ((IAccountIndex)reader).All().Select(a => a.ToString()),
            .. ((INodeIndex)reader).All().Select(n => n.Node.ToString()),
        ];
    }
}

using Akka.Actor;
using Rxelon.Bench.Mock;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Entities;

/// <summary>Hubs that stop and start again on the same data directory.</summary>
public sealed class RecoverySpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task After_a_restart_open_tasks_go_on_by_themselves_and_are_paid_once()
    {
        using var directory = new TemporaryDirectory();
        AccountId owner;
        TaskId task;
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
            hub.AttachNodes(nodes: 1, slots: 4, answers: false); // placed, and never heard of again
            task = await hub.SubmitAsync(MockHub.Order(owner, parts: 6));
            await Eventually.Async(() => hub.TaskAsync(task), v => v.Parts.Count(p => p.Phase == PartPhase.Assigned) == 4);
        }

        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            hub.AttachNodes(nodes: 1, slots: 4, session: 2);
            var view = await Eventually.Async(() => hub.TaskAsync(task), v => v.Settled);
            Assert.Equal(TaskPhase.Completed, view.Phase);
            Assert.Equal(4, view.Parts.Count(p => p.Attempt == 2)); // the lost ones were placed again, under the next number
            var account = await Eventually.Async(() => hub.AccountAsync(owner), a => (a.Held + a.Owed + a.InTransit).Micros == 0);
            Assert.Equal(new Tokens(1_000_000_000) - view.Cost, account.Available);
        }
    }

    [Fact]
    public async Task Rotating_keys_keep_their_order_in_the_journal_through_lost_attempts_and_a_restart()
    {
        using var directory = new TemporaryDirectory();
        TaskId task;
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
            hub.AttachNodes(nodes: 2, slots: 4, answers: false); // the first attempt is placed and never heard of again
            task = await hub.SubmitAsync(MockHub.Order(owner, parts: 6, s => s with { Privacy = new Privacy { Rotate = true } }));
            await Eventually.Async(() => hub.TaskAsync(task), v => v.Parts[0].Phase == PartPhase.Assigned);
            Assert.All((await hub.TaskAsync(task)).Parts.Skip(1), p => Assert.Equal(PartPhase.Waiting, p.Phase));
        }

        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            hub.AttachNodes(nodes: 2, slots: 4, session: 2);
            var view = await Eventually.Async(() => hub.TaskAsync(task), v => v.Settled);
            Assert.Equal((TaskPhase.Completed, 2), (view.Phase, view.Parts[0].Attempt));
        }

        using var tail = new Rxelon.Hub.Journal.JournalTail(new Rxelon.Hub.Config.HubFiles(directory.Path).Journal);
        var accepted = new HashSet<int>();
        var released = new List<int>();
        foreach (var happened in tail.ReadEntity($"task-{task}", 1, 1_000).Select(r => r.Decode()))
        {
            foreach (var part in (happened as KeysReleased)?.Releases.Select(r => r.Attempt.Part) ?? [])
            {
                Assert.True(part == 0 || accepted.Contains(part - 1), $"Keys of part {part} went too early.");
                released.Add(part);
            }

            accepted.UnionWith((happened as PartsAccepted)?.Parts.Select(p => p.Attempt.Part) ?? []);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], released);
    }

    [Fact]
    public async Task An_account_comes_back_from_its_snapshot_as_it_was()
    {
        using var directory = new TemporaryDirectory();
        AccountId owner;
        AccountView before;
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            owner = await hub.OpenAccountAsync(new Tokens(1));
            await Task.WhenAll(Enumerable.Range(0, 2100).Select(i => hub.Accounts.Ask<AccountReply>(
                new GrantTokens(owner, new Tokens(1), $"g{i}", "test", DateTimeOffset.UtcNow), Patience)));
            before = await hub.AccountAsync(owner);
            Assert.Equal(2101, before.Available.Micros);
        }

        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            var after = await hub.AccountAsync(owner);
            Assert.Equal(before.Available, after.Available);
            Assert.IsType<AccountOk>(await hub.Accounts.Ask<AccountReply>(
                new GrantTokens(owner, new Tokens(1), "g7", "test", DateTimeOffset.UtcNow), Patience));
            Assert.Equal(before.Available, (await hub.AccountAsync(owner)).Available);
        }
    }

    [Fact]
    public async Task Results_that_expire_are_erased_even_when_the_disk_is_away_at_first()
    {
        await using var hub = await MockHub.StartAsync();
        hub.Blobs.FailingReleases = 1;
        var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
        hub.AttachNodes(nodes: 1, slots: 2);
        var order = MockHub.Order(owner, 2, s => s with { Retain = new Retention { ResultsSeconds = 0 } });
        var task = await hub.SubmitAsync(order);
        await Eventually.Async(() => hub.TaskAsync(task), v => v.Erased);
        await Eventually.Async(() => hub.Blobs.Released.Distinct().Count(), n => n == 3);
        Assert.Contains(order.Submission.Program.Id, hub.Blobs.Released);
    }

    [Fact]
    public async Task Tasks_come_and_go_from_memory_without_being_asked()
    {
        await using var hub = await MockHub.StartAsync();
        var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
        hub.AttachNodes(nodes: 1, slots: 8);
        for (var i = 0; i < 10; i++)
            await hub.SubmitAsync(MockHub.Order(owner, parts: 1));
        await Eventually.Async(() => hub.TaskIndex.List(owner, null, 20), p => p.Tasks.Count(t => t.Settled) == 10);
        await Eventually.Async(
            async () => (await hub.Tasks.Ask<Akka.Cluster.Sharding.CurrentShardRegionState>(
                Akka.Cluster.Sharding.GetShardRegionState.Instance, Patience)).Shards.Sum(s => s.EntityIds.Count),
            alive => alive == 0);
    }

    [Fact]
    public async Task A_node_is_enrolled_revoked_and_listed()
    {
        await using var hub = await MockHub.StartAsync();
        var key = new byte[32];
        key[0] = 1;
        var node = NodeId.OfIdentityKey(key);
        var owner = await hub.OpenAccountAsync(new Tokens(1));
        Task<NodeReply> Ask(INodeCommand c) => hub.Nodes.Ask<NodeReply>(c, Patience);
        Assert.IsType<NodeOk>(await Ask(new EnrolNode(node, owner, "n1", key, "label", key, true, DateTimeOffset.UtcNow)));
        Assert.IsType<NodeOk>(await Ask(new ApproveNode(node, "root", DateTimeOffset.UtcNow)));
        var index = (Rxelon.Hub.Projections.INodeIndex)hub.Services.GetService(typeof(Rxelon.Hub.Projections.INodeIndex))!;
        await Eventually.Async(() => index.Find(node), n => n?.Standing == NodeStanding.Active);
        Assert.IsType<NodeOk>(await Ask(new RevokeNode(node, "root", "stolen", DateTimeOffset.UtcNow)));
        Assert.IsType<NodeRefused>(await Ask(new EnrolNode(node, owner, "n1", key, "label", key, true, DateTimeOffset.UtcNow)));
        await Eventually.Async(() => index.All().Single(), n => n.Standing == NodeStanding.Revoked);
    }

    [Fact]
    public async Task Watchers_hear_of_a_task_until_its_end()
    {
        await using var hub = await MockHub.StartAsync();
        var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
        hub.AttachNodes(nodes: 1, slots: 8);
        var order = MockHub.Order(owner, parts: 3);
        var inbox = Inbox.Create(hub.System);
        hub.News.Tell(new Watch(order.Task, inbox.Receiver));
        await hub.SubmitAsync(order);
        TaskNews news;
        do
        {
            news = Assert.IsType<TaskNews>(await inbox.ReceiveAsync(Patience));
        }
        while (news.Phase != TaskPhase.Completed);
        Assert.Equal((3, 3, 0), (news.PartsTotal, news.PartsAccepted, news.PartsRunning));
    }
}

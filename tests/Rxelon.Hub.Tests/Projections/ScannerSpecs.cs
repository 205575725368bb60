using System.Security.Cryptography;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using Rxelon.Bench.Mock;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Config;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Projections;

/// <summary>The scanner over an index that the production cluster wrote; the test stands for the regions.</summary>
public sealed class ScannerSpecs() : TestKit("akka { loglevel = ERROR, test { single-expect-default = 30s, default-timeout = 30s } }")
{
    [Fact]
    public async Task Quarantined_nodes_are_loaded_at_the_start_and_the_word_of_a_lie_goes_to_every_open_verified_task()
    {
        using var directory = new TemporaryDirectory();
        var node = NodeId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var by = AccountId.FromBytes(RandomNumberGenerator.GetBytes(16));
        TaskId verified;
        await using (var hub = await MockHub.StartAsync(directory.Path))
        {
            var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
            await hub.Nodes.Ask<NodeReply>(new EnrolNode(node, by, "n", [1], "label", [2], false, DateTimeOffset.UtcNow));
            await hub.Nodes.Ask<NodeReply>(new QuarantineNode(node, TaskId.FromBytes(RandomNumberGenerator.GetBytes(16)), 1, 1, "outvoted", DateTimeOffset.UtcNow));
            verified = await hub.SubmitAsync(MockHub.Order(owner, 2, s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 } }));
            await hub.SubmitAsync(MockHub.Order(owner, 2));
            await Eventually.Async(() => hub.TaskIndex.List(owner, null, 10), p => p.Tasks.Count(t => t.Phase == TaskPhase.Queued) == 2);
        }

        var (tasks, nodes) = (CreateTestProbe(), CreateTestProbe());
        var registry = new ActorRegistry();
        registry.Register<TaskRegion>(tasks.Ref);
        registry.Register<NodeRegion>(nodes.Ref);
        registry.Register<AccountRegion>(CreateTestProbe().Ref);
        var reader = new IndexReader(new HubFiles(directory.Path).Index);
        var scanner = Sys.ActorOf(Props.Create(() => new ScannerActor(reader, new Neighbours(registry), TimeProvider.System)));
        scanner.Tell(IndexCaughtUp.Instance);
        Assert.Equal(node, nodes.ExpectMsg<GetNode>().Node);

        var lie = new SpreadDistrust(node, by, TaskId.FromBytes(RandomNumberGenerator.GetBytes(16)), DateTimeOffset.UtcNow);
        Sys.EventStream.Publish(lie);
        var word = (DistrustOperator)tasks.FishForMessage(m => m is DistrustOperator);
        Assert.Equal((verified, by, node, lie.LiedIn, lie.Since), (word.Task, word.Operator, word.Node, word.LiedIn, word.Since));

        // To the other task there was none: the next word is that of the next lie.
        Sys.EventStream.Publish(lie with { Since = lie.Since.AddSeconds(1) });
        Assert.Equal(lie.Since.AddSeconds(1), ((DistrustOperator)tasks.FishForMessage(m => m is DistrustOperator)).Since);
    }
}

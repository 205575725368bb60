using Rxelon.Bench.Mock;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Entities;

/// <summary>The production cluster of one hub, with mock nodes.</summary>
public sealed class LifecycleSpecs
{
    [Fact]
    public async Task A_task_runs_to_its_end_and_is_paid()
    {
        await using var hub = await MockHub.StartAsync();
        var owner = await hub.OpenAccountAsync(new Tokens(1_000_000_000));
        hub.AttachNodes(nodes: 2, slots: 4);
        var task = await hub.SubmitAsync(MockHub.Order(owner, parts: 20));

        var view = await Eventually.Async(() => hub.TaskAsync(task), v => v.Settled);
        Assert.Equal(TaskPhase.Completed, view.Phase);
        Assert.All(view.Parts, p => Assert.Equal(PartPhase.Accepted, p.Phase));

        var account = await Eventually.Async(() => hub.AccountAsync(owner), a => a.Owed.Micros == 0 && a.InTransit.Micros == 0);
        Assert.Equal(0, account.Held.Micros);
        Assert.Equal(view.Cost, account.Spent);
        Assert.Equal(new Tokens(1_000_000_000) - view.Cost, account.Available);
    }
}

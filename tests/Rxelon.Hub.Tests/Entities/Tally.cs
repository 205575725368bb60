using Akka.Actor;
using Rxelon.Domain.Kernel;
using Rxelon.Hub.Entities;

namespace Rxelon.Hub.Tests.Entities;

internal interface ITallyCommand;

internal interface ITallyEvent;

internal interface ITallyEffect;

/// <summary>Adds to the tally in so many steps, one event each.</summary>
internal sealed record Add(int Amount, int Steps = 1) : ITallyCommand;

internal sealed record Recall : ITallyCommand;

internal sealed record Ask : ITallyCommand, IQuery;

internal sealed record Crash : ITallyCommand;

internal sealed record LeaveNow : ITallyCommand;

internal sealed record Added(int Amount) : ITallyEvent;

internal sealed record Recalled : ITallyEvent, IVolatileEvent;

internal sealed record TallyReply(int Sum);

internal sealed record Tell(string Text) : ITallyEffect;

internal sealed record Rest : ITallyEffect;

internal sealed record TallyState(int Sum, int Recalls);

/// <summary>The smallest aggregate that shows the shell's rules; its effects are messages to the probe.</summary>
internal sealed class TallyEntity(string id, TimeProvider time, IActorRef probe, int snapshotEvery = 0, bool fold = true)
    : EntityActor<TallyState, ITallyCommand, ITallyEvent, TallyReply, ITallyEffect>(id, new TallyState(0, 0), time)
{
    protected override int SnapshotEvery => snapshotEvery;

    protected override Decision<ITallyEvent, TallyReply, ITallyEffect> Decide(TallyState state, ITallyCommand command) => command switch
    {
        Add a => new(
            [.. Enumerable.Repeat<ITallyEvent>(new Added(a.Amount), a.Steps)],
            new TallyReply(state.Sum + (a.Amount * a.Steps)),
            [new Tell($"added {a.Amount}")]),
        Recall => new([new Recalled()], new TallyReply(state.Sum), []),
        Ask => new([], new TallyReply(state.Sum), []),
        LeaveNow => new([], new TallyReply(state.Sum), [new Rest()]),
        Crash => throw new InvalidOperationException("A bug."),
        _ => throw new InvalidOperationException(),
    };

    protected override TallyState Apply(TallyState state, ITallyEvent happened) => happened switch
    {
        Added a => state with { Sum = state.Sum + a.Amount },
        Recalled => state with { Recalls = state.Recalls + 1 },
        _ => throw new InvalidOperationException(),
    };

    protected override IReadOnlyList<ITallyEvent> Coalesce(IReadOnlyList<ITallyEvent> batch)
        => fold && batch.All(e => e is Added) ? [new Added(batch.Sum(e => ((Added)e).Amount))] : batch;

    protected override IReadOnlyList<ITallyEffect> After(TallyState before, TallyState after, IReadOnlyList<ITallyEvent> batch)
        => before == after ? [] : [new Tell($"from {before.Sum} to {after.Sum} by {batch.Count}")];

    protected override IReadOnlyList<ITallyEffect> Owed(TallyState durable)
        => durable.Sum > 0 ? [new Tell($"owed at {durable.Sum}")] : [];

    protected override ITallyCommand Wake(DateTimeOffset now) => new Add(1000);

    protected override void Perform(ITallyEffect effect)
    {
        if (effect is Tell t)
            probe.Tell(t.Text);
        else
            LeaveSoon();
    }

    protected override bool OnOther(object message)
    {
        if (message is not DateTimeOffset when)
            return false;
        WakeAt(when);
        return true;
    }
}

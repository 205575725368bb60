using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Tasks;

namespace Rxelon.Domain.Tests.World;

/// <summary>
/// The entity shell as <see cref="Decision{TEvent,TReply,TEffect}"/> describes it, without actors: decide on pending, gather,
/// flush to a journal in memory, crash and recover.
/// </summary>
internal sealed class Shell<TState, TCommand, TEvent, TReply, TEffect>(
    TState empty,
    Func<TState, TCommand, Decision<TEvent, TReply, TEffect>> decide,
    Func<TState, TEvent, TState> apply,
    Func<IReadOnlyList<TEvent>, IReadOnlyList<TEvent>> coalesce,
    Func<TState, TState, IReadOnlyList<TEvent>, DateTimeOffset, IReadOnlyList<TEffect>> after,
    Func<TState, DateTimeOffset, IReadOnlyList<TEffect>> owed)
    where TEvent : notnull
{
    private readonly TState _empty = empty;
    private readonly List<TEvent> _gathered = [];
    private readonly List<TEffect> _effects = [];

    internal TState Pending { get; private set; } = empty;

    internal TState Durable { get; private set; } = empty;

    /// <summary>What was written: coalesced, without what is not kept.</summary>
    internal List<TEvent> Journal { get; } = [];

    /// <summary>Replies of the decisions since the last flush, then all of them.</summary>
    internal List<TReply> Replies { get; } = [];

    internal TReply Handle(TCommand command)
    {
        var decision = decide(command is IQuery ? Durable : Pending, command);
        foreach (var happened in decision.Events)
            Pending = apply(Pending, happened);
        _gathered.AddRange(decision.Events);
        _effects.AddRange(decision.Effects);
        Replies.Add(decision.Reply);
        return decision.Reply;
    }

    /// <summary>Writes what was gathered and returns the effects in order.</summary>
    internal List<TEffect> Flush(DateTimeOffset now)
    {
        var batch = coalesce(_gathered);
        Journal.AddRange(batch.Where(e => e is not IVolatileEvent));
        var before = Durable;
        foreach (var happened in batch)
            Durable = apply(Durable, happened);
        List<TEffect> effects = [.. _effects, .. batch.Count > 0 ? after(before, Durable, batch, now) : []];
        _gathered.Clear();
        _effects.Clear();
        Pending = Durable;
        return effects;
    }

    /// <summary>One command, written at once.</summary>
    internal (TReply Reply, List<TEffect> Effects) Do(TCommand command, DateTimeOffset now)
    {
        var reply = Handle(command);
        return (reply, Flush(now));
    }

    /// <summary>Loses what was not written and recovers from the journal.</summary>
    internal IReadOnlyList<TEffect> Crash(DateTimeOffset now)
    {
        _gathered.Clear();
        _effects.Clear();
        Pending = Durable = Replayed();
        return owed(Durable, now);
    }

    internal TState Replayed() => Journal.Aggregate(_empty, apply);
}

internal static class Shells
{
    internal static Shell<TaskState, ITaskCommand, ITaskEvent, TaskReply, ITaskEffect> Task(int n) => new(
        TaskState.Of(Ids.Task(n)), TaskDecider.Decide, TaskDecider.Apply, TaskCoalescing.Coalesce, TaskDecider.After, TaskDecider.Owed);

    internal static Shell<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect> Account(Rxelon.Shared.Ids.AccountId id) => new(
        AccountState.Of(id), AccountDecider.Decide, AccountDecider.Apply, events => events.ToList(), AccountDecider.After, AccountDecider.Owed);
}

namespace Rxelon.Domain.Kernel;

/// <summary>
/// What a command leads to: events to persist (none for a refusal, a repeat or a query), one reply to whoever asked,
/// and effects to carry out once the events are durable. Effects are data; the shell performs them.
/// </summary>
public sealed record Decision<TEvent, TReply, TEffect>(
    IReadOnlyList<TEvent> Events, TReply Reply, IReadOnlyList<TEffect> Effects);

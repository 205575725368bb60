namespace Rxelon.Domain.Kernel;

/// <summary>
/// What a command leads to: events to persist (none for a refusal, a repeat or a query), one reply to whoever asked,
/// and effects to carry out once the events are durable. Effects are data; the shell performs them.
/// </summary>
/// <remarks>
/// The shell keeps two copies of an entity's state. It decides on <i>pending</i> and applies the events to it at once;
/// later it folds the gathered events (<c>Coalesce</c>), writes those that are not <see cref="IVolatileEvent"/>, and when they
/// are durable applies all of the folded list, in order, to <i>durable</i>. Then it sends the replies, carries out the
/// decisions' effects in order, and last those of <c>After(before, after, batch, now)</c>. Whenever nothing is gathered or in
/// flight it may set pending to durable, so that both share memory.
/// <list type="bullet">
/// <item><c>Decision.Effects</c>: what this command alone causes (start, grant, stop, free, answer).</item>
/// <item><c>After</c>: what follows from the durable state as a whole, once per flush (demand, settlements, news, wake-ups, rest).</item>
/// <item><c>Owed</c>: after recovery, all that may have been under way when the process ended.</item>
/// </list>
/// A decision of volatile events only needs no write: it is applied to durable as soon as everything before it is.
/// See docs/design/deciders.md.
/// </remarks>
public sealed record Decision<TEvent, TReply, TEffect>(
    IReadOnlyList<TEvent> Events, TReply Reply, IReadOnlyList<TEffect> Effects);

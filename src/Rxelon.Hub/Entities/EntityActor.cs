using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using Rxelon.Domain.Kernel;
using Rxelon.Link.Faults;

namespace Rxelon.Hub.Entities;

/// <summary>
/// The shell around every entity: it persists what the entity's decider decides and only then speaks. Commands are decided on
/// the <em>pending</em> state as they come; one self-sent message then writes everything decided since as one atomic write
/// (group commit, so that a hot entity is not limited to one commit per command); replies and effects follow from the
/// <em>durable</em> state when the write is done. Commands that arrive while a write is out wait and form the next batch.
/// A failed write stops the actor: nobody was answered, pending decisions are gone, callers ask again.
/// Docs: docs/design/entities.md.
/// </summary>
internal abstract class EntityActor<TState, TCommand, TEvent, TReply, TEffect> : UntypedPersistentActor, IWithTimers
    where TState : class
    where TCommand : class
    where TEvent : class
    where TReply : class
    where TEffect : class
{
    /// <summary>Timers are kept below this, and set again: far-off ones would sit in the scheduler's wheel for days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(1);

    /// <summary>How long an entity with nothing to do stays, for the questions that tend to follow.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly IActorRef _shard;
    private List<TEvent> _decided = [];
    private List<Outgoing> _outgoing = [];
    private TState _pending;
    private bool _flushQueued;
    private bool _stopping;
    private long _snapshotAt;
    private DateTimeOffset? _wakeAt;

    protected EntityActor(string persistenceId, TState empty, TimeProvider time)
    {
        PersistenceId = persistenceId;
        Time = time;
        Durable = _pending = empty;
        _shard = Context.Parent;
    }

    /// <inheritdoc/>
    public sealed override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    /// <summary>What is on disk; what effects and replies may rely on.</summary>
    protected TState Durable { get; private set; }

    protected TimeProvider Time { get; }

    /// <summary>Events between snapshots; 0 for none.</summary>
    protected virtual int SnapshotEvery => 0;

    /// <inheritdoc/>
    public sealed override Recovery Recovery => SnapshotEvery > 0 ? base.Recovery : new Recovery(SnapshotSelectionCriteria.None);

    protected abstract Decision<TEvent, TReply, TEffect> Decide(TState state, TCommand command);

    protected abstract TState Apply(TState state, TEvent happened);

    /// <summary>Folds a batch into fewer events, when the aggregate knows how.</summary>
    protected virtual IReadOnlyList<TEvent> Coalesce(IReadOnlyList<TEvent> batch) => batch;

    /// <summary>Effects that follow from a durable change, once per batch.</summary>
    protected abstract IReadOnlyList<TEffect> After(TState before, TState after, IReadOnlyList<TEvent> batch);

    /// <summary>Effects that recovery owes.</summary>
    protected abstract IReadOnlyList<TEffect> Owed(TState durable);

    /// <summary>Carries out one effect.</summary>
    protected abstract void Perform(TEffect effect);

    /// <summary>The command that a timer stands for.</summary>
    protected abstract TCommand Wake(DateTimeOffset now);

    /// <summary>Names an event's kind for failpoints.</summary>
    protected virtual string ManifestOf(TEvent happened) => happened.GetType().Name;

    /// <inheritdoc/>
    protected sealed override void OnRecover(object message)
    {
        switch (message)
        {
            case TEvent happened:
                Durable = Apply(Durable, happened);
                break;
            case SnapshotOffer offer:
                Durable = (TState)offer.Snapshot;
                _snapshotAt = offer.Metadata.SequenceNr;
                break;
            case RecoveryCompleted:
                _pending = Durable;
                if (LastSequenceNr == 0)
                    LeaveSoon(); // somebody asked for what never was; an event changes that
                PerformAll(Owed(Durable));
                break;
            default:
                throw new InvalidOperationException($"{PersistenceId} recovered a {message.GetType()}.");
        }
    }

    /// <inheritdoc/>
    protected sealed override void OnCommand(object message)
    {
        switch (message)
        {
            case TCommand command:
                Handle(command);
                break;
            case Flush:
                _flushQueued = false;
                Write();
                break;
            case WakeUp:
                WakeIfDue();
                break;
            case StopEntity:
                Stop();
                break;
            case ReceiveTimeout:
                _shard.Tell(new Passivate(StopEntity.Instance));
                break;
            case SaveSnapshotSuccess saved:
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failed:
                Log.Warning(failed.Cause, "Snapshot of {Entity} at {Sequence} failed; it is tried again later",
                    PersistenceId, failed.Metadata.SequenceNr);
                break;
            case DeleteSnapshotsSuccess or DeleteSnapshotsFailure:
                break;
            default:
                if (!OnOther(message))
                    Unhandled(message);
                break;
        }
    }

    /// <summary>Messages of the entity's own making, such as the outcome of an effect.</summary>
    protected virtual bool OnOther(object message) => false;

    /// <summary>Decides a command; the answer goes to the sender.</summary>
    protected void Handle(TCommand command)
    {
        if (command is IQuery)
        {
            Answer(Sender, Decide(Durable, command).Reply);
            return;
        }

        var decision = Decide(_pending, command);
        foreach (var happened in decision.Events)
        {
            _pending = Apply(_pending, happened);
            _decided.Add(happened);
        }

        _outgoing.Add(new Outgoing(Sender, decision.Reply, decision.Effects));
        if (_decided.TrueForAll(static e => e is IVolatileEvent))
        {
            Write(); // nothing has to reach the disk first
        }
        else if (!_flushQueued)
        {
            _flushQueued = true;
            Self.Tell(Flush.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>Asks to leave memory after a short while without messages.</summary>
    protected void LeaveSoon() => Context.SetReceiveTimeout(Linger);

    /// <summary>Sets the one wake-up; an earlier one is replaced.</summary>
    protected void WakeAt(DateTimeOffset when)
    {
        _wakeAt = when;
        var delay = when - Time.GetUtcNow();
        Timers.StartSingleTimer(
            nameof(WakeUp), WakeUp.Instance, delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestTimer ? LongestTimer : delay);
    }

    /// <inheritdoc/>
    protected sealed override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        Context.Stop(Self); // Akka only logs; going on would answer from a state that is not on disk
    }

    private void WakeIfDue()
    {
        if (_wakeAt is not { } when)
            return;
        var now = Time.GetUtcNow();
        if (now < when)
        {
            WakeAt(when);
            return;
        }

        _wakeAt = null;
        Handle(Wake(now));
    }

    /// <summary>Hand-off and passivation. Writes are atomic with what follows them, so there is at most a batch to write first.</summary>
    private void Stop()
    {
        _stopping = true;
        if (_decided.Count == 0)
            Context.Stop(Self);
        else
            Write();
    }

    private void Write()
    {
        if (_decided.Count == 0 && _outgoing.Count == 0)
            return;
        var batch = _decided.Count > 1 ? Coalesce(_decided) : _decided;
        var outgoing = _outgoing;
        _decided = [];
        _outgoing = [];
        var kept = batch.Where(static e => e is not IVolatileEvent).ToList();
        if (kept.Count == 0)
        {
            Complete(batch, outgoing);
            return;
        }

        Mark(kept, "before");
        var left = kept.Count;
        PersistAll(kept, _ =>
        {
            if (--left > 0)
                return;
            Mark(kept, "after");
            Context.SetReceiveTimeout(null);
            Complete(batch, outgoing);
        });
    }

    private void Complete(IReadOnlyList<TEvent> batch, List<Outgoing> outgoing)
    {
        var before = Durable;
        foreach (var happened in batch)
            Durable = Apply(Durable, happened);
        _pending = Durable; // nothing was decided since: Akka holds commands back while a write is out
        foreach (var (sender, reply, effects) in outgoing)
        {
            Answer(sender, reply);
            PerformAll(effects);
        }

        PerformAll(After(before, Durable, batch));
        if (_stopping)
        {
            Context.Stop(Self);
        }
        else if (SnapshotEvery > 0 && LastSequenceNr - _snapshotAt >= SnapshotEvery)
        {
            _snapshotAt = LastSequenceNr;
            SaveSnapshot(Durable);
        }
    }

    private void PerformAll(IReadOnlyList<TEffect> effects)
    {
        foreach (var effect in effects)
            Perform(effect);
    }

    private void Mark(List<TEvent> batch, string when)
    {
        if (!Failpoint.IsArmed)
            return;
        foreach (var happened in batch)
            Failpoint.Hit($"hub.persist.{ManifestOf(happened)}.{when}");
    }

    private static void Answer(IActorRef sender, TReply reply)
    {
        if (!sender.IsNobody() && sender is not DeadLetterActorRef)
            sender.Tell(reply, ActorRefs.NoSender);
    }

    private readonly record struct Outgoing(IActorRef Sender, TReply Reply, IReadOnlyList<TEffect> Effects);

    private sealed class Flush : INoSerializationVerificationNeeded
    {
        internal static readonly Flush Instance = new();
    }

    private sealed class WakeUp : INoSerializationVerificationNeeded
    {
        internal static readonly WakeUp Instance = new();
    }
}

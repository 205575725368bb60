using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Live;
using Rxelon.Hub.Scheduling;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Entities;

/// <summary>One task. It decides about its parts and drives its money until the account has closed the hold.</summary>
internal sealed class TaskEntity(TaskId id, TimeProvider time, Neighbours others, IVault vault, IBlobStore blobs, ILogStore logs)
    : EntityActor<TaskState, ITaskCommand, ITaskEvent, TaskReply, ITaskEffect>($"task-{id}", TaskState.Of(id), time)
{
    private static readonly TimeSpan EraseAgain = TimeSpan.FromSeconds(10);

    private bool _erasing;

    /// <inheritdoc/>
    protected override Decision<ITaskEvent, TaskReply, ITaskEffect> Decide(TaskState state, ITaskCommand command)
        => TaskDecider.Decide(state, command);

    /// <inheritdoc/>
    protected override TaskState Apply(TaskState state, ITaskEvent happened) => TaskDecider.Apply(state, happened);

    /// <inheritdoc/>
    protected override IReadOnlyList<ITaskEvent> Coalesce(IReadOnlyList<ITaskEvent> batch) => TaskCoalescing.Coalesce(batch);

    /// <inheritdoc/>
    protected override IReadOnlyList<ITaskEffect> After(TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch)
        => TaskDecider.After(before, after, batch, Now);

    /// <inheritdoc/>
    protected override IReadOnlyList<ITaskEffect> Owed(TaskState durable) => TaskDecider.Owed(durable, Now);

    /// <inheritdoc/>
    protected override ITaskCommand Wake(DateTimeOffset now) => new WakeTask(id, now);

    /// <inheritdoc/>
    protected override string ManifestOf(ITaskEvent happened) => JournalSerializer.Codecs.ManifestOf(happened.GetType());

    /// <inheritdoc/>
    protected override void Perform(ITaskEffect effect)
    {
        switch (effect)
        {
            case HoldFunds e:
                Send(others.Accounts, new PlaceHold(e.Owner, id, e.Amount, Now));
                break;
            case AdjustHold e:
                Send(others.Accounts, new ChangeHold(e.Owner, id, e.Amount, e.CommandId, Now));
                break;
            case Settle e:
                Send(others.Accounts, new SettleHold(e.Owner, id, e.Number, e.Lines, Durable.Price.FeePermille, e.Close, Now));
                break;
            case Demand e:
                Send(others.Matchmaker, new DemandUpdate(e.Parts));
                break;
            case FreeRoom e:
                Send(others.Matchmaker, new RoomFreed(id, e.Node, e.Session, e.Attempts, e.Fault));
                break;
            case StartAttempts e:
                Send(others.Router, new StartParts(
                    e.Node, e.Session, id, e.Stage.Spec, e.Stage.Program ?? Durable.Order.Program, e.Stage.Parts, e.Attempts,
                    Durable.Order.Owner, e.Stage.Number == 0 ? "" : e.Stage.Name,
                    e.Stage.Number == Durable.Plan.LastOfRound ? Durable.Plan.Rounds?.Until : null,
                    Durable.PaysAtTheEnd, Durable.Spec.Verify is { CountsFuel: false }));
                break;
            case StopAttempts e:
                Send(others.Router, new StopParts(e.Node, e.Session, id, e.Attempts, e.Reason));
                break;
            case GrantKeys e:
                Grant(e);
                break;
            case PassGrants e:
                Send(others.Router, new GrantParts(e.Node, e.Session, id, e.Grants));
                break;
            case RequestReveals e:
                Send(others.Router, new AskReveals(e.Node, id, e.Attempts));
                break;
            case Accuse e:
                Log.Warning("Node {Node} gave a wrong answer for part {Part}, attempt {Attempt} of {Task}: {Reason}", e.Node, e.Attempt.Part, e.Attempt.Number, id, e.Reason);
                others.Nodes.Tell(new QuarantineNode(e.Node, id, e.Attempt.Part, e.Attempt.Number, e.Reason, Now) { JudgedAt = e.JudgedAt }, Self);
                break;
            case CheckSessions e:
                var wait = e.When - Now;
                Timers.StartSingleTimer(nameof(CheckSessions), e, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
                break;
            case EraseBlobs e:
                Erase(e);
                break;
            case DropBlobs e:
                blobs.ReleaseAsync(e.Owner, [.. e.Blobs.Select(b => b.Id)], CancellationToken.None).ContinueWith(
                    failed => Log.Warning(failed.Exception!.GetBaseException(), "Checkpoints of {Task} stay until the task is erased", id),
                    CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                break;
            case Announce e:
                Send(others.News, e.News);
                break;
            case WakeAt e:
                WakeAt(e.When);
                break;
            case Rest:
                if (!_erasing)
                    LeaveSoon();
                break;
            default:
                throw new InvalidOperationException($"A task cannot perform {effect.GetType().Name}.");
        }
    }

    /// <inheritdoc/>
    protected override bool OnOther(object message)
    {
        switch (message)
        {
            case CheckSessions e:
                Check(e);
                break;
            case NodeReply e:
                Handle(new AccusationHeard(id, e.Node, Now));
                break;
            case SessionsSeen e:
                Handle(new LoseSessions(id, e.Gone, Now));
                break;
            case GrantRefused e:
                Log.Error("The vault cannot release keys of {Task}: {Code} {Message}", id, e.Fault.Code, e.Fault.Message);
                Handle(new FailAttempts(
                    id, e.Grant.Node, [.. e.Grant.Attempts.Select(a => new FailedAttempt(a, e.Fault, null, []))], Now));
                break;
            case EraseFailed e:
                Log.Warning(e.Cause, "Blobs of {Task} are not erased yet; trying again", id);
                Timers.StartSingleTimer(nameof(EraseBlobs), new EraseNow(e.Erase), EraseAgain);
                break;
            case EraseNow e:
                Erase(e.Erase);
                break;
            case BlobsErased:
                _erasing = false;
                LeaveSoon();
                break;
            default:
                return false;
        }

        return true;
    }

    private DateTimeOffset Now => Time.GetUtcNow();

    private static void Send(IActorRef to, object message) => to.Tell(message, ActorRefs.NoSender);

    /// <summary>Key agreement costs a fraction of a millisecond a part: off the actor, which has decisions to take.</summary>
    private void Grant(GrantKeys grant)
    {
        var sealedKey = Durable.Order.VaultKey;
        var orders = grant.Attempts.Select(OrderFor).ToList();
        var router = others.Router;
        var self = Self;
        Task.Run(() =>
        {
            var sealing = vault.SealGrants(sealedKey, grant.Node, grant.SessionKey, orders);
            if (sealing.IsOk)
                Send(router, new GrantParts(grant.Node, grant.Session, id, [.. grant.Attempts.Zip(sealing.Value)]));
            else
                Send(self, new GrantRefused(grant, sealing.Fault!));
        }).ContinueWith(
            failed => Send(self, new GrantRefused(
                grant, new Fault(FaultCodes.Unavailable, failed.Exception!.GetBaseException().Message, Culprit.Hub, true))),
            TaskContinuationOptions.OnlyOnFaulted);
    }

    private GrantOrder OrderFor(PartAttempt attempt)
    {
        var origin = Durable.OriginOf(attempt.Part);
        return new GrantOrder(
            new AttemptId(id, attempt.Part, attempt.Number), origin.Source, Durable.Plan.Stages[origin.Stage].ProgramName,
            Durable.InputOf(attempt.Part).Results, Durable.PaysAtTheEnd && origin.Compares is null ? origin.CheckOf ?? attempt.Part : null)
        {
            MayLeaveCheckpoint = TaskCheckpoints.MayBeKept(Durable) && origin.Compares is null,
            BeginsFrom = TaskCheckpoints.Of(Durable, attempt.Part)?.Attempt,
        };
    }

    private void Check(CheckSessions check)
    {
        var router = others.Router;
        if (router.IsNobody())
        {
            Timers.StartSingleTimer(nameof(CheckSessions), check, TaskRules.ReconnectGrace); // the edge is not up yet
            return;
        }

        router.Ask<SessionList>(ListSessions.Instance, TaskRules.AskAgain).PipeTo(
            Self,
            ActorRefs.NoSender,
            list =>
            {
                var live = list.Sessions.Select(s => (s.Offer.Node, s.Offer.Session)).ToHashSet();
                return new SessionsSeen([.. check.Sessions.Where(s => !live.Contains(s))]);
            },
            _ => check); // no answer in time: asks again
    }

    private void Erase(EraseBlobs erase)
    {
        _erasing = true;
        EraseAllAsync(erase).PipeTo(
            Self,
            ActorRefs.NoSender,
            () => BlobsErased.Instance,
            cause => new EraseFailed(erase, cause));
    }

    private async Task EraseAllAsync(EraseBlobs erase)
    {
        await Task.Run(() => logs.Erase(id));
        await blobs.ReleaseAsync(erase.Owner, [.. erase.Blobs.Select(b => b.Id)], CancellationToken.None);
    }

    private sealed record SessionsSeen(IReadOnlyList<(NodeId Node, ulong Session)> Gone) : INoSerializationVerificationNeeded;

    private sealed record GrantRefused(GrantKeys Grant, Fault Fault) : INoSerializationVerificationNeeded;

    private sealed record EraseFailed(EraseBlobs Erase, Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record EraseNow(EraseBlobs Erase) : INoSerializationVerificationNeeded;

    private sealed record BlobsErased : INoSerializationVerificationNeeded
    {
        internal static readonly BlobsErased Instance = new();
    }
}

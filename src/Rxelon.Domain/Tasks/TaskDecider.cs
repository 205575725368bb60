using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>What a task does about each command. Pure: no clock, no randomness; see <see cref="Decision{TEvent,TReply,TEffect}"/>.</summary>
public static class TaskDecider
{
    /// <summary>Decides; an unknown command throws.</summary>
    public static Decision<ITaskEvent, TaskReply, ITaskEffect> Decide(TaskState state, ITaskCommand command) => command switch
    {
        SubmitTask c => TaskSubmission.Submit(state, c),
        HoldAnswered c => TaskMoney.HoldAnswered(state, c),
        PlaceParts c => TaskPlacing.Place(state, c),
        ReleaseKeys c when TaskKeyGrants.AreOwners(state) => TaskKeyGrants.Await(state, c),
        ReleaseKeys c => TaskResults.ReleaseKeys(state, c),
        AttendKeys c => TaskKeyGrants.Attend(state, c),
        HandKeys c => TaskKeyGrants.Hand(state, c),
        GetKeyRequests c => new([], TaskKeyGrants.Requests(state, c), []),
        AcceptResults c => TaskResults.Accept(state, c),
        RevealAnswers c => TaskVerification.Reveal(state, c),
        GetComparisons c => new([], TaskComparing.Requests(state, c), []),
        CompareAnswers c => TaskComparing.Compare(state, c),
        AccusationHeard c => TaskAccusations.Heard(state, c),
        DistrustOperator c => TaskAccusations.Distrust(state, c),
        FailAttempts c => TaskFailing.Fail(state, c),
        ResumeAttempts c => TaskFailing.Resume(state, c),
        LoseSessions c => TaskFailing.LoseSessions(state, c),
        AdjustTask c => TaskMoney.Adjust(state, c),
        CancelTask c => TaskEnding.Cancel(state, c),
        EraseTask c => TaskEnding.Erase(state, c),
        SettlementBooked c => TaskMoney.SettlementBooked(state, c),
        WakeTask c => TaskEnding.Wake(state, c),
        GetTask c => new([], IsKnownTo(state, c.By) ? View(state) : NotFound(state.Id), []),
        _ => throw new InvalidOperationException($"No rule for command {command.GetType().Name}."),
    };

    /// <summary>The state after an event; an unknown event throws.</summary>
    public static TaskState Apply(TaskState state, ITaskEvent happened) => TaskFold.Apply(state, happened);

    /// <summary>What follows from one durable batch as a whole; see <see cref="TaskOutcome"/>.</summary>
    public static IReadOnlyList<ITaskEffect> After(
        TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch, DateTimeOffset now) => TaskOutcome.After(before, after, batch, now);

    /// <summary>What may have been under way when the process ended, to be done again after recovery.</summary>
    public static IReadOnlyList<ITaskEffect> Owed(TaskState durable, DateTimeOffset now) => TaskOutcome.Owed(durable, now);

    /// <summary>What the matchmaker is to know of the task now.</summary>
    public static TaskDemand Demanded(TaskState state) => TaskDemands.Whole(state);

    /// <summary>When the task must be looked at next, or null. The open index keeps it with every task that is not finished.</summary>
    public static DateTimeOffset? NextDue(TaskState state) => TaskOutcome.NextDue(state);

    /// <summary>The task as its owner may see it; refused as not found before its submission.</summary>
    public static TaskReply View(TaskState state) => state.Submission is null ? NotFound(state.Id) : TaskViews.Task(state);

    internal static bool IsKnownTo(TaskState state, AccountId? by)
        => state.Submission is not null && (by is null || by == state.Submission.Owner);

    internal static TaskRefused NotFound(TaskId task) => new(task, new Fault(FaultCodes.NotFound, "There is no such task."));
}

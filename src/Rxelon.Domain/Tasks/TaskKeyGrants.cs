using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// Sealed custody (docs/design/custody.md): an attempt that is ready waits until its owner's client hands over keys that it sealed itself.
/// One release per attempt, on record before anything is passed on.
/// </summary>
internal static class TaskKeyGrants
{
    internal static Fault OwnerAbsent { get; } = new(
        FaultCodes.OwnerAbsent, $"Nobody handed over keys within {TaskRules.OwnerPatience.TotalMinutes} minutes.", Culprit.None, true);

    /// <summary>True when this task's keys are not in the vault.</summary>
    internal static bool AreOwners(TaskState state) => state.Submission is not null && state.Spec.Privacy.Custody != Custody.Managed;

    internal static bool AwaitsOwner(TaskState state)
        => state.IsAlive && AreOwners(state) && (state.OwnerAway || TaskFailing.Running(state).Any(a => a.Running.Wait is not null));

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Await(TaskState state, ReleaseKeys c)
    {
        if (c.Proof is not { } proof)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, "The owner's client must see how the session key is signed.");
        var awaited = new List<AwaitedKeys>();
        var stale = new List<PartAttempt>();
        var known = 0;
        foreach (var attempt in c.Attempts.Distinct())
        {
            var running = TaskResults.Current(state, attempt);
            if (running is null || running.Node != c.Node || running.Session != c.Session || !TaskRotation.MayRun(state, attempt.Part))
                stale.Add(attempt);
            else if (running.Wait is { } wait && Same(wait.SessionKey, c.SessionKey))
                known++;
            else if (running.SessionKey is null || Same(running.SessionKey, c.SessionKey))
                awaited.Add(new AwaitedKeys(attempt, new KeyWait(c.SessionKey, proof)));

            // Otherwise: released to another session key. Never a second time; the attempt's time limit decides.
        }

        var output = new TaskOutput(state);
        if (awaited.Count > 0)
            output.Happened(new KeysAwaited(awaited, c.At));
        if (stale.Count > 0)
            output.Then(new StopAttempts(c.Node, c.Session, stale, FaultCodes.StaleAttempt));
        return awaited.Count + known > 0
            ? output.Reply(new TaskOk(c.Task, state.Phase))
            : output.Reply(new TaskRefused(c.Task, TaskResults.Stale));
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Attend(TaskState state, AttendKeys c)
    {
        if (Refusal(state, c) is { } refusal)
            return new([], refusal, []);
        var output = new TaskOutput(state);
        if (state.OwnerAway)
            output.Happened(new OwnerAttended(c.At));
        return output.Ok();
    }

    internal static TaskReply Requests(TaskState state, GetKeyRequests c)
        => TaskDecider.IsKnownTo(state, c.By)
            ? new KeyRequests(c.Task, state.Phase, [.. TaskFailing.Running(state).Where(a => a.Running.Wait is not null)
                .Select(a => new KeyRequest(a.Attempt, a.Running.Node, a.Running.Operator, a.Running.Wait!)
                {
                    Origin = state.OriginOf(a.Attempt.Part),
                    Results = state.InputOf(a.Attempt.Part).Results,
                    MayLeaveCheckpoint = TaskCheckpoints.MayBeKept(state),
                    BeginsFrom = TaskCheckpoints.Of(state, a.Attempt.Part)?.Attempt,
                })])
            : TaskDecider.NotFound(c.Task);

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Hand(TaskState state, HandKeys c)
    {
        if (Refusal(state, c) is { } refusal)
            return new([], refusal, []);
        var answers = new List<(PartAttempt, Fault?)>(c.Grants.Count);
        var handed = new List<(HandedKeys Grant, RunningAttempt Running)>();
        foreach (var grant in c.Grants.DistinctBy(g => g.Attempt))
        {
            var running = TaskResults.Current(state, grant.Attempt);
            var wanted = running?.Wait is { } wait && running.Node == grant.Node && Same(wait.SessionKey, grant.SessionKey);
            answers.Add((grant.Attempt, wanted ? null : NotWanted));
            if (wanted)
                handed.Add((grant, running!));
        }

        var output = new TaskOutput(state);
        var released = handed.Where(h => h.Running.SessionKey is null)
            .Select(h => new Released(h.Grant.Attempt, h.Grant.Node, h.Grant.SessionKey, ByOwner: true)).ToList();
        var again = handed.Where(h => h.Running.SessionKey is not null).Select(h => h.Grant.Attempt).ToList();
        if (released.Count > 0)
            output.Happened(new KeysReleased(released, c.At));
        if (again.Count > 0)
            output.Happened(new KeysForwarded(again, c.At));
        foreach (var group in handed.GroupBy(h => (h.Running.Node, h.Running.Session)))
            output.Then(new PassGrants(group.Key.Node, group.Key.Session, [.. group.Select(h => (h.Grant.Attempt, (IReadOnlyList<byte[]>)[h.Grant.Sealed, .. h.Grant.More]))]));
        return output.Reply(new KeysHanded(c.Task, answers));
    }

    internal static TaskState Awaited(TaskState state, KeysAwaited e)
    {
        var due = e.At + TaskRules.OwnerPatience;
        var parts = state.Parts.Edit();
        foreach (var (attempt, wait) in e.Attempts)
        {
            var part = parts[attempt.Part];
            parts[attempt.Part] = part with { Running = part.Running! with { Wait = wait, Due = due, KeysAt = null } };
        }

        return state with { Parts = parts.ToVector(), AttemptsDue = TaskFold.Earlier(state.AttemptsDue, due) };
    }

    internal static TaskState Forwarded(TaskState state, KeysForwarded e)
    {
        var next = state.AttemptsDue;
        var parts = state.Parts.Edit();
        foreach (var attempt in e.Attempts)
        {
            var part = parts[attempt.Part];
            var due = e.At + TaskRules.Allowed(state, attempt.Part);
            parts[attempt.Part] = part with { Running = part.Running! with { Wait = null, Due = due, KeysAt = e.At } };
            next = TaskFold.Earlier(next, due);
        }

        return state with
        {
            Parts = parts.ToVector(),
            AttemptsDue = next,
            StragglersDue = TaskSpeculation.IsOn(state) ? TaskSpeculation.Look(state, e.At) : null,
        };
    }

    private static TaskReply? Refusal(TaskState state, ITaskCommand c)
    {
        var by = c switch { AttendKeys a => a.By, HandKeys h => h.By, _ => throw new ArgumentException("No rule for it.", nameof(c)) };
        if (!TaskDecider.IsKnownTo(state, by))
            return TaskDecider.NotFound(c.Task);
        if (!AreOwners(state))
            return new TaskRefused(c.Task, new Fault(FaultCodes.Conflict, "The hub's vault holds this task's keys: nobody has to hand them over.", Culprit.Input));
        return state.IsAlive ? null : new TaskRefused(c.Task, new Fault(FaultCodes.AlreadyEnded, "The task has ended."));
    }

    private static bool Same(byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b);

    private static Fault NotWanted { get; } = new(
        FaultCodes.StaleAttempt, "This attempt does not wait for keys sealed to that session key (any more).", Culprit.None);
}

using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

internal static class TaskFailing
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Fail(TaskState state, FailAttempts c)
    {
        var failures = new List<Failed>();
        foreach (var f in c.Failures.DistinctBy(f => f.Attempt.Part))
        {
            if (TaskResults.Current(state, f.Attempt) is { } running && running.Node == c.Node)
            {
                var failed = new Failed(f.Attempt, c.Node, f.Fault, f.Log, f.Signature) { NodeDied = f.NodeDied && NodeDeaths.Counts(state, f.Attempt, c.At) };
                failures.Add(TaskCheckpoints.Recorded(state, failed, f, running));
            }
        }

        return Recorded(state, failures, c.At).Ok();
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Resume(TaskState state, ResumeAttempts c)
    {
        var named = c.Running.ToHashSet();
        var stop = c.Running.Where(a => TaskResults.Current(state, a) is not { } r || r.Node != c.Node).ToList();
        var resumed = new List<PartAttempt>();
        var lost = new List<Failed>();
        foreach (var (attempt, running) in Running(state))
        {
            if (running.Node != c.Node || running.Session >= c.Session)
                continue;
            if (named.Contains(attempt))
                resumed.Add(attempt);
            else
                lost.Add(new Failed(attempt, c.Node, Restarted, null, []) { NodeDied = c.NodeDied && NodeDeaths.Counts(state, attempt, c.At) });
        }

        var output = new TaskOutput(state);
        var survived = NodeDeaths.Survived(state, c.Node, c.Running);
        if (resumed.Count + survived.Count > 0)
            output.Happened(new AttemptsResumed(resumed, c.Node, c.Session, c.At) { Survived = survived });
        foreach (var request in TaskVerification.Requests(state, c.Node))
            output.Then(request);
        return Recorded(state, lost, c.At, output).Reply(new AttemptsSorted(c.Task, stop));
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> LoseSessions(TaskState state, LoseSessions c)
    {
        var gone = c.Sessions.ToHashSet();
        var lost = Running(state).Where(a => gone.Contains((a.Running.Node, a.Running.Session)))
            .Select(a => new Failed(a.Attempt, a.Running.Node, Lost, null, [])).ToList();
        return Recorded(state, lost, c.At).Ok();
    }

    /// <summary>Fails attempts whose time is over. Returns false when there was none.</summary>
    internal static bool FailOverdue(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        if (state.RunningCount == 0 || state.AttemptsDue is not { } due || due > now)
            return false;
        DateTimeOffset? next = null;
        var overdue = new List<(PartAttempt Attempt, RunningAttempt Running)>();
        foreach (var (attempt, running) in Running(state))
        {
            if (running.Due <= now)
                overdue.Add((attempt, running));
            else if (next is null || running.Due < next)
                next = running.Due;
        }

        output.Happened(new LimitsReviewed(next, now));
        output.Stop(overdue.Where(o => o.Running.Wait is null), FaultCodes.TimeLimit);
        output.Stop(overdue.Where(o => o.Running.Wait is not null), FaultCodes.OwnerAbsent);
        Recorded(state, overdue.ConvertAll(o => new Failed(
            o.Attempt, o.Running.Node,
            o.Running.Wait is not null ? TaskKeyGrants.OwnerAbsent : o.Running.SessionKey is null ? NotReady : NoReport, null, [])), now, output);
        return overdue.Count > 0;
    }

    /// <summary>All running attempts of a living task.</summary>
    internal static IEnumerable<(PartAttempt Attempt, RunningAttempt Running)> Running(TaskState state)
    {
        if (!state.IsAlive || state.RunningCount == 0)
            yield break;
        var index = 0;
        foreach (var part in state.Parts)
        {
            if (part.Running is not null)
                yield return (new PartAttempt(index, part.Attempts), part.Running);
            index++;
        }
    }

    /// <summary>Records failures of attempts that ran or whose result had no verdict, and gives the task up when a rule says so.</summary>
    internal static TaskOutput Recorded(TaskState state, List<Failed> failures, DateTimeOffset at, TaskOutput? into = null)
    {
        var output = into ?? new TaskOutput(state);
        if (failures.Count == 0)
            return output;
        output.Happened(new AttemptsFailed(failures, at));
        foreach (var group in failures.GroupBy(f => f.Fault))
            output.Free(group.Where(f => state.Parts[f.Attempt.Part].Running is not null).Select(f => (f.Attempt, state.Parts[f.Attempt.Part].Running!)), group.Key);
        NodeDeaths.Pardon(state, failures, output);
        foreach (var f in failures)
        {
            if (EndedBy(state, f) is { } reason)
            {
                TaskEnding.End(state, TaskPhase.Failed, reason, at, output, [.. failures.Select(x => x.Attempt.Part)]);
                break;
            }
        }

        return output;
    }

    // The reason to give up on the whole task, or null when the part may be tried again.
    private static Fault? EndedBy(TaskState state, Failed f)
    {
        var before = state.Parts[f.Attempt.Part].Trouble;
        var now = PartTrouble.After(before, f);
        if (f.Fault.Code is FaultCodes.OwnerAbsent or FaultCodes.OperatorDistrusted)
            return null;
        if (f.Fault.Code == FaultCodes.HandedOver)
        {
            return now.HandOvers < TaskRules.MaxHandOvers ? null : new Fault(
                FaultCodes.RetriesExhausted, $"Part {f.Attempt.Part} was handed over {now.HandOvers} times and never finished.", Culprit.Node, true);
        }

        if (f.NodeDied && NodeDeaths.Verdict(f.Attempt.Part, now) is { } killer)
            return killer;
        if (!PartTrouble.IsProgram(f.Fault) && TaskSpeculation.IsTwin(state, f.Attempt.Part))
            return null; // the part itself goes on
        if (!PartTrouble.IsProgram(f.Fault))
        {
            return now.OtherFaults < TaskRules.MaxOtherFaults ? null : new Fault(
                FaultCodes.RetriesExhausted,
                $"Part {f.Attempt.Part} failed {now.OtherFaults} times without the program's fault, last: {f.Fault.Message}",
                f.Fault.Culprit, true);
        }

        var again = before is not null && before.ProgramCodes.Contains(f.Fault.Code);
        if (again)
            return f.Fault with { Retryable = false };
        return !f.Fault.Retryable || now.ProgramFaults > state.Spec.Limits.Retries ? f.Fault : null;
    }

    private static Fault Restarted { get; } = new(
        FaultCodes.NodeRestarted, "The node came back without this attempt.", Culprit.Node, true);

    private static Fault Lost { get; } = new(FaultCodes.NodeLost, "The node's session ended and it did not return in time.", Culprit.Node, true);

    private static Fault NotReady { get; } = new(
        FaultCodes.NodeLost, "The node was not ready in time.", Culprit.Node, true);

    private static Fault NoReport { get; } = new(
        FaultCodes.NodeLost, $"The time limit and {TaskRules.ReportGrace.TotalSeconds} s of grace passed without a report.", Culprit.Node, true);
}

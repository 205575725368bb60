using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

internal static class TaskEnding
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Cancel(TaskState state, CancelTask c)
    {
        if (!TaskDecider.IsKnownTo(state, c.By))
            return new([], TaskDecider.NotFound(c.Task), []);
        if (state.Phase == TaskPhase.Cancelled)
            return new TaskOutput(state).Ok();
        if (!state.IsAlive)
            return TaskOutput.Refuse(c.Task, FaultCodes.AlreadyEnded, "The task has ended already.");
        var output = new TaskOutput(state);
        var by = c.By is null ? "an admin" : "its owner";
        End(state, TaskPhase.Cancelled, new Fault(FaultCodes.CancelledByOwner, $"Cancelled by {by}."), c.At, output, []);
        return output.Ok();
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Erase(TaskState state, EraseTask c)
    {
        if (!TaskDecider.IsKnownTo(state, c.By))
            return new([], TaskDecider.NotFound(c.Task), []);
        if (state.Erased)
            return new TaskOutput(state).Ok();
        if (state.IsAlive)
            return TaskOutput.Refuse(c.Task, FaultCodes.NotYet, "The task still runs; cancel it first.");
        if (!state.Settled)
            return TaskOutput.Refuse(c.Task, FaultCodes.NotYet, "The task's pay is being settled; ask again in a moment.", retryable: true);
        var output = new TaskOutput(state);
        Erased(state, c.Reason, c.At, output);
        return output.Ok();
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Wake(TaskState state, WakeTask c)
    {
        if (state.Submission is null)
            return new([], TaskDecider.NotFound(c.Task), []);
        var output = new TaskOutput(state);
        foreach (var accuse in TaskAccusations.Owed(state))
            output.Then(accuse);
        if (state.IsAlive)
            LookAround(state, c.At, output);
        else if (!state.Settled)
            TaskMoney.SettleIfDue(state, c.At, output);
        else
            EraseIfDue(state, c.At, output);
        var after = output.Folded();
        if (TaskOutcome.NextDue(after) is { } due)
            output.Then(new WakeAt(due > c.At ? due : c.At + TaskRules.AskAgain));
        else if (TaskOutcome.IsAtRest(after))
            output.Then(new Rest());
        return output.Reply(new TaskOk(c.Task, after.Phase));
    }

    internal static void EraseIfDue(TaskState state, DateTimeOffset at, TaskOutput output)
    {
        if (!state.Erased && TaskOutcome.EraseDue(state) is { } due && due <= at)
            Erased(state, TaskErased.Retention, at, output);
    }

    /// <summary>Ends a living task: stops what runs, apart from parts that have just failed, and asks for the last settlement.</summary>
    internal static void End(
        TaskState state, TaskPhase phase, Fault reason, DateTimeOffset at, TaskOutput output, HashSet<int> failed)
    {
        var running = TaskFailing.Running(state).Where(a => !failed.Contains(a.Attempt.Part)).ToList();
        output.Stop(running, reason.Code);
        output.Free(running, null);
        output.Happened(new TaskEnded(phase, reason, at));
        TaskVerification.PayUndecided(output.Folded(), at, output);
        output.Happened(new SettlementDue(output.Folded().AcceptedCount, true, at));
    }

    private static void LookAround(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        if (TaskOutcome.Deadline(state) is { } deadline && deadline <= now)
        {
            var fault = new Fault(FaultCodes.DeadlinePassed, $"The task had not finished {state.DeadlineSeconds} s after its submission.");
            End(state, TaskPhase.Expired, fault, now, output, []);
            return;
        }

        if (!state.HoldConfirmed)
            output.Then(new HoldFunds(state.Order.Owner, state.Hold));
        else if (state.Wish is { } wish)
            output.Then(new AdjustHold(state.Order.Owner, wish.Amount, wish.CommandId));
        if (TaskFailing.FailOverdue(state, now, output) && !output.Folded().IsAlive)
            return;
        if (!TaskVerification.FailUnrevealed(output.Folded(), now, output))
            return;
        if (!TaskComparing.Review(output.Folded(), now, output))
            return;
        TaskMoney.SettleIfDue(state, now, output);
        TaskSpeculation.Review(output.Folded(), now, output);
    }

    private static void Erased(TaskState state, string reason, DateTimeOffset at, TaskOutput output)
        => output.Happened(new TaskErased(reason, at)).Then(new EraseBlobs(state.Order.Owner, Blobs(state)));

    /// <summary>Everything the task stored, each blob once.</summary>
    internal static IReadOnlyList<BlobRef> Blobs(TaskState state)
    {
        var blobs = new HashSet<BlobRef>(state.Order.Parts) { state.Order.Program };
        blobs.UnionWith(state.Plan.Stages.Select(s => s.Program).OfType<BlobRef>());
        if (state.Spec.ImageBlob is { } image)
            blobs.Add(image.ToReference());
        foreach (var part in state.Parts)
        {
            if (part.Result is { } result)
                blobs.Add(result.Result);
            if (part.Answered is { } answered)
                blobs.Add(answered.Result.Result);
            if (part.Checkpoint is { } checkpoint)
                blobs.Add(checkpoint.Blob);
            if (part.Trouble is { } trouble)
                blobs.UnionWith(trouble.Logs);
        }

        blobs.UnionWith(state.Discarded);
        return [.. blobs];
    }
}

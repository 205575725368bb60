using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

internal static class TaskSubmission
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Submit(TaskState state, SubmitTask c)
    {
        var order = c.Submission;
        if (state.Submission is { } first)
        {
            return IsSameOrder(first, order)
                ? new TaskOutput(state).Ok()
                : TaskOutput.Refuse(c.Task, FaultCodes.Conflict, "This task id was used for another submission; choose a new one.");
        }

        var spec = TaskSpec.Parse(order.SpecBytes);
        if (spec.Fault is { } fault)
            return TaskOutput.Refuse(c.Task, fault);
        if (order.Parts.Count is 0 or > TaskRules.MaxParts)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, $"A task has 1 to {TaskRules.MaxParts} parts, not {order.Parts.Count}.");
        var plan = StagePlan.Of(spec.Value, order.Parts.Count);
        if (plan.Fault is { } unsound)
            return TaskOutput.Refuse(c.Task, unsound);
        if (plan.Value.Stages.Skip(1).FirstOrDefault(s => s.Program is null) is { } bare)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, $"Stage '{bare.Name}' names no program.");
        if (spec.Value is { Privacy.Sticky: true, Verify.Needed: > 1 })
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, "A sticky task keeps to one node, and a check needs another operator; leave one of them out.");

        if (spec.Value.RefusesSpeculation() is { } conflict)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, $"limits.speculate: {conflict}");
        if (spec.Value.Verify?.Expected?.Keys.Where(p => p >= order.Parts.Count).Select(p => (int?)p).FirstOrDefault() is { } beyond)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, $"A result is expected of part {beyond}, and the task has {order.Parts.Count} parts, from 0.");

        if (order.Budget.IsNegative || c.Hold.IsNegative)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, "A budget cannot be negative.");
        if (c.Hold > order.Budget)
        {
            return TaskOutput.Refuse(
                c.Task, FaultCodes.BudgetExceeded, $"The task needs a hold of {c.Hold} tokens and its budget is {order.Budget}; raise the budget.");
        }

        return new TaskOutput(state)
            .Happened(new TaskSubmitted(order, c.Price, c.Hold, c.At) { CheckSeed = c.CheckSeed })
            .Then(new HoldFunds(order.Owner, c.Hold))
            .Reply(new TaskOk(c.Task, TaskPhase.Submitted));
    }

    // Everything that the signature covers; sealed keys differ each time a client makes them.
    private static bool IsSameOrder(Submission a, Submission b)
        => a.Owner == b.Owner && a.Budget == b.Budget && a.Program == b.Program
            && a.SpecBytes.AsSpan().SequenceEqual(b.SpecBytes) && a.Parts.SequenceEqual(b.Parts);
}

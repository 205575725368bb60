using System.Collections.Immutable;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>How the events of verification change a task (docs/design/verification.md).</summary>
internal static class TaskVerdictFold
{
    internal static TaskState Reported(TaskState state, PartsReported e)
    {
        var parts = state.Parts.Edit();
        var left = new Leaving(state);
        var cost = Tokens.Zero;
        foreach (var r in e.Parts)
        {
            var part = parts[r.Result.Attempt.Part];
            left.Leave(part);
            cost += r.Result.Cost;
            parts[r.Result.Attempt.Part] = part with { Running = null, Answered = new Answered(r.Result, r.Commitment, null, e.At) };
        }

        var after = left.From(state);
        return after with
        {
            Parts = parts.ToVector(),
            AnsweredCount = after.AnsweredCount + e.Parts.Count,
            AnsweredCost = after.AnsweredCost + cost,
            Reserved = after.Reserved + cost,
            AnswersDue = TaskFold.Earlier(state.AnswersDue, e.At + VerificationRules.RevealLimit),
        };
    }

    internal static TaskState Revealed(TaskState state, AnswersRevealed e)
    {
        var parts = state.Parts.Edit();
        foreach (var a in e.Answers)
        {
            var part = parts[a.Attempt.Part];
            parts[a.Attempt.Part] = part with { Answered = part.Answered! with { Revealed = a.Answer } };
        }

        return state with
        {
            Parts = parts.ToVector(),
            AnswersDue = TaskComparing.IsOn(state) ? TaskFold.Earlier(state.AnswersDue, e.At + VerificationRules.OwnerFirst) : state.AnswersDue,
        };
    }

    internal static TaskState Rejected(TaskState state, PartsRejected e)
    {
        var parts = state.Parts.Edit();
        var order = state.AcceptedOrder.Edit();
        var left = new Leaving(state);
        var closed = new List<int>();
        var discarded = state.Discarded;
        var checks = 0;
        foreach (var r in e.Parts)
        {
            var part = parts[r.Attempt.Part];
            if (part.Answered is { } wrong)
                discarded = discarded.Add(wrong.Result.Result);
            left.Leave(part, waitsAgain: r.ClosedBy is null);
            var result = r.ClosedBy is { } by ? parts[by].Result! with { Cost = Tokens.Zero } : null;
            parts[r.Attempt.Part] = part with { Running = null, Answered = null, Result = result };
            if (result is null)
                continue;
            closed.Add(r.Attempt.Part);
            order.Add(r.Attempt.Part);
            checks += part.IsCheck ? 1 : 0;
        }

        var accusations = state.Accusations;
        foreach (var r in e.Parts.Where(r => r.Reason != TaskComparing.Differs && !accusations.ContainsKey(r.Node)).DistinctBy(r => r.Node))
            accusations = accusations.Add(r.Node, new Accuse(r.Node, r.Attempt, r.Reason, e.At));

        var (dependents, readied) = TaskGrowth.Delivered(state, closed, parts, left.Ready);
        var accepted = order.ToVector();
        var vector = parts.ToVector();
        return left.From(state) with
        {
            Parts = vector,
            Gate = TaskRotation.Gate(state, vector),
            AcceptedOrder = accepted,
            Dependents = dependents,
            ReadyCounts = TaskGrowth.Counted(state, left.Ready),
            AcceptedChecks = state.AcceptedChecks + checks,
            Readied = state.Readied + readied,
            EndedAt = state.EndedAt ?? (accepted.Count == state.Parts.Count ? e.At : null),
            Discarded = discarded,
            Accusations = accusations,
        };
    }

    internal static TaskState Spared(TaskState state, PartsSpared e)
    {
        var parts = state.Parts.Edit();
        var order = state.AcceptedOrder.Edit();
        var left = new Leaving(state);
        var ready = left.Ready;
        var discarded = state.Discarded;
        Int128 weight = 0;
        var checks = 0;
        foreach (var s in e.Parts)
        {
            var part = parts[s.Part];
            var stage = state.StageOf(part);
            left.Leave(part);
            if (part.Running is null)
                weight += stage.Weight;
            if (ready is not null && part.IsReady)
                ready[stage.Number]--;
            if (part.Checkpoint is { } old)
                discarded = discarded.Add(old.Blob);
            parts[s.Part] = part with { Running = null, Checkpoint = null, Result = parts[s.ClosedBy].Result! with { Cost = Tokens.Zero } };
            order.Add(s.Part);
            checks += part.IsCheck ? 1 : 0;
        }

        var (dependents, readied) = TaskGrowth.Delivered(state, e.Parts.Select(s => s.Part), parts, ready);
        var accepted = order.ToVector();
        var vector = parts.ToVector();
        return left.From(state) with
        {
            Discarded = discarded,
            Parts = vector,
            Gate = TaskRotation.Gate(state, vector),
            AcceptedOrder = accepted,
            Dependents = dependents,
            ReadyCounts = TaskGrowth.Counted(state, ready),
            OpenWeight = state.OpenWeight - weight,
            AcceptedChecks = state.AcceptedChecks + checks,
            Readied = state.Readied + readied,
            EndedAt = state.EndedAt ?? (accepted.Count == state.Parts.Count ? e.At : null),
        };
    }

    internal static TaskState Distrusted(TaskState state, OperatorDistrusted e)
    {
        var parts = state.Parts.Edit();
        var gone = e.Withdrawn.ToHashSet();
        var left = new Leaving(state);
        var cost = state.Cost;
        var discarded = state.Discarded;
        var checks = 0;
        foreach (var index in e.Withdrawn)
        {
            var part = parts[index];
            checks += part is { IsCheck: true, Result: not null } ? 1 : 0;
            discarded = discarded.Add((part.Result ?? part.Answered!.Result).Result);
            cost -= part.Result?.Cost ?? Tokens.Zero;
            left.Leave(part, waitsAgain: true);
            parts[index] = part with { Result = null, Answered = null };
        }

        foreach (var index in e.Forfeited)
        {
            cost -= parts[index].Result!.Cost;
            parts[index] = parts[index] with { Result = parts[index].Result! with { Cost = Tokens.Zero } };
        }

        var (dependents, missing) = Undelivered(state, gone, parts, left.Ready);
        var after = left.From(state);
        var vector = parts.ToVector();
        return after with
        {
            Parts = vector,
            Gate = TaskRotation.Gate(state, vector, e.Withdrawn),
            AcceptedOrder = state.AcceptedOrder.Any(gone.Contains) ? Vector(state.AcceptedOrder.Where(p => !gone.Contains(p))) : state.AcceptedOrder,
            Dependents = dependents,
            AcceptedChecks = state.AcceptedChecks - checks,
            Readied = after.Readied + e.Withdrawn.Count + missing + 1, // who is distrusted is told with everything
            Cost = cost,
            Distrusted = state.Distrusted.Add(e.Operator),
            EarnedBy = state.EarnedBy.Remove(e.Operator),
            Discarded = discarded,
        };
    }

    // Results that were taken back are missing again to the parts that need them and have not begun.
    private static (ImmutableDictionary<int, ImmutableArray<int>> Dependents, int Missing) Undelivered(
        TaskState state, HashSet<int> gone, PersistentVector<PartState>.Editor parts, int[]? ready)
    {
        if (gone.Count == 0 || state.Plan.Stages.Count == 1)
            return (state.Dependents, 0);
        var dependents = state.Dependents.ToBuilder();
        var missing = 0;
        for (var index = 0; index < state.Parts.Count; index++)
        {
            foreach (var need in state.Parts[index].Origin?.AllNeeds.Where(n => gone.Contains(n) && state.Parts[n].Result is not null) ?? [])
            {
                if (ready is not null && parts[index].IsReady)
                    ready[state.StageOf(parts[index]).Number]--;
                parts[index] = parts[index] with { Missing = parts[index].Missing + 1 };
                dependents[need] = dependents.GetValueOrDefault(need, []).Add(index);
                missing++;
            }
        }

        return (dependents.ToImmutable(), missing);
    }

    private static PersistentVector<int> Vector(IEnumerable<int> items)
    {
        var vector = PersistentVector<int>.Empty.Edit();
        foreach (var item in items)
            vector.Add(item);
        return vector.ToVector();
    }
}

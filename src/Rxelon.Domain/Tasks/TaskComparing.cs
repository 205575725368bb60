using Rxelon.Domain.Kernel;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// Numbers within a tolerance (docs/design/verification.md): results that differ wait until their owner's client says which of them are equal. Its word
/// decides what is paid here; it makes nobody a liar.
/// </summary>
internal static class TaskComparing
{
    /// <summary>Why a result that its owner did not find equal to the right ones is not paid.</summary>
    internal const string Differs = "differs";

    /// <summary>True when results that differ are for the owner to compare.</summary>
    internal static bool IsOn(TaskState state) => state.Submission is not null && state.Spec.Verify?.Tolerance is not null;

    /// <summary>Parts whose results wait for the owner.</summary>
    internal static IEnumerable<CheckGroup> Awaited(TaskState state)
        => state.IsAlive && state.AnsweredCount > 0 && IsOn(state)
            ? TaskVerification.Groups(state, TaskVerification.Answered(state)).Where(g => g.AwaitsOwner) : [];

    internal static TaskReply Requests(TaskState state, GetComparisons c)
        => !TaskDecider.IsKnownTo(state, c.By) ? TaskDecider.NotFound(c.Task)
            : !IsOn(state) ? new TaskRefused(c.Task, NotNumeric)
            : new ComparisonsAwaited(c.Task, state.Phase, [.. Awaited(state).Select(g => new AwaitedComparison(g.First, [.. g.Results.Select(r => (r.Attempt, r.Result))]))]);

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Compare(TaskState state, CompareAnswers c)
    {
        if (!TaskDecider.IsKnownTo(state, c.By))
            return new([], TaskDecider.NotFound(c.Task), []);
        if (!IsOn(state))
            return TaskOutput.Refuse(c.Task, NotNumeric);
        if (!state.IsAlive)
            return TaskOutput.Refuse(c.Task, FaultCodes.AlreadyEnded, "The task has ended.");
        List<Comparison> counted = [];
        List<(int, Fault?)> answers = [];
        foreach (var comparison in c.Comparisons.DistinctBy(g => g.Part))
        {
            var fault = Objection(state, comparison);
            answers.Add((comparison.Part, fault));
            if (fault is null)
                counted.Add(comparison);
        }

        var output = new TaskOutput(state);
        if (counted.Count > 0)
        {
            output.Happened(new AnswersCompared(counted, c.At));
            TaskVerification.JudgeAgain(output, counted.Select(g => g.Part), c.At);
        }

        return output.Reply(new ComparisonsAnswered(c.Task, answers));
    }

    /// <summary>Ends a task whose results waited too long for their owner. Returns false when it did.</summary>
    internal static bool FailForgotten(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        if (!Awaited(state).Any(g => g.LastAnsweredAt + VerificationRules.CompareLimit <= now))
            return true;
        TaskEnding.End(state, TaskPhase.Failed, Forgotten, now, output, []);
        return false;
    }

    internal static TaskState Compared(TaskState state, AnswersCompared e)
    {
        var parts = state.Parts.Edit();
        foreach (var equal in e.Groups.SelectMany(g => g.Classes))
        {
            var first = parts[equal[0].Part].Answered!.Revealed;
            foreach (var (part, _) in equal)
                parts[part] = parts[part] with { Answered = parts[part].Answered! with { EqualTo = first } };
        }

        return state with { Parts = parts.ToVector() };
    }

    private static Fault? Objection(TaskState state, Comparison c)
    {
        if (c.Part < 0 || c.Part >= state.Parts.Count || CheckGroup.Of(state, c.Part) is not { AwaitsOwner: true } group || group.First != c.Part)
            return NotAwaited;
        var named = c.Classes.SelectMany(a => a).ToList();
        var waiting = group.Results.Select(r => r.Attempt).ToHashSet();
        if (c.Classes.Any(a => a.Count == 0) || named.Count != waiting.Count || !waiting.SetEquals(named))
            return NotAwaited;
        var statement = SignedStatements.Compare(state.Id, c.Part, [.. c.Classes.Select(a => (IReadOnlyList<(int, int)>)[.. a.Select(p => (p.Part, p.Number))])]);
        return Signatures.Verify(state.Order.SigningKey, statement, c.Signature) ? null : Unsigned;
    }

    private static Fault NotAwaited { get; } = new(
        FaultCodes.StaleAttempt, "These are not the results of this part that wait to be compared (any more); ask which do.");

    private static Fault Unsigned { get; } = new(
        FaultCodes.BadSignature, "The comparison is not signed by the key that signed the task's order.", Culprit.Input);

    private static Fault NotNumeric { get; } = new(
        FaultCodes.Conflict, "This task's results are compared byte by byte: nobody has to look at them.", Culprit.Input);

    private static Fault Forgotten { get; } = new(
        FaultCodes.OwnerAbsent, $"Results differed, and nobody compared them within {VerificationRules.CompareLimit.TotalHours:0} hours. What was computed is paid. Submit again and keep rxelon running, or compare bytes.");
}

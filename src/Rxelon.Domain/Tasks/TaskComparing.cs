using Rxelon.Domain.Kernel;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// Numbers within a tolerance (docs/design/verification.md): results that differ wait until their owner's client, or a node of another operator, says which of
/// them are equal. Such a word decides what is paid here; it makes nobody a liar.
/// </summary>
internal static class TaskComparing
{
    /// <summary>Why a result that was not found equal to the right ones is not paid.</summary>
    internal const string Differs = "differs";

    /// <summary>True when results that differ are compared by somebody who may read them.</summary>
    internal static bool IsOn(TaskState state) => state.Submission is not null && state.Spec.Verify?.Tolerance is not null;

    /// <summary>Parts whose results wait to be compared.</summary>
    internal static IEnumerable<CheckGroup> Awaited(TaskState state)
        => state.IsAlive && state.AnsweredCount > 0 && IsOn(state)
            ? TaskVerification.Groups(state, TaskVerification.Answered(state)).Where(g => g.AwaitsComparison) : [];

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

    /// <summary>
    /// Orders a comparison where the owner's client was not first, and ends a task whose results waited too long for anybody: returns false then.
    /// </summary>
    internal static bool Review(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        var awaited = Awaited(state).ToList();
        if (awaited.Exists(g => g.LastAnsweredAt + VerificationRules.CompareLimit <= now))
        {
            TaskEnding.End(state, TaskPhase.Failed, Forgotten, now, output, []);
            return false;
        }

        // Under sealed custody the owner's client has to be there anyway, and nobody else has the keys.
        if (state.Spec.Privacy.Custody != Custody.Managed)
            return true;
        var due = awaited.FindAll(g => g.LastAnsweredAt + VerificationRules.OwnerFirst <= now && !Open(state, g).Any(p => IsWanted(state, p)));
        if (due.Count > 0)
        {
            output.Happened(new PartsAdded(state.Parts.Count, [.. due.Select(g => state.OriginOf(g.First) with
            {
                Source = null,
                Needs = [],
                Carry = null,
                CheckOf = g.First,
                Compares = [.. g.Attempts],
            })], now));
        }

        return true;
    }

    /// <summary>Comparisons of this group that have no result.</summary>
    internal static IEnumerable<int> Open(TaskState state, CheckGroup group) => group.Comparisons.Where(p => state.Parts[p].Result is null);

    /// <summary>False when a comparison has become useless: what it would compare is not what waits any more.</summary>
    internal static bool IsWanted(TaskState state, int part)
        => CheckGroup.Of(state, part) is { AwaitsComparison: true } group
            && group.Attempts.SequenceEqual(state.Parts[part].Origin!.Compares!);

    /// <summary>True when this part may be placed, as far as comparing is concerned.</summary>
    internal static bool MayRun(TaskState state, int part) => !state.Parts[part].IsComparison || IsWanted(state, part);

    /// <summary>What a comparison gets: the results that it was ordered for, as far as they still wait for a verdict.</summary>
    internal static IReadOnlyList<NeededResult> ResultsFor(TaskState state, int part)
        => [.. state.Parts[part].Origin!.Compares!.Select(c => (Compared: c, state.Parts[c.Part].Answered?.Result))
            .Where(c => c.Result is { } r && r.Attempt.Number == c.Compared.Attempt)
            .Select(c => new NeededResult(c.Compared.Part, c.Compared.Attempt, c.Result!.Result))];

    /// <summary>
    /// What a comparison's report says, whose signature its session has verified. Null as a word: it came too late to count. A fault: it says nothing.
    /// </summary>
    internal static Fault? Word(TaskState state, ReportedResult r, NodeId node, out Comparison? word)
    {
        word = null;
        if (r.Compared is not { } said)
            return NoWord;
        if (!IsWanted(state, r.Attempt.Part))
            return null;
        var group = CheckGroup.Of(state, r.Attempt.Part);
        var comparison = new Comparison(group.First, said.Classes, said.Signature) { By = (r.Attempt, node) };
        if (!NamesAll(group, comparison))
            return NoWord;
        word = comparison;
        return null;
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
        if (c.Part < 0 || c.Part >= state.Parts.Count || CheckGroup.Of(state, c.Part) is not { AwaitsComparison: true } group || group.First != c.Part)
            return NotAwaited;
        if (!NamesAll(group, c))
            return NotAwaited;
        return Signatures.Verify(state.Order.SigningKey, c.Statement(state.Id), c.Signature) ? null : Unsigned;
    }

    private static bool NamesAll(CheckGroup group, Comparison c)
    {
        var named = c.Classes.SelectMany(a => a).ToList();
        var waiting = group.Results.Select(r => r.Attempt).ToHashSet();
        return c.Classes.All(a => a.Count > 0) && named.Count == waiting.Count && waiting.SetEquals(named);
    }

    private static Fault NoWord { get; } = new(
        FaultCodes.Malformed, "A comparison reports which of the results that it was given are equal, each once.", Culprit.Node);

    private static Fault NotAwaited { get; } = new(
        FaultCodes.StaleAttempt, "These are not the results of this part that wait to be compared (any more); ask which do.");

    private static Fault Unsigned { get; } = new(
        FaultCodes.BadSignature, "The comparison is not signed by the key that signed the task's order.", Culprit.Input);

    private static Fault NotNumeric { get; } = new(
        FaultCodes.Conflict, "This task's results are compared byte by byte: nobody has to look at them.", Culprit.Input);

    private static Fault Forgotten { get; } = new(
        FaultCodes.OwnerAbsent, $"Results differed, and nobody compared them within {VerificationRules.CompareLimit.TotalHours:0} hours. What was computed is paid. Submit again and keep rxelon running, or compare bytes.");
}

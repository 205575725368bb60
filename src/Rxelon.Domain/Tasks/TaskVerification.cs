using Rxelon.Domain.Kernel;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>Who is checked, who was right, and what follows (docs/design/verification.md).</summary>
internal static class TaskVerification
{
    internal const string RevealMismatch = "reveal-mismatch";
    internal const string Outvoted = "outvoted";
    private const int TheOwner = -1;

    /// <summary>True when this result counts only after a comparison.</summary>
    internal static bool IsCompared(TaskState state, Accepted result)
    {
        var part = result.Attempt.Part;
        var terms = state.Spec.Verify!;
        if (state.Parts[part].IsComparison)
            return false;
        if (CheckGroup.Of(state, part).Count > 1)
            return true;
        return terms.Policy switch
        {
            VerifyPolicy.Canary => terms.Expected!.ContainsKey(part),
            VerifyPolicy.Spot or VerifyPolicy.Adaptive => CheckDraw.IsChecked(
                terms, state.CheckSeed, part, result.Cost, state.EarnedBy.GetValueOrDefault(result.Operator)),
            _ => false,
        };
    }

    /// <summary>Results wait; those that were drawn get a check.</summary>
    internal static void Report(TaskState state, IReadOnlyList<Reported> reported, DateTimeOffset at, TaskOutput output)
    {
        output.Happened(new PartsReported(reported, at));
        if (state.Spec.Verify!.Policy is VerifyPolicy.Spot or VerifyPolicy.Adaptive)
        {
            AddChecks(state, [.. reported.Select(r => r.Result.Attempt.Part)
                .Where(p => CheckGroup.Of(state, p).Count == 1)], at, output);
        }
    }

    /// <summary>What to ask of nodes now that these parts were reported: the answers of every group that is complete.</summary>
    internal static IEnumerable<RequestReveals> Requests(TaskState state, IEnumerable<int> parts)
        => Groups(state, parts).Where(g => g.IsReported)
            .SelectMany(g => g.Unrevealed).GroupBy(a => a.Node)
            .Select(n => new RequestReveals(n.Key, [.. n.Select(a => a.Attempt)]));

    /// <summary>All answers that a returning node, or after recovery any node, still has to show.</summary>
    internal static IEnumerable<RequestReveals> Requests(TaskState state, NodeId? node = null)
        => state is { IsAlive: true, AnsweredCount: > 0 }
            ? Requests(state, Answered(state)).Where(r => node is null || r.Node == node)
            : [];

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Reveal(TaskState state, RevealAnswers c)
    {
        var output = new TaskOutput(state);
        if (!state.IsAlive)
            return output.Ok();
        List<RevealedAnswer> fit = [];
        List<Rejected> wrong = [];
        foreach (var a in c.Answers.DistinctBy(a => a.Attempt.Part))
        {
            if (a.Attempt.Part < 0 || a.Attempt.Part >= state.Parts.Count
                || state.Parts[a.Attempt.Part].Answered is not { Revealed: null } answered
                || answered.Result.Attempt != a.Attempt || answered.Result.Node != c.Node || !CheckGroup.Of(state, a.Attempt.Part).IsReported)
                continue;
            if (AnswerCommitment.Fits(answered.Commitment, new AttemptId(c.Task, a.Attempt.Part, a.Attempt.Number), a.Nonce, a.Answer))
                fit.Add(a);
            else
                wrong.Add(Reject(answered, null, RevealMismatch));
        }

        if (fit.Count > 0)
            output.Happened(new AnswersRevealed(fit, c.At));
        var folded = output.Folded();
        Judge(folded, Groups(folded, fit.Select(a => a.Attempt.Part)), wrong, c.At, output);
        return output.Ok();
    }

    /// <summary>Fails attempts that did not show their answer in time. Returns false when the task ended by it.</summary>
    internal static bool FailUnrevealed(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        if (state.AnsweredCount == 0 || state.AnswersDue is not { } due || due > now)
            return true;
        var next = now + VerificationRules.RevealLimit;
        List<Failed> late = [];
        foreach (var group in Groups(state, Answered(state)).Where(g => g.IsReported))
        {
            if (group.RevealDue > now)
                next = group.RevealDue < next ? group.RevealDue : next;
            else
                late.AddRange(group.Unrevealed.Select(a => new Failed(a.Attempt, a.Node, NotRevealed, null, [])));
        }

        output.Happened(new AnswersReviewed(next, now));
        TaskFailing.Recorded(state, late, now, output);
        if (late.Count == 0)
            return true;
        var folded = output.Folded();
        if (folded.IsAlive)
            Judge(folded, Groups(folded, late.Select(f => f.Attempt.Part)), [], now, output);
        return output.Folded().IsAlive;
    }

    /// <summary>A task that ends early pays for results that had no verdict yet: they were computed as ordered.</summary>
    internal static void PayUndecided(TaskState state, DateTimeOffset at, TaskOutput output)
    {
        if (state.AnsweredCount > 0)
            output.Happened(new PartsAccepted([.. Answered(state).Select(p => state.Parts[p].Answered!.Result)], at));
    }

    /// <summary>Decides these parts' groups by everything that the output has so far.</summary>
    internal static void JudgeAgain(TaskOutput output, IEnumerable<int> parts, DateTimeOffset at)
    {
        var folded = output.Folded();
        Judge(folded, Groups(folded, parts), [], at, output);
    }

    internal static IEnumerable<CheckGroup> Groups(TaskState state, IEnumerable<int> parts)
        => parts.Select(p => CheckGroup.Of(state, p)).DistinctBy(g => g.First);

    // Decides every one of these groups whose answers are all there.
    private static void Judge(TaskState state, IEnumerable<CheckGroup> groups, List<Rejected> wrong, DateTimeOffset at, TaskOutput output)
    {
        var terms = state.Spec.Verify!;
        List<Accepted> right = [];
        List<Spared> spared = [];
        List<int> undecided = [];
        Fault? differs = null;
        var outvoted = TaskComparing.IsOn(state) ? TaskComparing.Differs : Outvoted;
        foreach (var group in groups.Where(g => g.IsRevealed && !g.AwaitsComparison))
        {
            switch (Ballot.Count([.. group.Votes, .. OwnersWord(state, group.First)], terms.Needed))
            {
                case Verdict.Agreed v:
                    right.AddRange(v.Right.Where(p => p != TheOwner).Select(p => state.Parts[p].Answered!.Result));
                    wrong.AddRange(v.Wrong.Where(p => p != TheOwner).Select(p => Reject(state.Parts[p].Answered!, v.Right[0], outvoted)));
                    spared.AddRange(group.Waiting.Select(p => new Spared(p, v.Right[0])));
                    spared.AddRange(TaskComparing.Open(state, group).Select(p => new Spared(p, v.Right[0], state.Parts[p].Running is null ? null : state.Parts[p].Attempts)));
                    break;
                case Verdict.Undecided when group.Waiting.Count > 0:
                    break; // the next answer is ordered already
                case Verdict.Undecided:
                    undecided.Add(group.First);
                    break;
                case Verdict.Disputed:
                    differs ??= new Fault(
                        FaultCodes.ResultsDiffer,
                        $"Part {group.First} gave {group.Votes.Count} results on {group.Votes.Count} operators' nodes and too few are equal: {(TaskComparing.IsOn(state) ? "they differ by more than the tolerance. Widen it" : "the program is not deterministic. Make it so")}, or submit without verification.",
                        Culprit.Program);
                    break;
                default:
                    throw new InvalidOperationException("No rule for this verdict.");
            }
        }

        // First events that cannot end the task, then those that complete it, then those that may fail it: whoever lied is on record before.
        HashSet<AccountId> liars = [.. wrong.Select(w => w.Operator)];
        if (liars.Count > 0)
        {
            TaskResults.Count(output.Folded(), right.FindAll(r => liars.Contains(r.Operator)), [], at, output);
            right.RemoveAll(r => liars.Contains(r.Operator));
            foreach (var liar in liars)
                TakeBack(output.Folded(), liar, wrong, at, output);
        }

        if (undecided.Count > 0)
        {
            // A liar's answer that was taken back has left its place to another.
            var now = output.Folded();
            AddChecks(now, undecided.FindAll(p => CheckGroup.Of(now, p).Waiting.Count == 0), at, output);
        }

        TaskResults.Count(output.Folded(), right, wrong, at, output, spared);
        TaskResults.Stop(state, spared, output);
        if (differs is not null)
            TaskEnding.End(output.Folded(), TaskPhase.Failed, differs, at, output, []);
        if (liars.Count > 0)
            Clear(liars, at, output);
    }

    // What the owner expects is one vote: an owner may be mistaken, and must not be able to have anybody quarantined alone.
    private static IEnumerable<Vote> OwnersWord(TaskState state, int part)
        => state.Spec.Verify!.Expected?.GetValueOrDefault(part) is { } expected
            ? [new Vote(TheOwner, state.Order.Owner, Answer.FromBytes(Convert.FromHexString(expected)))] : [];

    /// <summary>The operator lied in another task: what nobody checked here is taken back, what others confirmed stays.</summary>
    internal static void DistrustElsewhere(TaskState state, AccountId liar, NodeId node, DateTimeOffset at, TaskOutput output)
    {
        var (withdrawn, forfeited) = Earned(state, liar, []);
        forfeited.RemoveAll(p => CheckGroup.Of(state, p).Count > 1);
        if (withdrawn.Count + forfeited.Count == 0 && !TaskFailing.Running(state).Any(a => a.Running.Operator == liar))
            return;
        output.Happened(new OperatorDistrusted(liar, withdrawn, forfeited, at) { Elsewhere = node });
        Clear([liar], at, output);
    }

    // Takes back what nobody checked, before anything completes the task. This alone never ends it.
    private static void TakeBack(TaskState state, AccountId liar, List<Rejected> rejected, DateTimeOffset at, TaskOutput output)
    {
        if (state.Distrusted.Contains(liar))
            return;
        var (withdrawn, forfeited) = Earned(state, liar, [.. rejected.Select(r => r.Attempt.Part)]);
        if (!rejected.Exists(r => r.Operator == liar && r.Reason != TaskComparing.Differs))
            forfeited.Clear(); // its owner's word is no proof, and others confirmed these
        output.Happened(new OperatorDistrusted(liar, withdrawn, forfeited, at));
    }

    private static (List<int> Withdrawn, List<int> Forfeited) Earned(TaskState state, AccountId liar, HashSet<int> rejected)
    {
        List<int> withdrawn = [], forfeited = [];
        var begun = state.Plan.Stages.Count > 1 ? Begun(state) : [];
        for (var p = 0; p < state.Parts.Count; p++)
        {
            if (rejected.Contains(p))
                continue;
            var part = state.Parts[p];
            if (part.Answered?.Result.Operator == liar)
                withdrawn.Add(p);
            else if (part.Result is { } r && r.Operator == liar && r.Attempt.Part == p)
                (CheckGroup.Of(state, p).Count == 1 && !begun.Contains(p) ? withdrawn : forfeited).Add(p);
        }

        return (withdrawn, forfeited);
    }

    // Stops what distrusted operators run, and decides what they leave behind by the others' answers.
    private static void Clear(HashSet<AccountId> liars, DateTimeOffset at, TaskOutput output)
    {
        var running = TaskFailing.Running(output.Folded()).Where(a => liars.Contains(a.Running.Operator)).ToList();
        output.Stop(running, FaultCodes.OperatorDistrusted);
        TaskFailing.Recorded(output.Folded(), running.ConvertAll(a => new Failed(a.Attempt, a.Running.Node, Untrusted, null, [])), at, output);
        var left = output.Folded();
        if (left is { IsAlive: true, AnsweredCount: > 0 })
            Judge(left, Groups(left, Answered(left)), [], at, output);
    }

    // Parts whose result was handed to a part that has begun.
    private static HashSet<int> Begun(TaskState state)
        => [.. state.Parts.Where(p => p.Attempts > 0 && p.Origin is not null).SelectMany(p => p.Origin!.AllNeeds)];

    private static void AddChecks(TaskState state, List<int> of, DateTimeOffset at, TaskOutput output)
    {
        if (of.Count > 0)
            output.Happened(new PartsAdded(state.Parts.Count, [.. of.Select(p => state.OriginOf(p) with { CheckOf = p })], at));
    }

    /// <summary>Parts whose result has no verdict.</summary>
    internal static IEnumerable<int> Answered(TaskState state)
    {
        var index = 0;
        foreach (var part in state.Parts)
        {
            if (part.Answered is not null)
                yield return index;
            index++;
        }
    }

    private static Rejected Reject(Answered a, int? closedBy, string reason)
        => new(a.Result.Attempt, a.Result.Node, a.Result.Operator, closedBy, reason);

    private static Fault NotRevealed { get; } = new(
        FaultCodes.NodeLost, $"The node did not show the answer that it had promised within {VerificationRules.RevealLimit.TotalSeconds} s.", Culprit.Node, true);

    private static Fault Untrusted { get; } = new(
        FaultCodes.OperatorDistrusted, "The node's operator gave a wrong answer in this task and gets no more of it.", Culprit.Node, true);
}

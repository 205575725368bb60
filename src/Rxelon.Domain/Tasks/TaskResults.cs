using Rxelon.Domain.Kernel;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

internal static class TaskResults
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> ReleaseKeys(TaskState state, ReleaseKeys c)
    {
        var released = new List<Released>();
        var granted = new List<PartAttempt>();
        var stale = new List<PartAttempt>();
        foreach (var attempt in c.Attempts.Distinct())
        {
            var running = Current(state, attempt);
            if (running is null || running.Node != c.Node || running.Session != c.Session || !TaskRotation.MayRun(state, attempt.Part))
            {
                stale.Add(attempt);
            }
            else if (running.SessionKey is null)
            {
                released.Add(new Released(attempt, c.Node, c.SessionKey));
                granted.Add(attempt);
            }
            else if (running.SessionKey.AsSpan().SequenceEqual(c.SessionKey))
            {
                granted.Add(attempt);
            }

            // Otherwise: released to another session key. Never a second time; the attempt's time limit decides.
        }

        var output = new TaskOutput(state);
        if (released.Count > 0)
            output.Happened(new KeysReleased(released, c.At));
        if (granted.Count > 0)
            output.Then(new GrantKeys(c.Node, c.Session, c.SessionKey, granted));
        if (stale.Count > 0)
            output.Then(new StopAttempts(c.Node, c.Session, stale, FaultCodes.StaleAttempt));
        return granted.Count > 0
            ? output.Reply(new TaskOk(c.Task, state.Phase))
            : output.Reply(new TaskRefused(c.Task, Stale));
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Accept(TaskState state, AcceptResults c)
    {
        var accepted = new List<Accepted>();
        var reported = new List<Reported>();
        var isVerified = state.PaysAtTheEnd;
        var freed = new List<(PartAttempt, RunningAttempt)>();
        var answers = new List<(PartAttempt, Fault?)>(c.Results.Count);
        var taken = new Dictionary<int, Accepted>();
        var cost = state.Cost + state.AnsweredCost;
        var spared = new List<Spared>();
        var compared = new List<Comparison>();
        foreach (var r in c.Results)
        {
            if (spared.Exists(s => s.Part == r.Attempt.Part))
            {
                answers.Add((r.Attempt, Stale)); // its twin is in the same batch
                continue;
            }

            var before = taken.GetValueOrDefault(r.Attempt.Part) ?? Part(state, r.Attempt.Part)?.Result ?? Part(state, r.Attempt.Part)?.Answered?.Result;
            if (before is not null)
            {
                answers.Add((r.Attempt, before.Attempt == r.Attempt && before.Node == c.Node && before.Result == r.Result ? null : Stale));
                continue;
            }

            var running = Current(state, r.Attempt);
            if (running?.SessionKey is null || running.Node != c.Node)
            {
                answers.Add((r.Attempt, state.EndedAt is null ? Stale : Ended));
                continue;
            }

            if (state.Parts[r.Attempt.Part].IsComparison)
            {
                if (TaskComparing.Word(state, r, c.Node, out var word) is { } broken)
                {
                    answers.Add((r.Attempt, broken));
                    continue;
                }

                if (word is not null)
                    compared.Add(word);
            }
            else if (isVerified && r.Promise is null)
            {
                answers.Add((r.Attempt, NoPromise));
                continue;
            }

            var resources = state.StageOf(state.Parts[r.Attempt.Part]).Spec.Resources;
            var charge = Tariff.Charge(state.Price, running.AskPerCoreHour, resources, r.Metering);
            charge = HoldShares.Capped(charge, running.Cap, state.Hold, cost);
            cost += charge;
            var result = new Accepted(r.Attempt, c.Node, running.Operator, r.Result, r.Metering, charge, r.Signature, r.Stop);
            taken.Add(r.Attempt.Part, result);
            if (isVerified && TaskVerification.IsCompared(state, result))
                reported.Add(new Reported(result, r.Promise!.Value.Commitment, r.Promise.Value.Signature));
            else
                accepted.Add(result);
            freed.Add((r.Attempt, running));
            answers.Add((r.Attempt, null));
            spared.AddRange(TaskSpeculation.Overtaken(state, [r.Attempt.Part]));
        }

        var output = new TaskOutput(state);
        if (reported.Count > 0)
            TaskVerification.Report(state, reported, c.At, output);
        if (compared.Count > 0)
            output.Happened(new AnswersCompared(compared, c.At));
        Count(output.Folded(), accepted, [], c.At, output, spared);
        output.Free(freed, null);
        Stop(state, spared, output);
        if (compared.Count > 0)
            TaskVerification.JudgeAgain(output, compared.Select(g => g.Part), c.At);
        return output.Reply(new ResultsAnswered(c.Task, answers));
    }

    /// <summary>Stops attempts of parts that are spared, which run in this state.</summary>
    internal static void Stop(TaskState state, IReadOnlyList<Spared> spared, TaskOutput output)
    {
        List<(PartAttempt, RunningAttempt)> stopped = [.. spared.Where(s => s.Stopped is not null)
            .Select(s => (new PartAttempt(s.Part, s.Stopped!.Value), state.Parts[s.Part].Running!))];
        output.Stop(stopped, FaultCodes.StaleAttempt);
        output.Free(stopped, null);
    }

    /// <summary>
    /// Takes right results, and closes the parts of wrong ones, with what follows: the next round's parts before, and a settlement
    /// after. <paramref name="state"/> has everything that the output has so far.
    /// </summary>
    internal static void Count(
        TaskState state, IReadOnlyList<Accepted> right, IReadOnlyList<Rejected> wrong, DateTimeOffset at, TaskOutput output,
        IReadOnlyList<Spared>? spared = null)
    {
        var results = right.ToDictionary(r => r.Attempt.Part);
        var closed = 0;
        foreach (var w in wrong)
        {
            if (w.ClosedBy is not { } by)
                continue;
            results[w.Attempt.Part] = results.TryGetValue(by, out var found) ? found : state.Parts[by].Result!;
            closed++;
        }

        foreach (var s in spared ?? [])
        {
            results[s.Part] = results.TryGetValue(s.ClosedBy, out var found) ? found : state.Parts[s.ClosedBy].Result!;
            closed++;
        }

        var grown = TaskGrowth.Owed(state, results);
        if (grown.Count > 0)
            output.Happened(new PartsAdded(state.Parts.Count, grown, at));
        if (right.Count > 0)
            output.Happened(new PartsAccepted(right, at));
        if (wrong.Count > 0)
            output.Happened(new PartsRejected(wrong, at));
        if (spared is { Count: > 0 })
            output.Happened(new PartsSpared(spared, at));
        var count = state.AcceptedCount + right.Count + closed;
        if (right.Count + closed > 0 && count == state.Parts.Count + grown.Count)
            output.Happened(new SettlementDue(count, true, at));
        else if (right.Count > 0 && !state.PaysAtTheEnd && state.InFlight is null && count - state.SettledUpTo >= TaskRules.SettleEvery)
            output.Happened(new SettlementDue(count, false, at));
    }

    /// <summary>The running attempt of exactly this number, while the task lives.</summary>
    internal static RunningAttempt? Current(TaskState state, PartAttempt attempt)
        => state.IsAlive && Part(state, attempt.Part) is { } part && part.Attempts == attempt.Number ? part.Running : null;

    private static PartState? Part(TaskState state, int part) => part >= 0 && part < state.Parts.Count ? state.Parts[part] : null;

    internal static Fault Stale { get; } = new(
        FaultCodes.StaleAttempt, "Another attempt of this part counts now, or this one has no key; stop it.");

    private static Fault NoPromise { get; } = new(
        FaultCodes.Malformed, "This task is verified, and the report promises no answer; use a newer client.", Culprit.Node);

    private static Fault Ended { get; } = new(FaultCodes.AlreadyEnded, "The task has ended; stop the attempt.");
}

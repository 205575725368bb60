using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Projections;

/// <summary>What the index knows of one task: a fold of its events, and of the money events that name it.</summary>
internal sealed class TaskRow(TaskId id)
{
    private const long LongestSeconds = 100L * 365 * 24 * 3600;

    internal TaskId Id { get; } = id;

    internal AccountId Owner { get; set; }

    internal string Name { get; set; } = "";

    internal WorkloadKind Kind { get; set; }

    internal TaskPhase Phase { get; set; }

    internal int Total { get; set; }

    internal int Accepted { get; set; }

    internal int Running { get; set; }

    internal Tokens Hold { get; set; }

    internal Tokens Cost { get; set; }

    internal DateTimeOffset Submitted { get; set; }

    internal DateTimeOffset? Ended { get; set; }

    internal Fault? Reason { get; set; }

    internal long RetainSeconds { get; set; }

    /// <summary>The account holds money for it.</summary>
    internal bool Held { get; set; }

    /// <summary>The account has closed the hold.</summary>
    internal bool Settled { get; set; }

    internal DateTimeOffset? Erased { get; set; }

    /// <summary>What is known of each part of a verified task while it lives; null for others.</summary>
    internal VerifiedParts? Verified { get; set; }

    /// <summary>What is stored of its parts is of no use any more.</summary>
    internal bool DropsParts { get; private set; }

    /// <summary>How many of all parts are checks.</summary>
    internal int Checks { get; set; }

    /// <summary>How many of the accepted ones are.</summary>
    internal int ChecksAccepted { get; set; }

    /// <summary>
    /// When it must be awake: always while it lives or its money is open, then when its results expire; null when never again.
    /// </summary>
    internal DateTimeOffset? Due => Erased is not null ? null
        : Ended is not { } ended || (Held && !Settled) ? DateTimeOffset.UnixEpoch
        : ended.AddSeconds(Math.Clamp(RetainSeconds, 0, LongestSeconds));

    /// <summary>The account has set the money aside: the task is in the queue.</summary>
    internal void HoldPlaced()
    {
        Held = true;
        if (Phase == TaskPhase.Submitted)
            Phase = TaskPhase.Queued;
    }

    internal void Apply(ITaskEvent happened)
    {
        switch (happened)
        {
            case TaskSubmitted e:
                Submit(e);
                break;
            case PartsAdded e:
                Total += e.Parts.Count;
                Checks += Verified?.Add(e.First, e.Parts) ?? e.Parts.Count(p => p.CheckOf is not null);
                break;
            case PartsAssigned e:
                Running += e.Parts.Count;
                Phase = TaskPhase.Running;
                break;
            case KeysReleased or AttemptsResumed or SettlementRecorded or AnswersRevealed or AnswersCompared:
                break;
            case PartsReported e:
                Running -= e.Parts.Count;
                Verified?.Report(e);
                break;
            case PartsRejected e:
                Accepted += Verified?.Reject(e) ?? 0;
                CompleteIfDone(e.At);
                break;
            case PartsSpared e:
                Verified?.Spare(e);
                Accepted += e.Parts.Count;
                Running -= e.Parts.Count(p => p.Stopped is not null);
                if (Verified is null)
                    ChecksAccepted += e.Parts.Count; // of a part and its twin, both are accepted at once
                CompleteIfDone(e.At);
                break;
            case OperatorDistrusted e:
                Distrust(e);
                break;
            case PartsAccepted e:
                Accept(e);
                break;
            case AttemptsFailed e:
                Running -= e.Failures.Count - (Verified?.Fail(e) ?? 0);
                break;
            case TaskAdjusted e:
                Hold = e.Hold;
                break;
            case TaskEnded e:
                Phase = e.Phase;
                Reason = e.Reason;
                Ended = e.At;
                Running = 0;
                break;
            case TaskErased e:
                Erased = e.At;
                CloseVerified();
                break;
            default:
                throw new InvalidOperationException($"The index has no rule for {happened.GetType()}; add it to {nameof(TaskRow)}.");
        }

        CountChecks();
    }

    private void Submit(TaskSubmitted e)
    {
        var spec = TaskSpec.Parse(e.Submission.SpecBytes);
        Owner = e.Submission.Owner;
        Name = spec.IsOk ? spec.Value.Name : "";
        Kind = spec.IsOk ? spec.Value.Kind : default;
        RetainSeconds = spec.IsOk ? spec.Value.Retain.ResultsSeconds : 0;
        Phase = TaskPhase.Submitted;
        var plan = spec.IsOk ? StagePlan.Of(spec.Value, e.Submission.Parts.Count) : spec.Fault!;
        var planned = plan.IsOk ? plan.Value.AtSubmission() : [];
        Total = e.Submission.Parts.Count + planned.Count;
        Hold = e.Hold;
        Submitted = e.At;
        Verified = spec.IsOk && spec.Value.Verify is { Policy: not VerifyPolicy.None } ? VerifiedParts.None() : null;
        Checks = Verified?.Add(e.Submission.Parts.Count, planned) ?? 0;
    }

    private void Accept(PartsAccepted e)
    {
        Accepted += e.Parts.Count;
        var waited = Verified?.Accept(e) ?? 0;
        if (Ended is null) // results without a verdict are paid after an early end
            Running -= e.Parts.Count - waited;
        Cost += Tokens.Sum(e.Parts.Select(p => p.Cost));
        CompleteIfDone(e.At);
    }

    private void Distrust(OperatorDistrusted e)
    {
        if (Verified?.Distrust(e) is not { } back)
            return;
        Accepted -= back.Parts;
        Cost -= back.Cost;
    }

    private void CompleteIfDone(DateTimeOffset at)
    {
        if (Accepted < Total || Ended is not null)
            return;
        Phase = TaskPhase.Completed;
        Ended = at;
        CloseVerified();
    }

    private void CloseVerified()
    {
        CountChecks();
        DropsParts |= Verified is not null;
        Verified = null;
    }

    private void CountChecks() => ChecksAccepted = Verified?.ChecksAccepted ?? ChecksAccepted;
}

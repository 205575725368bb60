using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>Tasks as the API shows them.</summary>
internal static class TaskMapping
{
    internal static bool HasEnded(this TaskPhase phase) => phase >= TaskPhase.Completed;

    /// <summary><paramref name="running"/>: thousandths that running parts say of themselves; <paramref name="usage"/>: what their nodes say of them.</summary>
    internal static TaskResponse Response(
        TaskView view, WhyInfo? waiting, IReadOnlyDictionary<int, int>? running, IReadOnlyDictionary<(int Part, int Number), UsageInfo> usage, DateTimeOffset now) => new(
        Summary(view), view.Spec, view.Settled, view.Erased, Info(view.Program), view.OwnerKey,
        [.. view.Parts.Select(p => p.Phase != PartPhase.KeyReleased ? Part(p, view.Plan) : Part(p, view.Plan) with
        {
            Permille = running?.TryGetValue(p.Part, out var done) == true ? done : null,
            Usage = usage.GetValueOrDefault((p.Part, p.Attempt)),
        })],
        waiting,
        Progress(Math.Max(view.Plan.Total, view.Parts.Count(IsOrdered)), Accepted(view), running, p => p < view.Parts.Count && IsOrdered(view.Parts[p]), view.StartedAt, now, view.Phase.HasEnded()));

    internal static ProgressInfo Progress(
        long planned, long accepted, IReadOnlyDictionary<int, int>? running, Func<int, bool> isOrdered, DateTimeOffset? started, DateTimeOffset now, bool ended)
    {
        var (percent, eta) = TaskProgress.Of(planned, accepted, ended ? [] : running?.Where(r => isOrdered(r.Key)).Select(r => r.Value) ?? [], started, now, ended);
        return new ProgressInfo(percent, eta is { } left ? Math.Round(left.TotalSeconds, 1) : null);
    }

    internal static TaskSummary Summary(TaskEntry t) => new(
        t.Task, t.Name, t.Kind.ToString(), t.Phase.ToString(), t.PartsTotal, t.PartsAccepted, t.PartsRunning, t.Hold, t.Cost, t.SubmittedAt,
        t.EndedAt, Fault(t.Reason));

    internal static TaskNewsInfo News(TaskNews n) => new(
        n.Task, n.Phase.ToString(), n.PartsTotal, n.PartsAccepted, n.PartsRunning, n.Cost, Fault(n.Reason), [.. n.Changed.Select(p => Part(p, n.Plan))]);

    internal static TaskNewsInfo News(TaskView v) => new(
        v.Task, v.Phase.ToString(), v.Parts.Count(IsOrdered), Accepted(v), Running(v), v.Cost, Fault(v.Reason), [.. v.Parts.Select(p => Part(p, v.Plan))]);

    internal static WhyInfo Why(WaitReason reason) => new(reason.Code, reason.Sentence, reason.Estimate?.TotalSeconds);

    private static TaskSummary Summary(TaskView v) => new(
        v.Task, v.Spec.Name, v.Spec.Kind.ToString(), v.Phase.ToString(), v.Parts.Count(IsOrdered), Accepted(v), Running(v), v.Hold, v.Cost,
        v.SubmittedAt, v.EndedAt, Fault(v.Reason));

    private static PartInfo Part(PartView p, StagePlan plan) => new(
        p.Part, p.Phase.ToString(), p.Attempt, p.Node, p.Input.Own is { } input ? Info(input) : null, p.Result is { } result ? Info(result) : null, p.Metering, p.Cost,
        Fault(p.LastFault), p.LastLog is { } log ? Info(log) : null,
        p.Origin.Stage == 0 ? null : plan.Stages[p.Origin.Stage].Name, p.Origin.Round, p.Origin.Index, p.Missing,
        p.Origin.CheckOf, p.ResultOf is { } from ? new ResultOrigin(from.Part, from.Number) : null)
    {
        Compares = p.Origin.Compares is not null,
    };

    private static int Running(TaskView v) => Count(v, PartPhase.Assigned) + Count(v, PartPhase.KeyReleased);

    // Checks are the network's affair: the user's parts are what was ordered.
    private static bool IsOrdered(PartView part) => part.Origin.CheckOf is null;

    private static int Accepted(TaskView v) => v.Parts.Count(p => p.Phase == PartPhase.Accepted && IsOrdered(p));

    private static int Count(TaskView v, PartPhase phase) => v.Parts.Count(p => p.Phase == phase);

    private static BlobInfo Info(BlobRef blob) => new(blob.Id, blob.Size);

    internal static FaultInfo? Fault(Fault? f) => f is null ? null : new FaultInfo(f.Code, f.Message, f.Culprit.ToString(), f.Retryable);
}

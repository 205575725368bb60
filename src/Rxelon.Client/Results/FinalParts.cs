using Rxelon.Shared.Api;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Results;

/// <summary>Which parts' results are the task's result (docs/design/stages.md).</summary>
public static class FinalParts
{
    /// <summary>
    /// Accepted parts of the stages that no other stage needs, of their last round; all accepted parts of a task without stages.
    /// In order of parts.
    /// </summary>
    public static IReadOnlyList<PartInfo> Of(TaskResponse task)
    {
        var accepted = task.Parts.Where(p => p is { Result: not null, CheckOf: null }).OrderBy(p => p.Part).ToList();
        if (task.Spec is { Stages: null, Rounds: null })
            return accepted;
        var plan = StagePlan.Of(task.Spec, task.Parts.Count(p => p is { Stage: null, Round: 1, CheckOf: null }));
        if (!plan.IsOk)
            return accepted;
        var final = plan.Value.Final.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        return [.. accepted.GroupBy(p => p.Stage ?? StagePlan.Main).Where(g => final.Contains(g.Key))
            .SelectMany(g => g.Where(p => p.Round == g.Max(q => q.Round))).OrderBy(p => p.Part)];
    }
}

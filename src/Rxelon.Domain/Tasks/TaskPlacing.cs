using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

internal static class TaskPlacing
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Place(TaskState state, PlaceParts c)
    {
        if (!state.IsAlive || !state.HoldConfirmed || state.OwnerAway)
            return Refused(state, c);

        var privacy = state.Spec.Privacy;
        var room = privacy.Parallel > 0 ? privacy.Parallel - state.RunningCount : int.MaxValue;
        var stick = privacy.Sticky && state.RunningCount > 0 ? state.StickTo : null;
        var dearest = new Dictionary<int, Tokens>();
        var taken = new HashSet<int>();
        var placedInGroup = new HashSet<(int Group, AccountId Operator)>();
        var placedPairs = new HashSet<(int Group, NodeId Node)>();
        var assigned = new List<Assigned>();
        var refused = new List<Placed>();
        foreach (var p in c.Parts)
        {
            if (assigned.Count < room && (stick is null || stick == p.Node)
                && p.Part >= 0 && p.Part < state.Parts.Count && state.Parts[p.Part].IsReady && p.AskPerCoreHour <= Dearest(p.Part)
                && TaskRotation.MayRun(state, p.Part) && TaskComparing.MayRun(state, p.Part) && IsApart(p) && taken.Add(p.Part))
            {
                var attempt = new PartAttempt(p.Part, state.Parts[p.Part].Attempts + 1);
                assigned.Add(new Assigned(attempt, p.Node, p.Operator, p.Session, p.AskPerCoreHour));
                if (privacy.Sticky)
                    stick = p.Node;
            }
            else
            {
                refused.Add(p);
            }
        }

        var output = new TaskOutput(state);
        if (assigned.Count > 0)
            output.Happened(new PartsAssigned(assigned, c.At));
        foreach (var group in assigned.GroupBy(a => (a.Node, a.Session, Stage: state.StageOf(state.Parts[a.Attempt.Part]))))
        {
            output.Then(new StartAttempts(
                group.Key.Node, group.Key.Session, group.Key.Stage,
                [.. group.Select(a => new StartedPart(a.Attempt, state.OriginOf(a.Attempt.Part), state.InputOf(a.Attempt.Part))
                {
                    Checkpoint = TaskCheckpoints.Of(state, a.Attempt.Part),
                    Tolerance = state.Parts[a.Attempt.Part].IsComparison ? state.Spec.Verify!.Tolerance : null,
                })]));
        }

        // The matchmaker took the refused parts off its queue; tell it what really waits.
        if (refused.Count > 0)
            output.Then(new Demand(TaskDemands.Change(output.Folded(), refused.Select(p => p.Part).Where(p => p >= 0 && p < state.Parts.Count))));
        return output.Reply(new PartsPlaced(c.Task, assigned, refused));

        // Copies of one part go to different operators; within this pass too.
        bool IsApart(Placed p)
        {
            if (state.Distrusted.Contains(p.Operator))
                return false;
            if (TaskSpeculation.IsPaired(state, p.Part))
                return !TaskSpeculation.NodesBeside(state, p.Part).Contains(p.Node) && placedPairs.Add((CheckGroup.Of(state, p.Part).First, p.Node));
            var group = CheckGroup.Of(state, p.Part);
            return group.Count == 1
                || (!group.OperatorsBeside(p.Part).Contains(p.Operator) && placedInGroup.Add((group.First, p.Operator)));
        }

        Tokens Dearest(int part)
        {
            var stage = state.StageOf(state.Parts[part]);
            return dearest.TryGetValue(stage.Number, out var known) ? known : dearest[stage.Number] = state.MaxAskPerCoreHour(stage);
        }
    }

    private static Decision<ITaskEvent, TaskReply, ITaskEffect> Refused(TaskState state, PlaceParts c)
    {
        var output = new TaskOutput(state);
        if (state.Submission is not null)
            output.Then(new Demand(TaskDemands.Whole(state)));
        return output.Reply(new PartsPlaced(c.Task, [], c.Parts));
    }
}

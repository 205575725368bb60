using System.Buffers.Binary;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// What the matchmaker is told of a task: all that waits, or only what a batch changed, so that a check that was drawn costs as much as
/// itself and not as the whole task (docs/design/matching.md).
/// </summary>
internal static class TaskDemands
{
    /// <summary>Everything that waits; replaces what was known.</summary>
    internal static TaskDemand Whole(TaskState s)
    {
        var telling = new Telling(s);
        if (s.OwnerAway)
            return telling.Demand(null);
        if (TaskRotation.IsOn(s))
        {
            foreach (var part in s.HoldConfirmed && TaskRotation.Open(s) is { } open ? CheckGroup.Of(s, open).All : [])
                telling.Tell(part);
        }
        else if (s.IsAlive && s.HoldConfirmed && s.WaitingCount > 0)
        {
            var index = 0;
            foreach (var part in s.Parts)
                telling.Tell(index++, part);
        }

        return telling.Demand(null);
    }

    /// <summary>What is so of these parts and of those that they are compared with.</summary>
    internal static TaskDemand Change(TaskState s, IEnumerable<int> parts)
    {
        if (!s.IsAlive || !s.HoldConfirmed || s.OwnerAway || TaskRotation.IsOn(s) || TaskSpeculation.IsOn(s))
            return Whole(s);
        var telling = new Telling(s);
        var gone = new List<int>();
        foreach (var part in parts.SelectMany(p => CheckGroup.Of(s, p).All).Distinct())
        {
            if (!telling.Tell(part))
                gone.Add(part);
        }

        return telling.Demand(gone);
    }

    /// <summary>What has to be told after a batch; null for nothing.</summary>
    internal static TaskDemand? After(TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch)
    {
        if (!after.IsAlive)
            return before.IsAlive || before.Submission is null ? Whole(after) : null;
        if (!after.HoldConfirmed)
            return null;
        if (!before.HoldConfirmed || after.Readied != before.Readied || after.OfferedStage != before.OfferedStage
            || batch.Any(e => e is TaskAdjusted or OwnerAttended || TaskRotation.Opens(after, e)))
            return Whole(after);
        var changed = batch.Where(e => e is PartsAdded or AttemptsFailed or PartsRejected or PartsSpared or AnswersCompared).SelectMany(TaskViews.PartsOf).ToList();
        return changed.Count > 0 ? Change(after, changed) : null;
    }

    /// <summary>Gathers parts that wait. One stage at a time, the first that has something to place: what a task may run at once is counted over all.</summary>
    private sealed class Telling(TaskState s)
    {
        private static readonly Dictionary<int, PartGroup> NothingApart = [];
        private static readonly Dictionary<int, IReadOnlyList<NodeId>> NothingToAvoid = [];

        // Second attempts go behind everybody else's first ones.
        private static readonly DateTimeOffset LastOfAll = DateTimeOffset.MaxValue.AddDays(-1);

        private readonly StageTerms _stage = s.OfferedStage;
        private readonly List<int> _waiting = [];
        private Dictionary<int, IReadOnlyList<NodeId>>? _avoid;
        private readonly HashSet<int> _paired = [];
        private Dictionary<int, PartGroup>? _apart;

        private bool OnlyTwins => _paired.Count > 0 && _waiting.TrueForAll(p => TaskSpeculation.IsTwin(s, p));

        /// <summary>False when the part does not wait for a node.</summary>
        internal bool Tell(int index) => Tell(index, s.Parts[index]);

        internal bool Tell(int index, PartState part)
        {
            if (!part.IsReady || s.StageOf(part) != _stage || !TaskComparing.MayRun(s, index))
                return false;
            _waiting.Add(index);
            if (part.Trouble is { } trouble)
                (_avoid ??= []).Add(index, trouble.Avoid);
            if (TaskSpeculation.IsPaired(s, index))
            {
                _paired.Add(index);
                (_avoid ??= [])[index] = [.. part.Trouble?.Avoid ?? [], .. TaskSpeculation.NodesBeside(s, index)];
            }
            else if (CheckGroup.Of(s, index) is { Count: > 1 } group)
                (_apart ??= []).Add(index, new PartGroup(group.First, group.OperatorsBeside(index)));
            return true;
        }

        internal TaskDemand Demand(IReadOnlyList<int>? gone) => new(
            s.Id, s.Order.Owner, _stage.Spec, s.Tier, OnlyTwins ? LastOfAll : s.SubmittedAt, s.MaxAskPerCoreHour(_stage), _waiting, s.RunningCount,
            s.RunningCount > 0 ? s.StickTo : null, _avoid ?? NothingToAvoid)
        {
            Apart = _apart ?? NothingApart,
            Paired = _paired,
            Distrusted = s.Distrusted,
            Gone = gone,
            Draw = BinaryPrimitives.ReadUInt64BigEndian(s.CheckSeed.Length > 0 ? s.CheckSeed : s.Id.ToBytes()),
        };
    }
}

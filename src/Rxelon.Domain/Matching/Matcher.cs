using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>
/// Places waiting parts on offered room. One thread, no clock, no randomness: the same calls give the same matches. It owns
/// nothing durable: after a failover it is rebuilt from offers and demands, and each task's entity has the last word on every
/// match (<see cref="Answered"/>). See docs/design/matching.md.
/// </summary>
public sealed class Matcher
{
    private readonly NodeIndex _nodes = new();
    private readonly ReadyShapes _shapes;
    private readonly Dictionary<TaskId, QueuedTask> _tasks = [];
    private readonly Queue<(TaskId Task, int Part, DateTimeOffset At)> _unanswered = new();
    private readonly Queue<(DateTimeOffset At, int Count)> _recent = new();
    private long _arrivals;

    public Matcher() => _shapes = new ReadyShapes(_nodes);

    /// <summary>Live nodes.</summary>
    public int NodeCount => _nodes.Live.Count();

    /// <summary>Parts that wait for a node, of all tasks.</summary>
    public int WaitingCount => _tasks.Values.Sum(t => t.WaitingCount);

    /// <summary>A session is there, or its offer changed.</summary>
    public void UpdateOffer(NodeOffer offer) => _shapes.Gained(_nodes.Update(offer));

    /// <summary>That session is gone; another session of the same node stays.</summary>
    public void RemoveOffer(NodeId node, ulong session)
    {
        if (_nodes.Find(node) is { } room && room.Offer.Session == session)
        {
            room.IsLive = false;
            _nodes.Refresh(room);
        }
    }

    /// <summary>Replaces or changes what is known of a task. Nothing waiting and nothing running: the task is forgotten.</summary>
    public void SetDemand(TaskDemand demand)
    {
        if (!_tasks.TryGetValue(demand.Task, out var task))
        {
            if (demand.Waiting.Count == 0)
                return;
            _tasks.Add(demand.Task, task = new QueuedTask(demand, _arrivals++));
        }
        else if (demand.Gone is { } gone)
        {
            Change(task, demand, gone);
            return;
        }

        _shapes.Remove(task);
        task.Demand = demand;
        task.Rank = (demand.SubmittedAt - MatchRules.HeadStart(demand.Tier)).UtcTicks;
        task.StickTo = demand.StickTo;
        task.Running = demand.Running + task.InFlight.Count;
        task.Waiting.Clear();
        task.Troubled.Clear();
        task.Avoid.Clear();
        task.Apart.Clear();
        task.Groups.Clear();
        var waits = task.InFlight.Count > 0 ? demand.Waiting.ToHashSet() : null;
        foreach (var part in task.InFlight.Keys.ToList())
            task.InFlight[part] = task.InFlight[part] with { StillWaits = waits!.Contains(part) };
        Learn(task, demand);
        for (var i = demand.Waiting.Count - 1; i >= 0; i--)
        {
            var part = demand.Waiting[i];
            if (!task.InFlight.ContainsKey(part) && !task.IsTroubled(part))
                task.Waiting.Push(part);
        }

        // In their order, so that the latest, a check, is in front.
        foreach (var part in demand.Waiting.Where(p => task.IsTroubled(p) && !task.InFlight.ContainsKey(p)))
            task.Troubled.Add(part);
        Queue(task);
    }

    /// <summary>These attempts take no room any more. Repeats and unknown ones are ignored.</summary>
    public void FreeRoom(TaskId task, NodeId node, ulong session, IReadOnlyList<PartAttempt> attempts)
    {
        if (_nodes.Find(node) is { } room)
        {
            var freed = false;
            foreach (var attempt in attempts)
                freed |= room.Release(task, attempt.Part, attempt.Number);
            if (freed)
            {
                _nodes.Refresh(room);
                _shapes.Gained(room);
            }
        }

        if (_tasks.TryGetValue(task, out var queued))
        {
            queued.Running = Math.Max(queued.InFlight.Count, queued.Running - attempts.Count);
            Queue(queued);
        }
    }

    /// <summary>An attempt was accepted from this node: its earlier faults no longer count.</summary>
    public void NodeSucceeded(NodeId node)
    {
        if (_nodes.Find(node) is { } room)
            room.Faults = 0;
    }

    /// <summary>An attempt failed by the node's fault: it rests, twice as long for each further fault in a row.</summary>
    public void NodeFault(NodeId node, DateTimeOffset now)
    {
        if (_nodes.Find(node) is not { } room)
            return;
        var rest = MatchRules.CoolDown * (1L << Math.Min(room.Faults, 16));
        room.Faults++;
        _nodes.Cool(room, now + (rest < MatchRules.LongestCoolDown ? rest : MatchRules.LongestCoolDown));
    }

    /// <summary>A task's answer to a placement pass: placed parts keep their room, refused ones give it back.</summary>
    public void Answered(PartsPlaced answer)
    {
        var task = _tasks.GetValueOrDefault(answer.Task);
        foreach (var placed in answer.Placed)
        {
            if (_nodes.Find(placed.Node)?.Find(answer.Task, placed.Attempt.Part) is { } reservation)
                reservation.Number = placed.Attempt.Number;
            task?.InFlight.Remove(placed.Attempt.Part);
        }

        foreach (var refused in answer.Refused)
        {
            if (task is not null && task.InFlight.TryGetValue(refused.Part, out var flight) && flight.Node == refused.Node)
                Undo(task, refused.Part, flight, flight.StillWaits);
        }

        if (task is not null)
            Queue(task);
    }

    /// <summary>
    /// Places up to <paramref name="max"/> parts, best queued first. Each match takes its room at once and stays in flight
    /// until <see cref="Answered"/>, or is undone after a while without an answer.
    /// </summary>
    public IReadOnlyList<Match> Pass(DateTimeOffset now, int max)
    {
        ExpireUnanswered(now);
        foreach (var room in _nodes.WarmUp(now))
            _shapes.Gained(room);
        var matches = new List<Match>();
        while (matches.Count < max && _shapes.Best() is { } shape)
        {
            var task = shape.Queue.Min!;
            var outcome = Fill(shape, task, matches, max, now);
            shape.IsBlocked = outcome == Filling.NoRoom;
            _shapes.Put(task, park: outcome == Filling.NotForThis);
        }

        if (matches.Count > 0)
            _recent.Enqueue((now, matches.Count));
        while (_recent.TryPeek(out var oldest) && oldest.At + MatchRules.RateWindow < now)
            _recent.Dequeue();
        return matches;
    }

    /// <summary>When <see cref="Pass"/> has something to do even if nothing else happens: a node's rest or an answer's limit ends.</summary>
    public DateTimeOffset? NextDue()
    {
        DateTimeOffset? due = _unanswered.TryPeek(out var first) ? first.At + MatchRules.AnswerLimit : null;
        return _nodes.NextWarm is { } warm && (due is null || warm < due) ? warm : due;
    }

    /// <summary>Why a task's parts wait, in plain words.</summary>
    public WaitReason Explain(TaskId task, DateTimeOffset now)
        => _tasks.TryGetValue(task, out var queued)
            ? Reasons.Explain(queued, _nodes, _recent.Sum(r => r.Count) / MatchRules.RateWindow.TotalSeconds)
            : new WaitReason("not-queued", "The task has no parts in the queue just now.", null);

    /// <summary>What the matcher believes to wait of a task, in flight or not, in order; for audits.</summary>
    public IReadOnlyList<int> WaitingOf(TaskId task)
        => _tasks.TryGetValue(task, out var queued) ? [.. queued.Waiting.Concat(queued.Troubled).Concat(queued.InFlight.Keys).Order()] : [];

    /// <summary>What a task of this spec would meet.</summary>
    public MarketSurvey Survey(TaskSpec spec, int parts)
        => Reasons.Survey(spec, parts, _nodes, _tasks.Values.Sum(t => (long)t.WaitingCount));

    private enum Filling
    {
        /// <summary>The task has nothing left to place, or the pass is full.</summary>
        Done,

        /// <summary>No node has room for its shape.</summary>
        NoRoom,

        /// <summary>There is room, but not for this task.</summary>
        NotForThis,
    }

    private Filling Fill(Shape shape, QueuedTask task, List<Match> matches, int max, DateTimeOffset now)
    {
        while (matches.Count < max && task.WaitingCount > 0 && !task.IsAtLimit)
        {
            NodeRoom? room = null;
            var part = -1;
            var sawRoom = true;

            // Copies of parts go first: until they agree, nobody has earned anything and every result is checked.
            if (task.Apart.Count > 0 && task.Troubled.Count > 0)
                (room, part) = FindTroubled(shape, task, MatchRules.MostTriedFirst, ref sawRoom);
            if (room is null && task.Waiting.Count > 0)
            {
                room = StickyNode(task, shape, out var sticks);
                if (!sticks)
                    room = _shapes.Find(shape, task, [], null, out sawRoom);
                if (room is not null)
                    part = task.Waiting.Pop();
            }

            if (room is null && task.Troubled.Count > 0)
                (room, part) = FindTroubled(shape, task, int.MaxValue, ref sawRoom);
            if (room is null)
                return sawRoom ? Filling.NotForThis : Filling.NoRoom;
            matches.Add(Take(task, part, room, now));
        }

        return Filling.Done;
    }

    // A sticky task with attempts under way goes to their node and no other, as long as that is there.
    private NodeRoom? StickyNode(QueuedTask task, Shape shape, out bool sticks)
    {
        var home = task.Demand.Spec.Privacy.Sticky && task.StickTo is { } node ? _nodes.Find(node) : null;
        sticks = home is { IsLive: true }
            && (task.Running > 0 || (home is { CoolUntil: null, Offer.Draining: false } && shape.Check(home.Offer) == Mismatch.None))
            && home.Offer.AskPerCoreHour <= task.Demand.MaxAskPerCoreHour;
        return sticks && shape.HasRoom(home!) ? home : null;
    }

    private (NodeRoom? Room, int Part) FindTroubled(Shape shape, QueuedTask task, int most, ref bool sawRoom)
    {
        var home = StickyNode(task, shape, out var sticks);
        foreach (var part in task.Troubled.Take(most))
        {
            var avoid = task.Avoid.GetValueOrDefault(part) ?? [];
            var beside = task.Beside(part);
            var drawn = beside is null || sticks ? null : _shapes.Draw(shape, task, part, avoid, beside);
            sawRoom |= drawn is not null;
            var room = sticks && task.Running > 0 ? home : drawn ?? _shapes.Find(shape, task, avoid, beside, out sawRoom);

            // With nowhere else to go, a node that failed the part gets another chance.
            if (room is null && sawRoom && avoid.Count > 0 && !task.Demand.Paired.Contains(part) && !_nodes.Live.Any(r => Reasons.CouldTake(r, shape, task)
                && !avoid.Contains(r.Offer.Node) && task.MayTake(r.Offer.Operator, beside)))
                room = _shapes.Find(shape, task, [], beside, out sawRoom);
            if (room is null && !sawRoom)
                break; // no node has room for any part
            if (room is null)
                continue;
            task.Troubled.Remove(part);
            return (room, part);
        }

        return (null, -1);
    }

    private Match Take(QueuedTask task, int part, NodeRoom room, DateTimeOffset now)
    {
        var offer = room.Offer;
        room.Reserve(task.Demand.Task, part, task.Demand.Spec.Resources, task.Demand.Spec.Gpu?.Count ?? 0);
        _nodes.Refresh(room);
        task.Beside(part)?.Add(offer.Operator);
        task.InFlight[part] = new InFlight(offer.Node, now, false);
        task.Running++;
        task.StickTo = offer.Node;
        _unanswered.Enqueue((task.Demand.Task, part, now));
        return new Match(task.Demand.Task, new Placed(part, offer.Node, offer.Operator, offer.Session, offer.AskPerCoreHour));
    }

    private void ExpireUnanswered(DateTimeOffset now)
    {
        while (_unanswered.TryPeek(out var first) && first.At + MatchRules.AnswerLimit <= now)
        {
            _unanswered.Dequeue();
            if (_tasks.TryGetValue(first.Task, out var task) && task.InFlight.TryGetValue(first.Part, out var flight) && flight.At == first.At)
            {
                Undo(task, first.Part, flight, waits: true);
                Queue(task);
            }
        }

        // Answered ones at the front need no timer.
        while (_unanswered.TryPeek(out var front)
            && !(_tasks.TryGetValue(front.Task, out var t) && t.InFlight.TryGetValue(front.Part, out var f) && f.At == front.At))
            _unanswered.Dequeue();
    }

    private void Undo(QueuedTask task, int part, InFlight flight, bool waits)
    {
        task.InFlight.Remove(part);
        task.Running = Math.Max(task.InFlight.Count, task.Running - 1);
        if (_nodes.Find(flight.Node) is { } room && room.Find(task.Demand.Task, part) is { Number: 0 } && room.Release(task.Demand.Task, part, 0))
        {
            _nodes.Refresh(room);
            _shapes.Gained(room);
        }

        if (!waits)
            return;
        if (task.Apart.TryGetValue(part, out var group) && _nodes.Find(flight.Node) is { } was && !group.Operators.Contains(was.Offer.Operator))
            task.Beside(part)!.Remove(was.Offer.Operator);
        Wait(task, part);
    }

    private void Change(QueuedTask task, TaskDemand change, IReadOnlyList<int> gone)
    {
        foreach (var part in gone)
        {
            task.Troubled.Remove(part);
            task.Avoid.Remove(part);
            task.Apart.Remove(part);
            if (task.InFlight.TryGetValue(part, out var flight))
                task.InFlight[part] = flight with { StillWaits = false };
        }

        foreach (var group in change.Apart.Values)
            task.Groups.Remove(group.Number);
        Learn(task, change);
        foreach (var part in change.Waiting)
        {
            if (task.InFlight.TryGetValue(part, out var flight))
                task.InFlight[part] = flight with { StillWaits = true };
            else
                Wait(task, part);
        }

        // What was told before keeps the task known until its entity says that nothing is left.
        task.Demand = task.Demand with { Running = change.Running, Waiting = change.Waiting.Count > 0 ? change.Waiting : task.Demand.Waiting };
        task.Running = change.Running + task.InFlight.Count;
        Queue(task);
    }

    // What waiting parts prefer, and which operators their groups have.
    private void Learn(QueuedTask task, TaskDemand demand)
    {
        foreach (var (part, nodes) in demand.Avoid)
            task.Avoid[part] = nodes;
        foreach (var (part, group) in demand.Apart)
        {
            task.Apart[part] = group;
            if (!task.Groups.TryGetValue(group.Number, out var operators))
                task.Groups[group.Number] = operators = [];
            operators.UnionWith(group.Operators);
            if (task.InFlight.TryGetValue(part, out var flight) && _nodes.Find(flight.Node) is { } room)
                operators.Add(room.Offer.Operator);
        }
    }

    // Where the task belongs now; forgotten once its entity said that nothing waits and nothing runs.
    private void Queue(QueuedTask task)
    {
        if (task.Demand is { Waiting.Count: 0, Running: 0 } && task.InFlight.Count == 0)
        {
            _shapes.Remove(task);
            _tasks.Remove(task.Demand.Task);
        }
        else
        {
            _shapes.Put(task);
        }
    }

    private static void Wait(QueuedTask task, int part)
    {
        if (task.IsTroubled(part))
            task.Troubled.Add(part);
        else
            task.Waiting.Push(part);
    }
}

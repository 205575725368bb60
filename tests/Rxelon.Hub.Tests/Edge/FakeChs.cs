using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Hosting;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Stands in for the regions and the matchmaker: records what it is asked, answers as entities would.</summary>
internal sealed class FakeChs
{
    internal FakeChs(ActorSystem system)
    {
        var registry = ActorRegistry.For(system);
        registry.Register<TaskRegion>(system.ActorOf(Props.Create(() => new Tasks(this))));
        registry.Register<NodeRegion>(system.ActorOf(Props.Create(() => new Nodes(this))));
        registry.Register<MatchmakerKey>(system.ActorOf(Props.Create(() => new Recorder(Matchmaker))));
        Registry = registry;
    }

    internal ActorRegistry Registry { get; }

    internal AccountId Owner { get; } = AccountId.OfSigningKey(new byte[32]);

    private readonly ConcurrentDictionary<NodeId, NodeBaseline?> _suspects = new();

    internal ConcurrentDictionary<NodeId, NodeView> Known { get; } = new();

    /// <summary>Attempts that are current: on which node, over which input.</summary>
    internal ConcurrentDictionary<AttemptId, (NodeId Node, BlobRef Input)> Current { get; } = new();

    internal ConcurrentQueue<object> Commands { get; } = new();

    internal ConcurrentQueue<object> Matchmaker { get; } = new();

    internal TaskSpec Spec { get; set; } = new() { Name = "test", Kind = WorkloadKind.Wasm };

    /// <summary>Runs before the answer to <see cref="ResumeAttempts"/>.</summary>
    internal Action? WhileResuming { get; set; }

    /// <summary>What the node's record would decide about its integrity; alarms reach the router as they would from there.</summary>
    internal NodeReply Decide(INodeCommand command)
    {
        var view = Known[command.Node];
        var state = NodeState.Of(command.Node) with
        {
            Standing = view.Standing,
            Operator = view.Operator,
            Name = view.Name,
            IdentityKey = view.IdentityKey,
            Label = view.Label,
            Baseline = view.Baseline,
            Alarm = view.Alarm,
            Suspect = _suspects.GetValueOrDefault(command.Node),
            LogSince = view.LogSince,
        };
        var decision = NodeDecider.Decide(state, command);
        state = decision.Events.Aggregate(state, NodeDecider.Apply);
        _suspects[command.Node] = state.Suspect;
        Known[command.Node] = (NodeView)NodeDecider.View(state);
        foreach (var isolated in decision.Effects.OfType<NodeIsolated>())
        {
            var fault = NodeDecider.Isolated(isolated.Alarm);
            Registry.Get<NodeRouterKey>().Tell(new CutNode(command.Node, fault.Code, fault.Message));
        }

        return decision.Reply;
    }

    internal IEnumerable<T> Got<T>() => Commands.OfType<T>();

    internal ConcurrentDictionary<AttemptId, ReportedResult> Accepted { get; } = new();

    internal IEnumerable<FailedAttempt> Failures => Got<FailAttempts>().SelectMany(f => f.Failures);

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(ConcurrentQueue<object> into) => ReceiveAny(into.Enqueue);
    }

    private sealed class Nodes : ReceiveActor
    {
        public Nodes(FakeChs chs)
        {
            Receive<GetNode>(m => Sender.Tell(chs.Known.TryGetValue(m.Node, out var view)
                ? view
                : new NodeRefused(m.Node, new Fault(FaultCodes.NotFound, "unknown"))));
            Receive<INodeCommand>(m => m is MeasureNode or RaiseNodeAlarm or ClearNodeAlarm or RebaselineNode, m =>
            {
                chs.Commands.Enqueue(m);
                Sender.Tell(chs.Decide(m));
            });
            Receive<INodeCommand>(m =>
            {
                chs.Commands.Enqueue(m);
                Sender.Tell(new NodeOk(m.Node));
            });
        }
    }

    private sealed class Tasks : ReceiveActor
    {
        private readonly FakeChs _chs;

        public Tasks(FakeChs chs)
        {
            _chs = chs;
            Receive<ITaskCommand>(m =>
            {
                chs.Commands.Enqueue(m);
                if (Reply(m) is { } reply)
                    Sender.Tell(reply);
            });
        }

        private TaskReply? Reply(ITaskCommand command)
        {
            switch (command)
            {
                case ReleaseKeys m:
                    _chs.Registry.Get<NodeRouterKey>().Tell(new GrantParts(
                        m.Node, m.Session, m.Task, m.Attempts.Select(a => (a, (IReadOnlyList<byte[]>)[[1, 2, 3]])).ToList()));
                    return new TaskOk(m.Task, TaskPhase.Running);
                case AcceptResults m:
                    return new ResultsAnswered(m.Task, m.Results.Select(r => (r.Attempt, Accept(m, r))).ToList());
                case FailAttempts m:
                    foreach (var failure in m.Failures)
                        _chs.Current.TryRemove(new AttemptId(m.Task, failure.Attempt.Part, failure.Attempt.Number), out _);
                    return new TaskOk(m.Task, TaskPhase.Running);
                case ResumeAttempts m:
                    _chs.WhileResuming?.Invoke();
                    foreach (var lost in _chs.Current.Where(c => c.Key.Task == m.Task && c.Value.Node == m.Node
                        && !m.Running.Contains(new PartAttempt(c.Key.Part, c.Key.Number))).ToList())
                        _chs.Current.TryRemove(lost.Key, out _);
                    return new AttemptsSorted(m.Task, m.Running.Where(a => !_chs.Current.ContainsKey(new AttemptId(m.Task, a.Part, a.Number))).ToList());
                case RevealAnswers m:
                    return new TaskOk(m.Task, TaskPhase.Running);
                case GetTask m:
                    var parts = _chs.Current.Where(c => c.Key.Task == m.Task).Select(c => new PartView(
                        c.Key.Part, PartOrigin.Submitted(c.Key.Part), 0, PartPhase.Assigned, c.Key.Number, c.Value.Node, new PartInput(c.Value.Input), null, null, Tokens.Zero, null, null)).ToList();
                    return View(m.Task, parts);
                default:
                    return null;
            }
        }

        private Fault? Accept(AcceptResults m, ReportedResult result)
        {
            var attempt = new AttemptId(m.Task, result.Attempt.Part, result.Attempt.Number);
            if (!_chs.Current.TryRemove(attempt, out _))
                return new Fault(FaultCodes.StaleAttempt, "stale");
            _chs.Accepted[attempt] = result;
            return null;
        }

        private TaskView View(TaskId task, IReadOnlyList<PartView> parts) => new(
            task, _chs.Owner, _chs.Spec, TaskPhase.Running, null, default, null, null, Tokens.Zero, Tokens.Zero, false, false, default, [], parts)
        {
            Plan = StagePlan.Of(_chs.Spec, 1).Value,
        };
    }
}

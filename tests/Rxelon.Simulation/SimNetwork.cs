using System.Buffers.Binary;
using System.Collections.Frozen;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Simulation;

/// <summary>
/// Tasks and nodes in virtual time over the production decider and matcher. Everything follows from the scenario and its seed.
/// Transport, cryptography of parts and sandboxes are left out; what is checked, compared, paid and taken back is not.
/// </summary>
public sealed class SimNetwork
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PriceTerms Terms = new(new Tokens(1_000), new Tokens(100_000_000), 1000, 1000, 50);
    private static readonly Tokens Ask = new(3_600_000);
    private static readonly FrozenSet<WorkloadKind> Kinds = new[] { WorkloadKind.Mock }.ToFrozenSet();

    private readonly Scenario _scenario;
    private readonly Random _random;
    private readonly Matcher _matcher = new();
    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly Dictionary<TaskId, TaskShell> _tasks = [];
    private readonly Dictionary<NodeId, SimNode> _nodes = [];
    private readonly Dictionary<AccountId, Person> _operators = [];
    private readonly List<Person> _people = [];
    private readonly HashSet<(TaskId, PartAttempt)> _wrong = [];
    private readonly HashSet<NodeId> _accused = [];
    private readonly HashSet<TaskId> _dirty = [];
    private long _order;
    private long _runs;
    private DateTimeOffset _now = Start;

    private SimNetwork(Scenario scenario)
    {
        _scenario = scenario;
        _random = new Random(scenario.Seed);
    }

    /// <summary>Runs a scenario to its end.</summary>
    public static Findings Run(Scenario scenario)
    {
        var network = new SimNetwork(scenario);
        network.Populate();
        network.Play();
        return network.Find();
    }

    private void Populate()
    {
        var cheaters = _scenario.Nodes * _scenario.CheatersPermille / 1000;
        for (var i = 0; i < _scenario.Nodes; i++)
        {
            _people.Add(new Person(i < cheaters ? _scenario.Cheats[i % _scenario.Cheats.Count] : null));
            Join(_people[i]);
        }

        for (var i = 0; i < _scenario.Tasks; i++)
            Submit(i);
    }

    private void Join(Person person)
    {
        var node = new SimNode(_nodes.Count, person);
        _nodes.Add(node.Id, node);
        _operators.Add(node.Operator, person);
        var total = new Resources(1_000, 1L << 30, 1L << 40);
        _matcher.UpdateOffer(new NodeOffer(
            node.Id, node.Operator, node.Session, total, total, 1, 1, false, Ask, "eu",
            FrozenDictionary<string, string>.Empty, Kinds, FrozenSet<string>.Empty));
    }

    private void Submit(int number)
    {
        var id = TaskId.FromBytes(Number(1, number));
        var spec = new TaskSpec { Name = $"task {number}", Kind = WorkloadKind.Mock, Verify = _scenario.Verify, Limits = new Limits { TimeSeconds = 120 } };
        var hold = Tariff.Quote(Terms, Ask, StagePlan.Of(spec, _scenario.PartsPerTask).Value).Ceiling;
        var seed = new byte[CheckDraw.SeedSize];
        _random.NextBytes(seed);
        var input = new BlobRef(BlobId.Of(seed), 100);
        var order = new Submission(
            AccountId.FromBytes(Number(9, number)), spec.ToBytes(), [.. Enumerable.Repeat(input, _scenario.PartsPerTask)], input, [1], [2], hold, [3], [4]);
        _tasks.Add(id, new TaskShell(id));
        Tell(id, new SubmitTask(id, order, Terms, hold, _now) { CheckSeed = seed });
        Tell(id, new HoldAnswered(id, null, hold, null, _now));
    }

    private void Play()
    {
        Settle();
        while (_agenda.TryDequeue(out var next, out var when))
        {
            _now = Start.AddTicks(when.At);
            next();
            while (_agenda.TryPeek(out _, out var same) && same.At == when.At)
                _agenda.Dequeue()();
            Settle();
        }
    }

    // Flushes, carries out effects and places, until nothing more happens at this moment.
    private void Settle()
    {
        do
        {
            while (_dirty.Count > 0)
            {
                var id = _tasks.Keys.First(_dirty.Contains);
                _dirty.Remove(id);
                foreach (var effect in _tasks[id].Flush(_now))
                    Perform(id, effect);
            }

            if (_scenario.Audits)
                Audit();
            foreach (var group in _matcher.Pass(_now, 10_000).GroupBy(m => m.Task))
                _matcher.Answered((PartsPlaced)Tell(group.Key, new PlaceParts(group.Key, [.. group.Select(m => m.Placed)], _now)));
        }
        while (_dirty.Count > 0);
    }

    // What the matcher learnt change by change is what it would be told anew.
    private void Audit()
    {
        foreach (var (id, shell) in _tasks)
        {
            var (told, known) = (TaskDecider.Demanded(shell.State), _matcher.WaitingOf(id));
            if (!known.SequenceEqual(told.Waiting.Order()))
                throw new InvalidOperationException($"{id} waits with [{string.Join(',', told.Waiting)}] and the matcher has [{string.Join(',', known)}].");
        }
    }

    private void Perform(TaskId task, ITaskEffect effect)
    {
        switch (effect)
        {
            case Demand e: _matcher.SetDemand(e.Parts); break;
            case FreeRoom e: Free(task, e); break;
            case StartAttempts e: Tell(task, new ReleaseKeys(task, e.Node, e.Session, [7], [.. e.Attempts.Select(a => a.Attempt)], _now)); break;
            case GrantKeys e: Begin(task, e); break;
            case StopAttempts e: _nodes[e.Node].Running.ExceptWith(e.Attempts.Select(a => (task, a))); break;
            case RequestReveals e: After(1, () => Tell(task, new RevealAnswers(task, e.Node, _nodes[e.Node].Reveal(task, e.Attempts), _now))); break;
            case Accuse e: Isolate(task, _nodes[e.Node]); break;
            case Settle e: Pay(task, e); break;
            case WakeAt e: After((long)Math.Ceiling((e.When - _now).TotalSeconds), () => Wake(task)); break;
            default: break;
        }
    }

    private void Wake(TaskId task)
    {
        if (_tasks[task].State.IsAlive)
            Tell(task, new WakeTask(task, _now));
    }

    private void Free(TaskId task, FreeRoom e)
    {
        _matcher.FreeRoom(task, e.Node, e.Session, e.Attempts);
        if (e.Fault is null)
            _matcher.NodeSucceeded(e.Node);
        else if (e.Fault.Culprit == Culprit.Node)
            _matcher.NodeFault(e.Node, _now);
    }

    private void Begin(TaskId task, GrantKeys e)
    {
        var node = _nodes[e.Node];
        foreach (var attempt in e.Attempts)
        {
            node.Running.Add((task, attempt));
            var seconds = 48 + _random.Next(25);
            var fakes = node.Fakes(_random);
            After(seconds, () => Report(task, node, attempt, seconds, fakes));
        }
    }

    // A faker waits as long as it claims to have computed: a hub sees when keys went out.
    private void Report(TaskId task, SimNode node, PartAttempt attempt, int seconds, bool fakes)
    {
        if (node.IsGone || !node.Running.Remove((task, attempt)))
            return;
        var wrong = fakes || _random.Next(1_000_000) < _scenario.ErrorsPerMillion;
        if (wrong)
            _wrong.Add((task, attempt));
        _runs++;
        node.Person.Worked = true;
        var metering = new Metering(seconds * 1000L, 0, 0, 0, 10, 20, 0);
        if (!fakes)
            node.Person.Cost += Tariff.Charge(Terms with { FeePermille = 0 }, Ask, Resources.Default, metering).Micros * _scenario.CostPermille / 1000;
        var checkedPart = _tasks[task].State.OriginOf(attempt.Part).CheckOf ?? attempt.Part;
        var promise = node.Promise(task, attempt, checkedPart, wrong);
        var blob = new BlobRef(BlobId.Of(BitConverter.GetBytes(_runs)), 100);
        Tell(task, new AcceptResults(task, node.Id, [new ReportedResult(attempt, blob, metering, [9]) { Promise = promise }], _now));
    }

    private void Isolate(TaskId liedIn, SimNode node)
    {
        After(1, () => Tell(liedIn, new AccusationHeard(liedIn, node.Id, _now)));
        if (!_accused.Add(node.Id))
            return;
        node.IsGone = true;
        _matcher.RemoveOffer(node.Id, node.Session);
        foreach (var attempts in node.Running.GroupBy(r => r.Task, r => new FailedAttempt(r.Attempt, Quarantined, null, [])))
            Tell(attempts.Key, new FailAttempts(attempts.Key, node.Id, [.. attempts], _now));
        node.Running.Clear();
        foreach (var task in _tasks.Keys.Where(t => t != liedIn))
            Tell(task, new DistrustOperator(task, node.Operator, node.Id, liedIn, _now, _now));
        if (node.Person.Cheat == Cheat.Whitewashing)
            After((long)_scenario.Rejoin.TotalSeconds, () => Join(node.Person));
    }

    private void Pay(TaskId task, Settle e)
    {
        foreach (var line in e.Lines)
            _operators[line.Operator].Pay += (line.Amount - Tariff.Fee(line.Amount, Terms.FeePermille)).Micros;
        After(1, () => Tell(task, new SettlementBooked(task, e.Number, e.Close, _now)));
    }

    private static Fault Quarantined { get; } = new(FaultCodes.OperatorDistrusted, "The node gave a wrong answer.", Culprit.Node, true);

    private Findings Find()
    {
        long parts = 0, wrong = 0;
        var unfinished = 0;
        foreach (var shell in _tasks.Values)
        {
            unfinished += shell.State.Phase == TaskPhase.Completed ? 0 : 1;
            for (var p = 0; p < _scenario.PartsPerTask; p++)
            {
                if (shell.State.Parts[p].Result is not { } result)
                    continue;
                parts++;
                wrong += _wrong.Contains((shell.Id, result.Attempt)) ? 1 : 0;
            }
        }

        var fakers = _nodes.Values.Where(n => n.Faked).ToList();
        var hours = (_now - Start).TotalHours;
        double Gain(IEnumerable<Person> people) => people.Select(p => (p.Pay - p.Cost) / hours).DefaultIfEmpty(0).Average();
        return new Findings(
            parts, _runs, _wrong.Count, wrong, fakers.Count, fakers.Count(n => _accused.Contains(n.Id)),
            _nodes.Values.Count(n => n.Person.Cheat is null && _accused.Contains(n.Id)),
            Gain(_people.Where(p => p.Cheat is null && p.Worked)), Gain(_people.Where(p => p.Cheat is not null && p.Worked)), unfinished)
        {
            Reason = _tasks.Values.Where(t => t.State.Phase != TaskPhase.Completed).Select(t => $"{t.State.Phase}: {t.State.Ended?.Reason.Message}").FirstOrDefault(),
        };
    }

    private TaskReply Tell(TaskId task, ITaskCommand command)
    {
        _dirty.Add(task);
        return _tasks[task].Handle(command);
    }

    private void After(long seconds, Action act)
        => _agenda.Enqueue(act, ((_now - Start).Ticks + (Math.Max(1, seconds) * TimeSpan.TicksPerSecond), _order++));

    private static byte[] Number(byte kind, int n)
    {
        var bytes = new byte[16];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), n + 1);
        return bytes;
    }
}

using System.Security.Cryptography;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.World;

/// <summary>
/// Accounts, tasks, a careless matchmaker and nodes on a bus that may repeat, reorder and lose messages, and processes that may
/// crash at any time. Each step takes its choices from outside, so a run can be repeated.
/// </summary>
internal sealed class Network
{
    internal const int Users = 2;
    internal const int Operators = 3;
    private readonly List<Action> _bus = [];
    private readonly Dictionary<(TaskId, PartAttempt), (NodeId Node, byte[] Key)> _keys = [];
    private static readonly SigningKeyPair Signer = SigningKeyPair.Generate();
    private int _sessionKeys;
    private int _handled;
    private bool _calm;

    internal Network()
    {
        foreach (var id in Enumerable.Range(0, Users).Select(User).Concat(Enumerable.Range(0, Operators).Select(Operator)).Append(AccountIds.Treasury))
            Accounts.Add(id, Shells.Account(id));
        foreach (var (id, account) in Accounts)
        {
            if (id != AccountIds.Treasury)
                account.Do(Given.Open(id), Now);
        }
    }

    internal DateTimeOffset Now { get; private set; } = Given.Start;

    internal Dictionary<AccountId, Shell<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect>> Accounts { get; } = [];

    internal Dictionary<TaskId, Shell<TaskState, ITaskCommand, ITaskEvent, TaskReply, ITaskEffect>> Tasks { get; } = [];

    internal static AccountId User(int n) => Ids.Account(n + 1);

    internal static AccountId Operator(int n) => Ids.Account(100 + n);

    internal void Grant(int user, long amount, string id) => Account(User(user), new GrantTokens(User(user), new Tokens(amount), id, "admin", Now));

    internal void Submit(int task, int user, int parts)
    {
        var id = Ids.Task(task);
        if (!Tasks.ContainsKey(id))
            Tasks.Add(id, Shells.Task(task));
        var submit = Given.Submit(
            task, Speculates(task) ? parts + 4 : parts,
            s => Shaped(s with
            {
                Limits = s.Limits with { Retries = 1, Speculate = Speculates(task) },
                Verify = Terms(task),
                Privacy = s.Privacy with { Rotate = Rotates(id), Custody = IsSealed(id) ? Custody.Sealed : Custody.Managed },
            }, task),
            Now, User(user));
        Task(id, submit with { Submission = submit.Submission with { SigningKey = Signer.PublicKey }, CheckSeed = SHA256.HashData(BitConverter.GetBytes(task)) });
    }

    /// <summary>Every third task rotates its keys.</summary>
    internal static bool Rotates(TaskId task) => task.ToBytes()[15] % 3 == 0;

    /// <summary>Every other task has its keys with its owner, whose client attends as well as the bus lets it.</summary>
    internal static bool IsSealed(TaskId task) => task.ToBytes()[15] % 2 == 1;

    /// <summary>Some tasks overtake their slow parts.</summary>
    internal static bool Speculates(int task) => !Rotates(Ids.Task(task)) && Terms(task) is null;

    // Unverified, always checked, checked by chance, checked by what is at stake, in turn; of every other task the owner compares.
    private static VerifySpec? Terms(int task) => (task / 6 % 4) switch
    {
        0 => null,
        1 => new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2, Tolerance = task % 2 == 0 ? 1e-9m : null },
        2 => new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 500_000, Tolerance = task % 2 == 0 ? 1e-9m : null },
        _ => new VerifySpec { Policy = VerifyPolicy.Adaptive },
    };

    // Plain tasks, map and reduce, and rounds, in turn.
    private static TaskSpec Shaped(TaskSpec spec, int task) => ((task / 2) % 3) switch
    {
        0 => spec,
        1 => Given.MapReduce(spec),
        _ => Given.InRounds(spec, 3),
    };

    internal void Wake(TimeSpan later)
    {
        Now += later;
        foreach (var id in Tasks.Keys)
            Task(id, new WakeTask(id, Now));
        foreach (var id in Accounts.Keys)
            Account(id, new PayOut(id, Now));

        foreach (var (id, task) in Tasks.Where(t => IsSealed(t.Key) && t.Value.Durable.Submission is not null))
            Task(id, new AttendKeys(id, task.Durable.Order.Owner, Now));

        foreach (var (id, task) in Tasks.Where(t => t.Value.Durable.Submission is not null && _handled % 2 == 0))
            Compare(id, task.Durable);

        // The matchmaker undoes matches that nobody answered.
        foreach (var (id, task) in Tasks.Where(t => t.Value.Durable is { IsAlive: true, HoldConfirmed: true }))
            Place(id, TaskDecider.Demanded(task.Durable));
    }

    // An owner finds two in three of what differs equal.
    private void Compare(TaskId id, TaskState state)
    {
        var owner = state.Order.Owner;
        if (TaskDecider.Decide(state, new GetComparisons(id, owner, Now)).Reply is not ComparisonsAwaited { Comparisons.Count: > 0 } asked)
            return;
        var said = asked.Comparisons.Select(c =>
        {
            var classes = c.Results.Select(r => r.Attempt).GroupBy(a => (a.Part + _handled) % 3 == 0 ? a.Part : -1)
                .Select(g => (IReadOnlyList<PartAttempt>)[.. g]).ToList();
            var comparison = new Comparison(c.Part, classes, []);
            return comparison with { Signature = Signer.Sign(comparison.Statement(id)) };
        });
        Post(id, new CompareAnswers(id, owner, [.. said], Now));
    }

    internal void Cancel(int task) => Task(Ids.Task(task), new CancelTask(Ids.Task(task), null, Now));

    internal void Adjust(int task, int change)
    {
        if (!Tasks.TryGetValue(Ids.Task(task), out var shell) || shell.Durable.Submission is not { } order)
            return;
        var budget = new Tokens(order.Budget.Micros * (change % 5) / 2);
        Task(Ids.Task(task), new AdjustTask(Ids.Task(task), order.Owner, $"c{change}", null, budget, null, Now));
    }

    /// <summary>Delivers, repeats or loses one message. Lost ones must be asked for again by whoever needs them.</summary>
    internal void Step(int pick, bool repeat, bool lose)
    {
        if (_bus.Count == 0)
            return;
        var at = pick % _bus.Count;
        var deliver = _bus[at];
        if (!repeat)
            _bus.RemoveAt(at);
        if (!lose)
            deliver();
    }

    internal void CrashTask(int pick)
    {
        if (Tasks.Count > 0)
            Run(Tasks.Keys.ElementAt(pick % Tasks.Count), Tasks.Values.ElementAt(pick % Tasks.Count).Crash(Now));
    }

    internal void CrashAccount(int pick)
        => Run(Accounts.Keys.ElementAt(pick % Accounts.Count), Accounts.Values.ElementAt(pick % Accounts.Count).Crash(Now));

    /// <summary>Delivers everything in order, again and again as the clock goes on, until nothing more happens.</summary>
    internal void Settle()
    {
        _calm = true;
        foreach (var (id, account) in Accounts)
            Run(id, account.Crash(Now));
        for (var round = 0; round < 200; round++)
        {
            Wake(TimeSpan.FromSeconds(40));

            // Some owners made their budget too small for any node.
            foreach (var id in Tasks.Where(t => round == 30 && t.Value.Durable.IsAlive).Select(t => t.Key).ToList())
                Task(id, new CancelTask(id, null, Now));
            for (var i = 0; _bus.Count > 0; i++)
            {
                Assert.True(i < 100_000, "The bus does not fall silent.");
                Step(0, false, false);
            }

            if (Tasks.Values.All(t => t.Durable.Submission is null || (t.Durable.EndedAt is not null && t.Durable.Settled))
                && Accounts.Values.All(a => !AccountDecider.HasMoneyToSend(a.Durable)))
                return;
        }

        Assert.Fail("The network does not come to rest.");
    }

    // Several commands often share one write; a crash before it loses them all.
    private void Task(TaskId id, ITaskCommand command)
    {
        Tasks[id].Handle(command);
        if (_handled++ % 3 == 0 || _calm)
            Run(id, Tasks[id].Flush(Now));
    }

    private void Account(AccountId id, IAccountCommand command)
    {
        Accounts[id].Handle(command);
        if (_handled++ % 3 == 0 || _calm)
            Run(id, Accounts[id].Flush(Now));
    }

    private void Post(AccountId to, IAccountCommand command) => _bus.Add(() => Account(to, command));

    private void Post(TaskId to, ITaskCommand command) => _bus.Add(() => Task(to, command));

    private void Run(AccountId from, IEnumerable<IAccountEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case AnswerHold e: Post(e.Task, new HoldAnswered(e.Task, e.Refusal, e.Held, e.Change, Now)); break;
                case AnswerSettlement e: Post(e.Task, new SettlementBooked(e.Task, e.Number, e.Closed, Now)); break;
                case SendPayout e: Post(e.Payout.Payee, new ReceivePayout(e.Payout.Payee, from, e.Payout.Number, e.Payout.Amount, Now)); break;
                case ConfirmPayout e: Post(e.Payer, new PayoutReceived(e.Payer, from, e.Number, Now)); break;
                case SchedulePayout: break;
                default: throw new InvalidOperationException(effect.ToString());
            }
        }
    }

    private void Run(TaskId from, IEnumerable<ITaskEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case HoldFunds e: Post(e.Owner, new PlaceHold(e.Owner, from, e.Amount, Now)); break;
                case AdjustHold e: Post(e.Owner, new ChangeHold(e.Owner, from, e.Amount, e.CommandId, Now)); break;
                case Settle e: Post(e.Owner, new SettleHold(e.Owner, from, e.Number, e.Lines, Given.Terms.FeePermille, e.Close, Now)); break;
                case Demand e: Place(from, e.Parts); break;
                case StartAttempts e: Start(from, e); break;
                case GrantKeys e: Grant(from, e); break;
                case PassGrants e: Pass(from, e); break;
                case RequestReveals e: Reveal(from, e); break;
                case Accuse e: Accuse(from, e); break;
                case CheckSessions e: Post(from, new LoseSessions(from, e.Sessions, Now)); break;
                default: break;
            }
        }
    }

    // The node's record answers, and the word goes round.
    private void Accuse(TaskId from, Accuse e)
    {
        Post(from, new AccusationHeard(from, e.Node, Now));
        var node = Enumerable.Range(0, Operators).First(n => Ids.Node(n) == e.Node);
        foreach (var other in Tasks.Keys.Where(t => t != from))
            Post(other, new DistrustOperator(other, Operator(node), e.Node, from, Now, Now));
    }

    private void Place(TaskId task, TaskDemand demand)
    {
        var state = Tasks[task].Durable;
        foreach (var part in demand.Waiting.Where(p => state.MaxAskPerCoreHour(state.StageOf(state.Parts[p])) >= Given.Ask))
        {
            Assert.Equal(0, state.Parts[part].Missing);
            var others = demand.Apart.GetValueOrDefault(part)?.Operators ?? [];
            var allowed = Enumerable.Range(0, Operators).Where(o => !demand.Distrusted.Contains(Operator(o)) && !others.Contains(Operator(o))
                && !(demand.Paired.Contains(part) && demand.Avoid[part].Contains(Ids.Node(o)))).ToList();
            if (allowed.Count == 0)
                continue;
            var n = allowed[(part + _handled) % allowed.Count];
            Post(task, new PlaceParts(task, [new Placed(part, Ids.Node(n), Operator(n), (ulong)n, Given.Ask)], Now));
        }
    }

    private void Start(TaskId task, StartAttempts e)
    {
        foreach (var attempt in e.Attempts.Select(a => a.Attempt))
        {
            byte[] key = [(byte)(_sessionKeys++ % 3)];
            Post(task, new ReleaseKeys(task, e.Node, e.Session, key, [attempt], Now, new SessionProof([1], [2], [3])));
            if (IsSealed(task))
                Post(task, new HandKeys(task, Tasks[task].Durable.Order.Owner, [new HandedKeys(attempt, e.Node, key, key)], Now));
        }
    }

    // What the owner's client sealed here is the session key that it sealed to.
    private void Pass(TaskId task, PassGrants e)
    {
        foreach (var (attempt, sealedTo) in e.Grants)
            Grant(task, new GrantKeys(e.Node, e.Session, sealedTo[0], [attempt]));
    }

    private void Grant(TaskId task, GrantKeys e)
    {
        foreach (var attempt in e.Attempts)
        {
            _keys.TryAdd((task, attempt), (e.Node, e.SessionKey));
            Assert.Equal((e.Node, e.SessionKey), _keys[(task, attempt)]);
            var moves = (attempt.Part + attempt.Number + _handled) % 11 == 0;
            var fault = moves ? new Fault(FaultCodes.HandedOver, "moves", Culprit.None, true) : ((attempt.Part + attempt.Number + _sessionKeys) % 7) switch
            {
                0 => new Fault(FaultCodes.ExecutorFailed, "broken", Culprit.Node, true),
                1 => new Fault($"program-{attempt.Number}", "exit", Culprit.Program, true),
                _ => null,
            };
            Post(task, fault is null
                ? new AcceptResults(task, e.Node, [TaskStory.Result(attempt) with { Stop = (attempt.Part + attempt.Number) % 6 == 0, Promise = Promise(task, attempt), Compared = Compared(task, attempt) }], Now)
                : new FailAttempts(task, e.Node, [new FailedAttempt(attempt, fault, null, []) { NodeDied = fault.Culprit == Culprit.Node, Checkpoint = moves ? Ids.Blob(5_000_000 + attempt.Number) : null }], Now));
        }
    }

    private (IReadOnlyList<IReadOnlyList<PartAttempt>>, byte[])? Compared(TaskId task, PartAttempt attempt)
        => Tasks[task].Durable.OriginOf(attempt.Part).Compares?.GroupBy(c => (c.Part + _handled) % 3 == 0 ? c.Part : -1)
            .Select(g => (IReadOnlyList<PartAttempt>)[.. g.Select(c => new PartAttempt(c.Part, c.Attempt))]).ToList() is { } classes ? (classes, [1]) : null;

    // One answer in nine is wrong, and one reveal in thirteen is not what was promised.
    private (byte[], byte[])? Promise(TaskId task, PartAttempt attempt)
        => (AnswerCommitment.Of(new AttemptId(task, attempt.Part, attempt.Number), Nonce, AnswerFor(attempt, _handled % 9 == 0)), [1]);

    private void Reveal(TaskId task, RequestReveals e)
    {
        foreach (var attempt in e.Attempts)
        {
            var reported = Tasks[task].Journal.OfType<PartsReported>().SelectMany(r => r.Parts).Last(r => r.Result.Attempt == attempt);
            var id = new AttemptId(task, attempt.Part, attempt.Number);
            var lied = !AnswerCommitment.Fits(reported.Commitment, id, Nonce, AnswerFor(attempt, false));
            var shown = AnswerFor(attempt, lied != (_handled % 13 == 0));
            Post(task, new RevealAnswers(task, e.Node, [new RevealedAnswer(attempt, Nonce, shown)], Now));
        }
    }

    private static byte[] Nonce { get; } = new byte[AnswerCommitment.NonceSize];

    private static Answer AnswerFor(PartAttempt attempt, bool wrong)
    {
        var bytes = new byte[Answer.Size];
        bytes[0] = wrong ? (byte)(1 + attempt.Part) : (byte)0;
        return Answer.FromBytes(bytes);
    }
}

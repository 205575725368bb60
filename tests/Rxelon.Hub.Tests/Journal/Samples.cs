using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Journal;

/// <summary>One record of every kind that the journal keeps, with no member left at its default.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 11, 22, 3, 4, 5, TimeSpan.Zero).AddTicks(1234567);
    private static readonly TaskId Task = TaskId.FromBytes(Bytes(16, 1));
    private static readonly AccountId Owner = AccountId.FromBytes(Bytes(16, 2));
    private static readonly AccountId Operator = AccountId.FromBytes(Bytes(16, 3));
    private static readonly NodeId Node = NodeId.FromBytes(Bytes(16, 4));
    private static readonly PartAttempt Attempt = new(7, 2);
    private static readonly Fault Fault = new("program-failed", "exit code 3", Culprit.Program, true);

    /// <summary>Samples with the fields that were added after a record first shipped, by manifest and what they have more.</summary>
    internal static IReadOnlyDictionary<string, object> Grown => new Dictionary<string, object>
    {
        ["account.opened.1+signed"] = new AccountOpened(
            "ann", AccountKind.User, Bytes(32, 18), Bytes(32, 19), At, new OpeningSignature(1_790_000_000_000, Bytes(64, 24))),
        ["task.parts-accepted.1+stop"] = new PartsAccepted(
            [new Accepted(Attempt, Node, Operator, Blob(14), new Metering(1, 2, 3, 4, 5, 6, -7), new Tokens(8), Bytes(64, 15), true)], At),
        ["task.submitted.1+seed"] = new TaskSubmitted(
            new Submission(Owner, """{"name":"tiles","kind":"Wasm"}"""u8.ToArray(), [Blob(6)], Blob(8), [2], [3], new Tokens(4), [5], [6]), new PriceTerms(new Tokens(1), new Tokens(2), 3, 4, 5), new Tokens(6), At)
        {
            CheckSeed = Bytes(32, 27),
        },
        ["task.parts-added.1+check"] = new PartsAdded(3, [PartOrigin.Submitted(2) with { CheckOf = 2 }, PartOrigin.Submitted(0) with { CheckOf = 0 }], At),
        ["task.parts-added.1+compares"] = new PartsAdded(3, [PartOrigin.Submitted(2) with { Source = null, CheckOf = 2, Compares = [new(2, 1), new(3, 4)] }], At),
        ["task.operator-distrusted.1+elsewhere"] = new OperatorDistrusted(Operator, [1, 300], [2], At) { Elsewhere = Node },
        ["node.state.1+reinstated"] = NodeState.Of(Node) with { Operator = Operator, EnrolledAt = At, RecordedTo = At, ReinstatedAt = At },
        ["node.state.1+quarantine"] = NodeState.Of(Node) with { Operator = Operator, Quarantine = new NodeQuarantined(Task, 1, 2, "outvoted", At) },
        ["node.enrolled.1+signed"] = new NodeEnrolled(
            Operator, "n1", Bytes(32, 21), "label", Bytes(32, 22), true, At, new EnrolmentSignature(Bytes(32, 25), Bytes(64, 26))),
        ["task.keys-released.1+owner"] = new KeysReleased([new Released(Attempt, Node, Bytes(32, 13), ByOwner: true)], At),
        ["task.attempts-failed.1+died"] = new AttemptsFailed([new Failed(Attempt, Node, Fault, null, []) { NodeDied = true }], At),
        ["task.parts-spared.1+stopped"] = new PartsSpared([new Spared(9, 2, 3)], At),
        ["task.attempts-failed.1+checkpoint"] = new AttemptsFailed(
            [new Failed(Attempt, Node, Fault, null, [1]) { Checkpoint = Blob(33), CheckpointSignature = Bytes(64, 34) }], At),
        ["task.attempts-resumed.1+survived"] = new AttemptsResumed([], Node, 42, At) { Survived = [Attempt] },
        ["node.window-recorded.1+log"] = new NodeWindowRecorded(
            new NodeWindow(At, At.AddHours(1), 1, 2, 3, 4, 5), At, new OperationHead(9, Bytes(32, 27), 1_790_000_000_000, Bytes(64, 28))),
        ["node.state.1+integrity"] = NodeState.Of(Node) with
        {
            Operator = Operator,
            EnrolledAt = At,
            RecordedTo = At,
            Baseline = new NodeBaseline(Groups, "0.1.0", "first", At),
            Alarm = Alarm,
            Suspect = new NodeBaseline(Groups, "0.2.0", "itself", At),
            Log = new OperationHead(9, Bytes(32, 27), 1_790_000_000_000, Bytes(64, 28)),
            LogSince = At,
        },
    };

    private static IReadOnlyList<GroupDigest> Groups => [new("application", Bytes(32, 29)), new("configuration", Bytes(32, 30))];

    private static IntegrityAlarm Alarm => new("application-changed", "application", Bytes(32, 31), Bytes(32, 32), "other files.", At);

    internal static IReadOnlyList<object> All { get; } =
    [
        new TaskSubmitted(
            new Submission(
                Owner, """{"name":"tiles","kind":"Wasm"}"""u8.ToArray(), [Blob(6), Blob(7)], Blob(8), Bytes(40, 9), Bytes(41, 10), new Tokens(2_500_000), Bytes(32, 11), Bytes(64, 12)),
            new PriceTerms(new Tokens(10), new Tokens(2000), 1100, 900, 50),
            new Tokens(2_400_000),
            At),
        new PartsAdded(11, [new PartOrigin(1, 2, 3, 4, [new PartRange(5, 6), new PartRange(1, 1)], 9), new PartOrigin(2, 2, 0, null, [], null)], At),
        new PartsAssigned([new Assigned(Attempt, Node, Operator, ulong.MaxValue - 1, new Tokens(77)), new(new(8, 1), Node, Operator, 3, new(78))], At),
        new KeysReleased([new Released(Attempt, Node, Bytes(32, 13))], At),
        new PartsAccepted(
            [new Accepted(Attempt, Node, Operator, Blob(14), new Metering(1, 2, 3, 4, 5, 6, -7), new Tokens(8), Bytes(64, 15))], At),
        new PartsReported(
            [new Reported(new Accepted(Attempt, Node, Operator, Blob(14), new Metering(1, 2, 3, 4, 5, 6, -7), new Tokens(8), Bytes(64, 15), true), Bytes(32, 30), Bytes(64, 31))], At),
        new AnswersRevealed([new RevealedAnswer(Attempt, Bytes(32, 32), Answer.FromBytes(Bytes(32, 33)))], At),
        new AnswersCompared([new Comparison(7, [[Attempt, new(8, 1)], [new(9, 1)]], Bytes(64, 34)), new Comparison(3, [[new(3, 1)], [new(4, 2)]], Bytes(64, 35)) { By = (new(12, 1), Node) }], At),
        new PartsRejected([new Rejected(Attempt, Node, Operator, 3, "outvoted"), new Rejected(new(8, 1), Node, Operator, null, "reveal-mismatch")], At),
        new PartsSpared([new Spared(5, 3)], At),
        new OperatorDistrusted(Operator, [1, 300], [2], At),
        new AttemptsFailed([new Failed(Attempt, Node, Fault, Blob(16), Bytes(64, 17)), new Failed(new(9, 1), Node, Fault, null, [1])], At),
        new AttemptsResumed([Attempt, new(8, 3)], Node, 42, At),
        new TaskAdjusted("adjust-1", Tier.Priority, new Tokens(3), new Tokens(2), 3600, At),
        new TaskEnded(TaskPhase.Failed, Fault, At),
        new SettlementRecorded(256, [0, 5, 300], At),
        new TaskErased("retention", At),
        new AccountOpened("ann", AccountKind.Operator, Bytes(32, 18), Bytes(32, 19), At),
        new ApiKeyAdded(new ApiKeyHash("k1", Bytes(32, 20), "laptop"), At),
        new ApiKeyRemoved("k1", At),
        new TokensGranted(new Tokens(5), "grant-1", "root", At),
        new FundsHeld(Task, new Tokens(6), At),
        new HoldChanged(Task, new Tokens(7), "adjust-1", At),
        new HoldSettled(Task, 3, [0, 1, 2], [new Owed(Operator, new Tokens(8))], true, new Tokens(9), At),
        new PayoutsSent([new Payout(4, Operator, new Tokens(10))], At),
        new PayoutsConfirmed([4, 5], At),
        new PayoutBooked(Owner, 4, new Tokens(11), At),
        new AccountClosed(new Tokens(12), At),
        new NodeEnrolled(Operator, "n1", Bytes(32, 21), "label", Bytes(32, 22), true, At),
        new NodeApproved("root", At),
        new NodeRevoked("root", "stolen", At),
        new NodeRenewed(Bytes(32, 23), At),
        new NodeQuarantined(Task, 1, 2, "outvoted", At),
        new NodeReinstated("root", "talked to them", At),
        new NodeWindowRecorded(new NodeWindow(At, At.AddHours(1), 1, 2, 3, 4, 5), At),
        new NodeMeasured(Groups, "0.1.0", "first", At),
        new NodeAlarmRaised(Alarm, Groups, "0.2.0", At),
        new NodeAlarmCleared("root", "reinstalled", At),
        Account(),
        NodeState.Of(Node) with
        {
            Standing = NodeStanding.Active,
            Operator = Operator,
            Name = "n1",
            IdentityKey = Bytes(32, 24),
            Label = "label",
            TlsSpkiSha256 = Bytes(32, 25),
            EnrolledAt = At,
            RecordedTo = At,
            OnlineMillis = 1,
            BusyMillis = 2,
            Accepted = 3,
            Failed = 4,
            Lost = 5,
        },
    ];

    internal static byte[] Bytes(int length, byte first) => [.. Enumerable.Range(first, length).Select(i => (byte)i)];

    private static BlobRef Blob(byte first) => new(BlobId.FromDigest(Bytes(32, first)), 1000 + first);

    private static AccountState Account()
    {
        var empty = AccountState.Of(Owner);
        return empty with
        {
            OpenedAt = At,
            ClosedAt = At.AddDays(1),
            Name = "ann",
            Kind = AccountKind.User,
            SigningKey = Bytes(32, 26),
            ExchangeKey = Bytes(32, 27),
            ApiKeys = [new ApiKeyHash("k1", Bytes(32, 28), "laptop")],
            Available = new Tokens(1),
            Held = new Tokens(2),
            Owed = new Tokens(3),
            InTransit = new Tokens(4),
            Earned = new Tokens(5),
            Spent = new Tokens(6),
            Granted = new Tokens(7),
            Sent = new Tokens(8),
            Burned = new Tokens(9),
            Grants = ["grant-1"],
            Holds = empty.Holds.Add(Task, new HoldState(new Tokens(10), new Tokens(11), IndexSet.Empty.With([3, 70]), ["adjust-1"])),
            ClosedInOrder = [Task],
            Closed = [Task],
            Owing = empty.Owing.Add(Operator, new Tokens(12)),
            Transit = empty.Transit.Add(Operator, new Payout(4, Operator, new Tokens(13))),
            LastPayout = 4,
            Received = empty.Received.Add(Operator, 9),
        };
    }
}

using Google.Protobuf;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Client.Tests.Ledger;

/// <summary>
/// A task of three parts on two nodes in a log: part 1 fails once, part 2 costs more than its share and is capped, the owner moves to
/// another tier before part 2 is placed, two settlements pay, the rest returns. Every number is settable before <see cref="Receipt"/>.
/// </summary>
internal sealed class PaidTask : IDisposable
{
    internal const long Hold = 3_000;

    private readonly ReceiptWorld _world = new();
    private readonly SigningKeyPair _user = SigningKeyPair.FromSeed([2, .. new byte[31]]);
    private readonly SigningKeyPair[] _nodes = [SigningKeyPair.FromSeed([3, .. new byte[31]]), SigningKeyPair.FromSeed([4, .. new byte[31]])];
    private readonly byte[] _spec = new TaskSpec { Name = "sums\e[31m", Kind = WorkloadKind.Wasm }.ToBytes();

    internal TaskId Task { get; } = TaskId.FromBytes([7, .. new byte[15]]);

    internal ReceiptWorld World => _world;

    /// <summary>Changes events before they are sealed, by manifest and how-manieth of it.</summary>
    internal Dictionary<(string, int), Action<IMessage>> Forge { get; } = [];

    /// <summary>Leaves out what follows the acceptance of parts.</summary>
    internal bool IsUnsettled { get; init; }

    internal AccountId Owner => AccountId.OfSigningKey(_user.PublicKey);

    internal static AccountId Operator(int node) => AccountId.OfSigningKey([(byte)node, .. new byte[31]]);

    // ask 60,100 micro-tokens per core-hour on one core: 16.69 micro-tokens a second, times fee and multipliers, rounded up.
    internal static long[] Costs { get; } = [176, 351, 1_000];

    internal Receipt Receipt()
    {
        var task = $"task-{Task}";
        var account = $"account-{Owner}";
        var counts = new Dictionary<string, int>();
        void Add(string entity, string manifest, IMessage message)
        {
            counts[manifest] = counts.GetValueOrDefault(manifest) + 1;
            if (Forge.TryGetValue((manifest, counts[manifest]), out var forge))
                forge(message);
            _world.Add(entity, $"{manifest}.1", message);
        }

        Add(task, "task.submitted", Submitted());
        Add(account, "account.funds-held", new FundsHeld { Task = Id(Task.ToBytes()), Amount = Hold });
        Add(task, "task.parts-assigned", new PartsAssigned { Parts = { Assigned(0, 1, 0), Assigned(1, 1, 1) } });
        Add(task, "task.keys-released", new KeysReleased { Releases = { new KeysReleased.Types.Release { Attempt = At(0, 1), Node = Node(0) } } });
        Add(task, "task.attempts-failed", new AttemptsFailed { Failures = { Failed(1, 1, 1), Lost(2) } });
        Add(task, "task.parts-assigned", new PartsAssigned { Parts = { Assigned(1, 2, 0) } });
        Add(task, "task.parts-accepted", new PartsAccepted { Parts = { Accepted(0, 1, 0, 10_000), Accepted(1, 2, 0, 20_000) } });
        if (!IsUnsettled)
            Add(account, "account.hold-settled", new HoldSettled { Task = Id(Task.ToBytes()), Number = 2, Parts = { 0, 1 }, Owed = { Owed(Operator(0), 527 - 24), Owed(Settlement.Treasury, 24) } });
        Add(task, "task.adjusted", new TaskAdjusted { CommandId = "a", Tier = (int)Tier.Priority, BudgetMax = Hold, Hold = Hold });
        Add(task, "task.parts-assigned", new PartsAssigned { Parts = { Assigned(2, 2, 1) } });
        Add(task, "task.parts-accepted", new PartsAccepted { Parts = { Accepted(2, 2, 1, 60_000) } });
        if (!IsUnsettled)
        {
            Add(account, "account.hold-settled", new HoldSettled
            {
                Task = Id(Task.ToBytes()),
                Number = 3,
                Parts = { 2 },
                Closed = true,
                Returned = Hold - 1_527,
                Owed = { Owed(Operator(1), 1_000 - 47), Owed(Settlement.Treasury, 47) },
            });
        }

        _world.NodeKeys.Clear();
        _world.NodeKeys.AddRange(_nodes.Select(n => n.PublicKey));
        return _world.Receipt(Task.ToString());
    }

    public void Dispose()
    {
        _world.Dispose();
        _user.Dispose();
        foreach (var node in _nodes)
            node.Dispose();
    }

    private TaskSubmitted Submitted()
    {
        var parts = Enumerable.Range(0, 3).Select(p => new BlobRef(Input(p), 100 + p)).ToList();
        var program = new BlobRef(BlobId.Of("program"u8), 7);
        return new TaskSubmitted
        {
            Owner = Id(Owner.ToBytes()),
            Spec = Id(_spec),
            Parts = { parts.Select(Blob) },
            Program = Blob(program),
            Budget = Hold,
            Hold = Hold,
            SigningKey = Id(_user.PublicKey),
            Signature = Id(_user.Sign(SignedStatements.Submit(Task, Owner, _spec, parts, program, new Tokens(Hold)))),
            Price = new Proto.PriceTerms { MinAsk = 1, MaxAsk = 1_000_000, DemandPermille = 1000, TierPermille = 1000, FeePermille = 50 },
        };
    }

    private PartsAccepted.Types.Part Accepted(int part, int attempt, int node, long wallMillis)
    {
        var result = new BlobRef(BlobId.Of([9, (byte)part]), 9);
        var metering = new Shared.Workloads.Metering(wallMillis, 1, 2, 3, 4, 5, 0);
        return new PartsAccepted.Types.Part
        {
            Attempt = At(part, attempt),
            Node = Node(node),
            Operator = Id(Operator(node).ToBytes()),
            Result = Blob(result),
            Metering = new Proto.Metering { WallMillis = wallMillis, CpuMillis = 1, PeakMemory = 2, Fuel = 3, InputBytes = 4, OutputBytes = 5 },
            Cost = Costs[part],
            Signature = Id(_nodes[node].Sign(SignedStatements.Result(new AttemptId(Task, part, attempt), NodeOf(node), Input(part), result, metering))),
        };
    }

    private AttemptsFailed.Types.Failure Failed(int part, int attempt, int node) => new()
    {
        Attempt = At(part, attempt),
        Node = Node(node),
        Fault = new Proto.Fault { Code = FaultCodes.ExecutorFailed, Message = "no disk" },
        Signature = Id(_nodes[node].Sign(SignedStatements.Failure(new AttemptId(Task, part, attempt), NodeOf(node), FaultCodes.ExecutorFailed, "no disk"))),
    };

    // What the hub says by itself has no signature.
    private AttemptsFailed.Types.Failure Lost(int part)
        => new() { Attempt = At(part, 1), Node = Node(0), Fault = new Proto.Fault { Code = FaultCodes.NodeLost, Message = "gone" } };

    private PartsAssigned.Types.Part Assigned(int part, int attempt, int node)
        => new() { Attempt = At(part, attempt), Node = Node(node), Operator = Id(Operator(node).ToBytes()), Ask = 60_100 };

    private static BlobId Input(int part) => BlobId.Of([8, (byte)part]);

    private NodeId NodeOf(int node) => NodeId.OfIdentityKey(_nodes[node].PublicKey);

    private ByteString Node(int node) => Id(NodeOf(node).ToBytes());

    private static Owed Owed(AccountId payee, long amount) => new() { Payee = Id(payee.ToBytes()), Amount = amount };

    private static Attempt At(int part, int number) => new() { Part = part, Number = number };

    private static ByteString Id(byte[] bytes) => ByteString.CopyFrom(bytes);

    private static Proto.Blob Blob(BlobRef blob) => new() { Id = Id(blob.Id.ToDigest()), Size = blob.Size };
}

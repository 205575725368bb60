using Microsoft.Data.Sqlite;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Projections;
using Rxelon.Hub.Tests.Sealing;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Projections;

/// <summary>What the index says of a verified task, whose results may be taken back.</summary>
public sealed class VerifiedRowSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly NodeId[] Nodes = [.. Enumerable.Range(1, 4).Select(i => NodeId.FromBytes([(byte)i, .. new byte[15]]))];
    private static readonly AccountId[] Operators = [.. Enumerable.Range(1, 4).Select(i => AccountId.FromBytes([(byte)i, .. new byte[15]]))];
    private static readonly BlobRef Blob = new(BlobId.Of([1]), 1);
    private readonly Dictionary<int, (int Known, long Cost)> _table = [];

    [Fact]
    public void A_part_closed_by_anothers_result_counts_and_checks_do_not()
    {
        var row = Placed(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 }, parts: 1, running: 3);
        Assert.Equal((3, 2, 3), (row.Total, row.Checks, row.Running));

        row.Apply(new PartsReported([Reported(0), Reported(1), Reported(2)], At));
        row = Stored(row);
        Assert.Equal((0, 0), (row.Running, row.Accepted));
        row.Apply(new PartsAccepted([Result(1), Result(2)], At));
        Assert.Equal((0, 2, TaskPhase.Running), (row.Running, row.Accepted, row.Phase));
        row.Apply(new PartsRejected([new Rejected(new PartAttempt(0, 1), Nodes[0], Operators[0], 1, "outvoted")], At));

        Assert.Equal((3, 2, TaskPhase.Completed), (row.Accepted, row.ChecksAccepted, row.Phase));
        Assert.Equal(new Tokens(20), row.Cost);
        Assert.Null(row.Verified);
    }

    [Fact]
    public void What_a_distrusted_operator_gave_is_open_again_or_costs_nothing()
    {
        var row = Placed(new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 1 }, parts: 4, running: 4);
        row.Apply(new PartsAccepted([Result(0), Result(1)], At));
        row.Apply(new PartsReported([Reported(2)], At));
        row = Stored(row);
        Assert.Equal((1, 2, new Tokens(20)), (row.Running, row.Accepted, row.Cost));

        row.Apply(new OperatorDistrusted(Operators[0], [0, 2], [1], At));
        Assert.Equal((1, 1, Tokens.Zero), (row.Running, row.Accepted, row.Cost));
        row.Apply(new AttemptsFailed([new Failed(new PartAttempt(3, 1), Nodes[3], new Fault("x", "y"), null, [])], At));
        Assert.Equal(0, row.Running);
    }

    [Fact]
    public void Only_the_parts_that_a_batch_names_are_written()
    {
        var row = Stored(Placed(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 }, parts: 1000, running: 3));
        Assert.Equal(2000, _table.Count);
        Assert.Empty(row.Verified!.Changed);
        row.Apply(new PartsReported([Reported(0), Reported(2)], At));
        Assert.Equal([0, 2], row.Verified.Changed.Select(c => c.Part).Order());
    }

    [Fact]
    public void Folded_event_by_event_or_at_once_the_index_says_the_same_and_keeps_no_parts_of_a_task_that_is_complete()
    {
        using var world = new SealingWorld();
        var (open, complete) = (TaskId.FromBytes([1, .. new byte[15]]), TaskId.FromBytes([2, .. new byte[15]]));
        foreach (var happened in Story())
        {
            world.Write($"task-{open}", happened);
            world.Write($"task-{complete}", happened);
        }

        world.Write($"task-{complete}", new PartsAssigned([new Assigned(new PartAttempt(1, 2), Nodes[2], Operators[2], 1, new Tokens(1))], At));
        world.Write($"task-{complete}", new PartsAccepted([Result(1) with { Attempt = new PartAttempt(1, 2) }, Result(2)], At));
        var rows = Folded(world, "one.db", 1);

        Assert.Equal(Folded(world, "all.db", 1000), rows);
        Assert.Equal(["0 4 10", "1 0 0", "2 2 10", "3 5 10"], rows.Where(r => r.StartsWith($"part {open} ", StringComparison.Ordinal)).Select(r => r[(r.IndexOf(' ', 5) + 1)..]));
        Assert.Equal(4 + 2, rows.Count);
        Assert.Equal([open.ToString()], new IndexReader(new SqliteFile(Path.Combine(world.Path, "one.db"))).OpenVerified());
    }

    // Part 3 checks part 0, part 1 was taken back, part 2 waits for its verdict.
    private static IEnumerable<ITaskEvent> Story()
    {
        var spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Mock, Verify = new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 1 } };
        return
        [
            new TaskSubmitted(
                new Submission(Operators[3], spec.ToBytes(), [Blob, Blob, Blob], Blob, [], [], new Tokens(1), [], []),
                new PriceTerms(new Tokens(1), new Tokens(2), 1, 1, 1), new Tokens(1), At),
            new PartsAdded(3, [PartOrigin.Submitted(0) with { CheckOf = 0 }], At),
            new PartsAssigned([.. Enumerable.Range(0, 4).Select(p => new Assigned(new PartAttempt(p, 1), Nodes[p], Operators[p], 1, new Tokens(1)))], At),
            new PartsReported([Reported(0), Reported(3)], At),
            new PartsAccepted([Result(0), Result(3)], At),
            new PartsAccepted([Result(1)], At),
            new PartsReported([Reported(2)], At),
            new OperatorDistrusted(Operators[1], [1], [], At),
        ];
    }

    private static List<string> Folded(SealingWorld world, string file, int atOnce)
    {
        var index = new SqliteFile(Path.Combine(world.Path, file));
        using (var store = new IndexStore(index, world.JournalFile))
        {
            while (store.Advance(atOnce) > 0)
            {
            }
        }

        using var connection = index.OpenReadOnly();
        return [.. Dump(connection, "SELECT 'part', * FROM verified ORDER BY task, part"), .. Dump(connection, "SELECT 'task', * FROM tasks ORDER BY id")];
    }

    private static IEnumerable<string> Dump(SqliteConnection connection, string select)
    {
        using var command = SqliteFile.Prepare(connection, select);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i)));
    }

    private static TaskRow Placed(VerifySpec verify, int parts, int running)
    {
        var row = new TaskRow(TaskId.FromBytes([1, .. new byte[15]]));
        var spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Mock, Verify = verify };
        row.Apply(new TaskSubmitted(
            new Submission(Operators[3], spec.ToBytes(), [.. Enumerable.Repeat(Blob, parts)], Blob, [], [], new Tokens(1), [], []),
            new PriceTerms(new Tokens(1), new Tokens(2), 1, 1, 1), new Tokens(1), At));
        row.Apply(new PartsAssigned([.. Enumerable.Range(0, running).Select(p => new Assigned(new PartAttempt(p, 1), Nodes[p], Operators[p], 1, new Tokens(1)))], At));
        return row;
    }

    // As it comes back from its table.
    private TaskRow Stored(TaskRow row)
    {
        foreach (var (part, known, cost) in row.Verified!.Changed)
            _table[part] = (known, cost);
        row.Verified = new VerifiedParts(p => _table.TryGetValue(p, out var stored) ? stored : null, row.ChecksAccepted);
        return row;
    }

    private static Accepted Result(int part) => new(new PartAttempt(part, 1), Nodes[part], Operators[part], Blob, default, new Tokens(10), []);

    private static Reported Reported(int part) => new(Result(part), new byte[AnswerCommitment.Size], []);
}

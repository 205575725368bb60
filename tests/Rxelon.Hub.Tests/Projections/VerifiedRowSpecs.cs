using Rxelon.Domain.Tasks;
using Rxelon.Hub.Projections;
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

    // As it comes back from its column.
    private static TaskRow Stored(TaskRow row)
    {
        row.Verified = VerifiedParts.FromBytes(row.Verified!.ToBytes());
        return row;
    }

    private static Accepted Result(int part) => new(new PartAttempt(part, 1), Nodes[part], Operators[part], Blob, default, new Tokens(10), []);

    private static Reported Reported(int part) => new(Result(part), new byte[AnswerCommitment.Size], []);
}

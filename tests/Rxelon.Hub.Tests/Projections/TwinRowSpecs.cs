using Rxelon.Domain.Tasks;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Projections;

/// <summary>What the index says of a task whose slow parts are overtaken.</summary>
public sealed class TwinRowSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly NodeId Node = NodeId.FromBytes([1, .. new byte[15]]);
    private static readonly AccountId Operator = AccountId.FromBytes([2, .. new byte[15]]);
    private static readonly BlobRef Blob = new(BlobId.Of([1]), 1);

    [Fact]
    public void A_twin_is_no_part_of_the_order_and_leaves_nothing_running()
    {
        var row = new TaskRow(TaskId.FromBytes([1, .. new byte[15]]));
        var spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Mock, Limits = new Limits { Speculate = true } };
        row.Apply(new TaskSubmitted(
            new Submission(Operator, spec.ToBytes(), [Blob, Blob], Blob, [], [], new Tokens(1), [], []),
            new PriceTerms(new Tokens(1), new Tokens(2), 1, 1, 1), new Tokens(1), At));
        row.Apply(Placed(0, 1));
        row.Apply(Result(0));
        row.Apply(new PartsAdded(2, [PartOrigin.Submitted(1) with { CheckOf = 1 }], At));
        row.Apply(Placed(2));
        Assert.Equal((3, 1, 2, 1, 0), (row.Total, row.Checks, row.Running, row.Accepted, row.ChecksAccepted));

        row.Apply(Result(2));
        Assert.Equal(TaskPhase.Running, row.Phase);
        row.Apply(new PartsSpared([new Spared(1, 2, 1)], At));

        Assert.Equal((TaskPhase.Completed, 0, 3, 1), (row.Phase, row.Running, row.Accepted, row.ChecksAccepted));
        Assert.Equal(new Tokens(20), row.Cost);
    }

    private static PartsAssigned Placed(params int[] parts)
        => new([.. parts.Select(p => new Assigned(new PartAttempt(p, 1), Node, Operator, 1, new Tokens(1)))], At);

    private static PartsAccepted Result(int part)
        => new([new Accepted(new PartAttempt(part, 1), Node, Operator, Blob, default, new Tokens(10), [])], At);
}

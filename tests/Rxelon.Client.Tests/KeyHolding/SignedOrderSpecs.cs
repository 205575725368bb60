using Google.Protobuf;
using Rxelon.Client.KeyHolding;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Blob = Rxelon.Shared.Journal.Blob;
using TaskSubmitted = Rxelon.Shared.Journal.TaskSubmitted;

namespace Rxelon.Client.Tests.KeyHolding;

public sealed class SignedOrderSpecs : IDisposable
{
    private static readonly TaskId Task = TaskId.FromBytes([3, .. new byte[15]]);
    private readonly AccountKeys _owner = AccountKeys.Generate();

    public void Dispose() => _owner.Dispose();

    [Fact]
    public void The_terms_are_those_that_the_owner_signed()
    {
        var spec = SignedOrder.Read($"task-{Task}", Order(_owner), _owner).Value.Spec;
        Assert.Equal(["a_nobody"], spec.Placement.DenyOperators);
    }

    [Fact]
    public void Other_terms_another_task_and_another_accounts_order_are_not()
    {
        var order = Order(_owner);
        order.Spec = ByteString.CopyFrom(Spec([]).ToBytes());
        Refused($"task-{Task}", order);
        Refused($"task-{TaskId.FromBytes([4, .. new byte[15]])}", Order(_owner));
        using var other = AccountKeys.Generate();
        Refused($"task-{Task}", Order(other)); // well signed, by somebody else
    }

    private void Refused(string entity, TaskSubmitted order)
        => Assert.Equal(FaultCodes.BadSignature, SignedOrder.Read(entity, order, _owner).Fault?.Code);

    private static TaskSpec Spec(IReadOnlyList<string> denied)
        => new() { Name = "x", Kind = WorkloadKind.Wasm, Placement = new Placement { DenyOperators = denied } };

    private static TaskSubmitted Order(AccountKeys owner)
    {
        var spec = Spec(["a_nobody"]).ToBytes();
        var (part, program) = (new BlobRef(BlobId.Of([1]), 1), new BlobRef(BlobId.Of([2]), 1));
        return new TaskSubmitted
        {
            Owner = ByteString.CopyFrom(owner.Account.ToBytes()),
            Spec = ByteString.CopyFrom(spec),
            Parts = { Of(part) },
            Program = Of(program),
            Budget = 7,
            SigningKey = ByteString.CopyFrom(owner.Signing.PublicKey),
            Signature = ByteString.CopyFrom(owner.Signing.Sign(SignedStatements.Submit(Task, owner.Account, spec, [part], program, new Tokens(7)))),
        };
    }

    private static Blob Of(BlobRef blob) => new() { Id = ByteString.CopyFrom(blob.Id.ToDigest()), Size = blob.Size };
}

using Google.Protobuf;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Ledger;

public sealed class SignatureSpecs : IDisposable
{
    private readonly PaidTask _task = new();

    public void Dispose() => _task.Dispose();

    [Theory]
    [InlineData("order signature", "budget")]
    [InlineData("order signature", "spec")]
    [InlineData("order signature", "part")]
    [InlineData("order signature", "key")]
    [InlineData("result signatures", "metering")]
    [InlineData("result signatures", "attempt")]
    [InlineData("result signatures", "negative attempt")]
    [InlineData("result signatures", "result")]
    [InlineData("result signatures", "node")]
    [InlineData("result signatures", "no signature")]
    [InlineData("failure signatures", "code")]
    public void A_hub_that_changes_what_was_signed_before_it_seals_it_is_found(string check, string what)
    {
        _task.Forge[("task.submitted", 1)] = m => Change((TaskSubmitted)m, what);
        _task.Forge[("task.parts-accepted", 1)] = m => Change(((PartsAccepted)m).Parts[1], what);
        _task.Forge[("task.attempts-failed", 1)] = m => ((AttemptsFailed)m).Failures[0].Fault.Code = what == "code" ? FaultCodes.NodeBusy : FaultCodes.ExecutorFailed;
        var report = ReceiptReport.Of(_task.Receipt(), _task.World.Policy).Value;
        Assert.Equal(FaultCodes.BadSignature, report.Failure()?.Code);
        Assert.Equal([check], report.Checks.Where(c => c.Result == CheckResult.Failed).Select(c => c.Name));
    }

    [Fact]
    public void A_node_whose_key_the_receipt_keeps_back_is_not_believed()
    {
        var receipt = _task.Receipt();
        var report = ReceiptReport.Of(receipt with { NodeKeys = [receipt.NodeKeys[0], new byte[3]] }, _task.World.Policy).Value;
        Assert.Equal(["result signatures", "failure signatures"], report.Checks.Where(c => c.Result == CheckResult.Failed).Select(c => c.Name));
    }

    [Fact]
    public void A_message_that_the_hub_had_to_shorten_is_said_to_be_unchecked()
    {
        _task.Forge[("task.attempts-failed", 1)] = m => ((AttemptsFailed)m).Failures[0].Fault.Message = new string('x', 2_000);
        var check = ReceiptReport.Of(_task.Receipt(), _task.World.Policy).Value.Checks.Single(c => c.Name == "failure signatures");
        Assert.Equal(CheckResult.NotApplicable, check.Result);
        Assert.Contains("1 more cannot be checked", check.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, CheckResult.Ok)]
    [InlineData(true, CheckResult.Failed)]
    public void Accounts_and_nodes_sign_for_themselves(bool forged, CheckResult expected)
    {
        using var world = new ReceiptWorld();
        using var user = SigningKeyPair.Generate();
        using var node = SigningKeyPair.Generate();
        var account = AccountId.OfSigningKey(user.PublicKey);
        byte[] exchange = [5, .. new byte[31]], token = [6, .. new byte[31]], spki = [7, .. new byte[31]];
        world.Add($"account-{account}", "account.opened.1", new AccountOpened
        {
            Name = "ada",
            SigningKey = Bytes(user.PublicKey),
            ExchangeKey = Bytes(exchange),
            Signed = new AccountOpened.Types.Opening { UnixMillis = forged ? 6 : 5, Signature = Bytes(user.Sign(SignedStatements.OpenAccount(user.PublicKey, exchange, 5))) },
        });
        world.Add($"node-{NodeId.OfIdentityKey(node.PublicKey)}", "node.enrolled.1", new NodeEnrolled
        {
            Name = forged ? "attic" : "cellar",
            IdentityKey = Bytes(node.PublicKey),
            TlsSpkiSha256 = Bytes(forged ? token : spki),
            Signed = new NodeEnrolled.Types.Enrolment { TokenSha256 = Bytes(token), Signature = Bytes(node.Sign(SignedStatements.EnrolDigests(node.PublicKey, token, spki))) },
        });
        var report = ReceiptReport.Of(world.Receipt(account.ToString()), world.Policy).Value;
        Assert.Equal([expected, expected], report.Checks.Where(c => c.Name is "account signature" or "node signature").Select(c => c.Result));
        Assert.Equal(CheckResult.NotApplicable, report.Checks.Single(c => c.Name == "completeness").Result);
    }

    [Fact]
    public void An_account_that_is_not_of_its_key_is_found()
    {
        using var world = new ReceiptWorld();
        using var user = SigningKeyPair.Generate();
        world.Add($"account-{PaidTask.Operator(1)}", "account.opened.1", new AccountOpened
        {
            SigningKey = Bytes(user.PublicKey),
            ExchangeKey = Bytes(new byte[32]),
            Signed = new AccountOpened.Types.Opening { UnixMillis = 5, Signature = Bytes(user.Sign(SignedStatements.OpenAccount(user.PublicKey, new byte[32], 5))) },
        });
        Assert.Equal(FaultCodes.BadSignature, ReceiptReport.Of(world.Receipt(PaidTask.Operator(1).ToString()), world.Policy).Value.Failure()?.Code);
    }

    private static void Change(TaskSubmitted m, string what)
    {
        switch (what)
        {
            case "budget": m.Budget++; break;
            case "spec": m.Spec = Bytes([.. m.Spec.Span, (byte)' ']); break;
            case "part": m.Parts[2].Size++; break;
            case "key": m.SigningKey = Bytes(SigningKeyPair.Generate().PublicKey); break;
        }
    }

    private static void Change(PartsAccepted.Types.Part p, string what)
    {
        switch (what)
        {
            case "metering": p.Metering.PeakMemory++; break;
            case "attempt": p.Attempt.Number++; break;
            case "negative attempt": p.Attempt.Number = -1; break;
            case "result": p.Result.Size++; break;
            case "node": p.Node = Bytes([1, .. new byte[15]]); break;
            case "no signature": p.Signature = ByteString.Empty; break;
        }
    }

    private static ByteString Bytes(byte[] bytes) => ByteString.CopyFrom(bytes);
}

using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>A node in a verified task: it promises an answer with its report and shows it when it is asked.</summary>
public sealed class VerifiedAttemptSpecs : NodeUnderTest
{
    [Fact]
    public async Task A_report_promises_the_answer_that_is_shown_later_and_two_runs_of_a_part_give_the_same()
    {
        var task = new ScriptedTask(Modules.Program("(func (export \"_start\"))"), WorkloadKind.Wasm);
        var first = await ReportAsync(task, part: 0);
        var check = await ReportAsync(task, part: 5);

        var (nonce, answer) = await RevealAsync(first.Attempt);
        var (other, same) = await RevealAsync(check.Attempt);
        Assert.Equal(answer, same);
        Assert.NotEqual(nonce, other);
        Assert.True(AnswerCommitment.Fits(first.Commitment.Span, new AttemptId(task.Id, 0, 1), nonce, answer));
        Assert.True(AnswerCommitment.Fits(check.Commitment.Span, new AttemptId(task.Id, 5, 1), other, same));
        Assert.True(Signatures.Verify(
            Services.Identity.PublicKey, SignedStatements.Commit(new AttemptId(task.Id, 5, 1), Services.Node, check.Commitment.Span), check.CommitSignature.Span));
        var plain = PartCipher.Open(first.Result.Inline.ToByteArray(), KeySchedule.Result(task.TaskKey, 0, 1), PartContext.Result(task.Id, 0, 1)).Value;
        var digest = await ContentDigest.OfAsync(new MemoryStream(plain), first.Metering.Fuel, CancellationToken.None);
        Assert.Equal(Answer.Of(KeySchedule.Verify(task.TaskKey, 0), digest), answer);
    }

    [Fact]
    public async Task An_answer_that_an_owner_may_know_beforehand_leaves_the_fuel_out()
    {
        var task = new ScriptedTask(Modules.Program("(func (export \"_start\"))"), WorkloadKind.Wasm);
        var report = await ReportAsync(task, part: 0, withoutFuel: true);
        Assert.True(report.Metering.Fuel > 0);
        var plain = PartCipher.Open(report.Result.Inline.ToByteArray(), KeySchedule.Result(task.TaskKey, 0, 1), PartContext.Result(task.Id, 0, 1)).Value;
        var digest = await ContentDigest.OfAsync(new MemoryStream(plain), null, CancellationToken.None);
        Assert.Equal(Answer.Of(KeySchedule.Verify(task.TaskKey, 0), digest), (await RevealAsync(report.Attempt)).Answer);
    }

    [Fact]
    public async Task Another_result_is_another_answer()
    {
        var task = new ScriptedTask(Random);
        var (_, one) = await RevealAsync((await ReportAsync(task, part: 0)).Attempt);
        var (_, two) = await RevealAsync((await ReportAsync(task, part: 5)).Attempt);
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task A_verified_part_without_a_verify_key_fails_and_an_unverified_one_promises_nothing()
    {
        var task = new ScriptedTask(Random);
        FromHub(Assigned(task, 0));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));
        Assert.Equal("decrypt-failed", (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);

        var plain = new ScriptedTask(Random);
        FromHub(plain.Assign((0, 1, ScriptedTask.Inline(plain.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(plain, 0, 1));
        Assert.True((await NextAsync(ToHub.BodyOneofCase.Report)).Report.Commitment.IsEmpty);
    }

    private static ProgramBundle Random => new() { Version = 1, Args = { "--random" } };

    private static ToNode Assigned(ScriptedTask task, int part, bool withoutFuel = false)
    {
        // Part 5 repeats part 0: the same input under the same key.
        var frame = task.Assign((part, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input()))));
        frame.Assign.Verified = true;
        frame.Assign.WithoutFuel = withoutFuel;
        frame.Assign.Parts[0].Source = 0;
        frame.Assign.Parts[0].Index = 0;
        return frame;
    }

    private async Task<AttemptReport> ReportAsync(ScriptedTask task, int part, bool withoutFuel = false)
    {
        FromHub(Assigned(task, part, withoutFuel));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        foreach (var grant in task.GrantPages(Services.Session.PublicKey, Services.Node, part, 1, "program", [], verifyOf: 0, source: 0))
            FromHub(grant);
        return (await NextAsync(ToHub.BodyOneofCase.Report)).Report;
    }

    private async Task<(byte[] Nonce, Answer Answer)> RevealAsync(AttemptKey attempt)
    {
        FromHub(new ToNode { Reveal = new RevealRequest { Attempts = { attempt } } });
        var shown = Assert.Single((await NextAsync(ToHub.BodyOneofCase.Reveals)).Reveals.Reveals_);
        Assert.Equal(attempt, shown.Attempt);
        return (shown.Nonce.ToByteArray(), Answer.FromBytes(shown.Answer.Span));
    }
}

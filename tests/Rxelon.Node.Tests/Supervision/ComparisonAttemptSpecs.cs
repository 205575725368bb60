using Google.Protobuf;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>A node that is paid to compare others' results: it runs nothing, and says which of them are equal.</summary>
public sealed class ComparisonAttemptSpecs : NodeUnderTest
{
    [Fact]
    public async Task A_comparison_names_the_results_that_are_equal_and_signs_it_and_runs_no_program()
    {
        // Its program would never end.
        var task = new ScriptedTask(Modules.Program("(func (export \"_start\") (loop $again (br $again)))"), WorkloadKind.Wasm);
        List<NeededBlob> results =
        [
            StageAttemptSpecs.Needed(task, 4, 1, "0.2500000"), StageAttemptSpecs.Needed(task, 8, 3, "0.3"), StageAttemptSpecs.Needed(task, 9, 1, "0.2500001"), Damaged(task, 10),
        ];
        Store.Blobs["/far"] = results[2].Result.Inline.ToByteArray();
        results[2].Result.Inline = ByteString.Empty;
        results[2].Result.Path = "far";

        var report = await ReportAsync(task, results);

        IReadOnlyList<IReadOnlyList<ResultAttempt>> expected = [[new(4, 1), new(9, 1)], [new(8, 3)], [new(10, 1)]];
        Assert.Equal(expected, report.Equal.Select(c => c.Attempts.Select(a => new ResultAttempt((int)a.Part, (int)a.Number))));
        Assert.True(Signatures.Verify(Services.Identity.PublicKey, SignedStatements.Compare(task.Id, 12, expected), report.EqualSignature.Span));
        Assert.Equal("part 4 attempt 1, part 9 attempt 1\npart 8 attempt 3\npart 10 attempt 1\n", task.OpenResult(report.Result.Inline.ToByteArray(), 12, 1)["stdout"]);
        Assert.True(report.Commitment.IsEmpty);
        Assert.Equal(results.Sum(r => r.Result.Size), report.Metering.InputBytes);
    }

    [Fact]
    public async Task A_result_that_cannot_be_had_is_the_hubs_fault_and_no_word_is_given()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm);
        var missing = StageAttemptSpecs.Needed(task, 5, 1, "x");
        missing.Result.Inline = ByteString.Empty;
        missing.Result.Path = "nowhere";
        await BeginAsync(task, [StageAttemptSpecs.Needed(task, 4, 1, "x"), missing]);
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;
        Assert.Equal((FaultCodes.BlobMissing, (uint)Culprit.Hub), (failure.Code, failure.Culprit));
    }

    private async Task<AttemptReport> ReportAsync(ScriptedTask task, List<NeededBlob> results)
    {
        await BeginAsync(task, results);
        return (await NextAsync(ToHub.BodyOneofCase.Report)).Report;
    }

    private async Task BeginAsync(ScriptedTask task, List<NeededBlob> results)
    {
        var frame = task.Assign();
        frame.Assign.Verified = true;
        frame.Assign.WithoutFuel = true;
        frame.Assign.Parts.Add(new AssignedPart { Part = 12, Number = 1, ResultsTotal = (uint)results.Count, Results = { results }, Tolerance = "0.000001" });
        FromHub(frame);
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        foreach (var grant in task.GrantPages(Services.Session.PublicKey, Services.Node, 12, 1, "program", results))
            FromHub(grant);
    }

    private static NeededBlob Damaged(ScriptedTask task, int part)
    {
        var cipher = StageAttemptSpecs.Needed(task, part, 1, "0.25").Result.Inline.ToByteArray();
        cipher[^1] ^= 1;
        return new NeededBlob { Part = (uint)part, Number = 1, Result = ScriptedTask.Inline(cipher) };
    }
}

using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

/// <summary>Comparisons over HTTP, on a hub of its own: what is refused, and what is shown. That they decide is a matter of real nodes.</summary>
public sealed class TaskComparisonsSpecs(RunningHub hub) : IClassFixture<RunningHub>
{
    [Fact]
    public async Task Only_the_owner_of_a_task_with_a_tolerance_is_asked()
    {
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var submitted = await user.PrepareAsync(1, Numeric);
        (await user.PostAsync("/v1/tasks", submitted)).AssertStatus(201);
        var path = $"/v1/tasks/{submitted.Task}/comparisons";

        var none = (await user.GetAsync(path)).AssertStatus(200).Read<ComparisonsResponse>();
        Assert.Empty(none.Comparisons);
        (await other.GetAsync(path)).AssertStatus(404);
        var plain = await user.SubmitAsync();
        (await user.GetAsync($"/v1/tasks/{plain}/comparisons")).AssertProblem(409, FaultCodes.Conflict);

        (await user.PostAsync($"/v1/tasks/{submitted.Task}/cancel", new CompareRequest([]))).AssertStatus(200);
        Assert.Equal("Cancelled", (await user.GetAsync($"{path}?wait=25")).Read<ComparisonsResponse>().Phase);
    }

    [Fact]
    public async Task A_comparison_of_what_does_not_wait_is_refused_part_by_part_and_a_broken_one_as_a_whole()
    {
        using var user = await hub.NewUserAsync();
        var submitted = await user.PrepareAsync(1, Numeric);
        (await user.PostAsync("/v1/tasks", submitted)).AssertStatus(201);
        var path = $"/v1/tasks/{submitted.Task}/comparisons";
        var said = new ComparedInfo(0, [[new ResultAttempt(0, 1)]], user.Signing.Sign(SignedStatements.Compare(submitted.Task, 0, [[new(0, 1)]])));

        var refused = (await user.PostAsync(path, new CompareRequest([said, said with { Part = -3 }]))).AssertStatus(200).Read<CompareResponse>().Refused;
        Assert.Equal([(0, FaultCodes.StaleAttempt), (-3, FaultCodes.StaleAttempt)], refused.Select(r => (r.Part, r.Fault.Code)));
        (await user.PostAsync(path, new CompareRequest([]))).AssertProblem(400, FaultCodes.Malformed, "compared");
        var many = Enumerable.Range(0, VerifySpec.MaxOf + 1).Select(p => new ResultAttempt(p, 1)).ToList();
        (await user.PostAsync(path, new CompareRequest([said with { Classes = [many] }]))).AssertProblem(400, FaultCodes.Malformed, "compared");
        (await user.PostTextAsync(path, """{"compared":[{"part":0,"classes":[null],"signature":""}]}""")).AssertProblem(400, FaultCodes.Malformed, "compared");
    }

    [Fact]
    public async Task A_tolerance_that_cannot_be_is_refused_at_submission()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Adaptive, Tolerance = 1 } });
        (await user.PostAsync("/v1/tasks", request)).AssertProblem(400, FaultCodes.Malformed);
    }

    private static TaskSpec Numeric(TaskSpec spec) => spec with { Verify = new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2, Tolerance = 1e-9m } };
}

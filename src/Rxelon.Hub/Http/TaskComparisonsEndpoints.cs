using Rxelon.Domain.Tasks;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>
/// Numbers within a tolerance (docs/design/verification.md): which results differ and wait for their owner's client, and what it says of them.
/// </summary>
internal static class TaskComparisonsEndpoints
{
    private const int MostComparisons = 1_000;

    internal static void MapTaskComparisons(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/tasks/{id}/comparisons").WithMetadata(NeedsAccount.Instance);
        group.MapGet("", AwaitedAsync).Produces<ComparisonsResponse>()
            .WithSummary("Parts whose results differ and wait for their owner to compare them, as soon as there are any; ?wait=SECONDS, 25 at most.");
        group.MapPost("", CompareAsync).Accepts<CompareRequest>("application/json").Produces<CompareResponse>()
            .WithSummary("Which results of a part are equal within the task's tolerance, signed by its owner; the verdict follows.");
    }

    private static async Task<IResult> AwaitedAsync(TaskId id, int? wait, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
        => await calls.UntilAsync(
            new GetComparisons(id, caller.Account, time.GetUtcNow()),
            r => r is ComparisonsAwaited found && (found.Comparisons.Count > 0 || found.Phase.HasEnded()), wait, time, cancel) switch
        {
            ComparisonsAwaited found => Answers.Json(new ComparisonsResponse(
                found.Phase.ToString(), [.. found.Comparisons.Take(MostComparisons).Select(c => new ComparisonInfo(c.Part, [.. c.Results.Select(Info)]))])),
            TaskRefused refused => Answers.Problem(refused.Fault),
            var other => throw new InvalidOperationException($"A task answered {other.GetType().Name}."),
        };

    private static async Task<IResult> CompareAsync(
        TaskId id, JsonBody<CompareRequest> body, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        var compared = body.Value.Compared;
        if (compared.Count is 0 or > MostComparisons)
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"compared are 1 to {MostComparisons}.", Culprit.Input), "compared");
        if (compared.Any(c => c.Classes is null || c.Signature is null || c.Classes.Any(a => a is null) || c.Classes.Sum(a => a.Count) > VerifySpec.MaxOf))
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"Each has classes with {VerifySpec.MaxOf} attempts at most in all, and a signature.", Culprit.Input), "compared");
        var said = compared.Select(c => new Comparison(
            c.Part, [.. c.Classes.Select(a => (IReadOnlyList<PartAttempt>)[.. a.Select(p => new PartAttempt(p.Part, p.Attempt))])], c.Signature)).ToList();
        return await calls.AskAsync(new CompareAnswers(id, caller.Account, said, time.GetUtcNow()), cancel) switch
        {
            ComparisonsAnswered done => Answers.Json(new CompareResponse(
                [.. done.Answers.Where(a => a.Refusal is not null).Select(a => new ComparisonRefusalInfo(a.Part, TaskMapping.Fault(a.Refusal)!))])),
            TaskRefused refused => Answers.Problem(refused.Fault),
            var other => throw new InvalidOperationException($"A task answered {other.GetType().Name}."),
        };
    }

    private static ComparedResultInfo Info((PartAttempt Attempt, BlobRef Result) r)
        => new(r.Attempt.Part, r.Attempt.Number, new BlobInfo(r.Result.Id, r.Result.Size));
}

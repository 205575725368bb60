using Rxelon.Domain.Tasks;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>
/// Sealed custody (docs/design/custody.md): which attempts wait for keys, the proof that a node is one of this network, and the keys that
/// the owner's client sealed. What passes here is ciphertext and is kept nowhere.
/// </summary>
internal static class TaskKeysEndpoints
{
    private const int MostGrants = 1_000;
    private const int MaxPages = 1 + (StagePlan.MaxNeeds / GrantedKeys.ResultsPerPage);
    private const int MaxSealedPage = 4096 + (GrantedKeys.ResultsPerPage * KeySchedule.KeySize);

    internal static void MapTaskKeys(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/tasks/{id}").WithMetadata(NeedsAccount.Instance);
        group.MapGet("/key-requests", RequestsAsync).Produces<KeyRequestsResponse>()
            .WithSummary("Sealed custody: attempts that wait for keys, as soon as there are any; ?wait=SECONDS, 25 at most.");
        group.MapGet("/key-requests/{node}/enrolment", EnrolmentAsync).Produces<Receipt>()
            .WithSummary("The proof that a node which waits for this task's keys is enrolled here. Pending until a published block covers it.");
        group.MapPost("/key-grants", GrantAsync).Accepts<KeyGrantsRequest>("application/json").Produces<KeyGrantsResponse>()
            .WithSummary("Sealed custody: keys that the owner's client sealed to waiting nodes. Recorded as released, once per attempt, and passed on.");
    }

    private static async Task<IResult> RequestsAsync(TaskId id, int? wait, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        if (await calls.AskAsync(new AttendKeys(id, caller.Account, time.GetUtcNow()), cancel) is TaskRefused { Fault: { Code: not FaultCodes.AlreadyEnded } fault })
            return Answers.Problem(fault);
        return await calls.UntilAsync(
            new GetKeyRequests(id, caller.Account, time.GetUtcNow()),
            r => r is KeyRequests found && (found.Requests.Count > 0 || found.Phase.HasEnded()), wait, time, cancel) switch
        {
            KeyRequests found => Answers.Json(new KeyRequestsResponse(found.Phase.ToString(), [.. found.Requests.Select(Info)])),
            TaskRefused refused => Answers.Problem(refused.Fault),
            var other => throw new InvalidOperationException($"A task answered {other.GetType().Name}."),
        };
    }

    private static async Task<IResult> EnrolmentAsync(
        TaskId id, NodeId node, Caller caller, HubCalls calls, ILedgerReader ledger, TimeProvider time, CancellationToken cancel)
    {
        var reply = await calls.AskAsync(new GetKeyRequests(id, caller.Account, time.GetUtcNow()), cancel);
        if (reply is not KeyRequests found)
            return Answers.Problem(((TaskRefused)reply).Fault);
        // An enrolment says more of a node than everybody needs to know: it is shown to whom it is to seal keys to that node.
        if (found.Requests.All(r => r.Node != node))
            return Answers.Problem(new Fault(FaultCodes.NotFound, "No attempt of this task waits for keys on that node."));
        var receipt = ledger.NodeEnrolment(node);
        return receipt.Fault is { } fault ? Answers.Problem(fault) : Results.Bytes(receipt.Value.ToBytes(), "application/json");
    }

    private static async Task<IResult> GrantAsync(
        TaskId id, JsonBody<KeyGrantsRequest> body, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        var grants = body.Value.Grants;
        if (grants.Count is 0 or > MostGrants)
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"grants are 1 to {MostGrants}.", Culprit.Input), "grants");
        if (grants.Any(g => g.Part < 0 || g.Attempt < 1 || g.Node.IsUnset || (g.More?.Count ?? 0) >= MaxPages
            || (g.More ?? []).Prepend(g.Sealed).Any(p => p is null or { Length: 0 or > MaxSealedPage })))
            return Answers.Problem(new Fault(FaultCodes.Malformed, "Each grant names an attempt and its node, and has sealed keys.", Culprit.Input), "grants");
        var handed = grants.Select(g => new HandedKeys(new PartAttempt(g.Part, g.Attempt), g.Node, g.SessionKey, g.Sealed) { More = g.More ?? [] }).ToList();
        return await calls.AskAsync(new HandKeys(id, caller.Account, handed, time.GetUtcNow()), cancel) switch
        {
            KeysHanded done => Answers.Json(new KeyGrantsResponse(
                [.. done.Answers.Where(a => a.Refusal is not null).Select(a => new KeyRefusalInfo(a.Attempt.Part, a.Attempt.Number, TaskMapping.Fault(a.Refusal)!))])),
            TaskRefused refused => Answers.Problem(refused.Fault),
            var other => throw new InvalidOperationException($"A task answered {other.GetType().Name}."),
        };
    }

    private static KeyRequestInfo Info(KeyRequest r) => new(
        r.Attempt.Part, r.Attempt.Number, r.Node, r.Operator, r.Wait.SessionKey, r.Wait.Proof.Nonce, r.Wait.Proof.IdentityKey, r.Wait.Proof.Signature, r.Wait.Proof.Quote)
    {
        Origin = r.Origin is { Stage: 0, CheckOf: null, Source: { } own, NeedCount: 0 } && own == r.Attempt.Part ? null
            : new KeyOriginInfo(r.Origin.Stage, r.Origin.Round, r.Origin.Index, r.Origin.CheckOf, [.. r.Results.Select(n => new NeededKeyInfo(n.Part, n.Attempt))]),
        MayLeaveCheckpoint = r.MayLeaveCheckpoint,
        BeginsFrom = r.BeginsFrom,
    };
}

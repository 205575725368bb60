using Microsoft.AspNetCore.Mvc;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Projections;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>The caller's tasks. Somebody else's task is answered as if it did not exist.</summary>
internal static class TasksEndpoints
{
    private const int PageSize = 50;
    private const int MaxPageSize = 500;
    private const int MaxCommandId = 128;
    private const string CommandIdHeader = "Idempotency-Key";

    internal static void MapTasks(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/tasks").WithMetadata(NeedsAccount.Instance);
        group.MapPost("", (JsonBody<SubmitRequest> body, Caller caller, Submitting submitting, CancellationToken cancel)
                => submitting.SubmitAsync(body.Value, caller, cancel))
            .Accepts<SubmitRequest>("application/json").Produces<SubmitResponse>(201).Produces<SubmitResponse>()
            .WithMetadata(new RequestSizeLimitAttribute(SpecRules.MaxSubmissionBytes))
            .WithSummary("Submit a signed task whose blobs are all stored. 201 the first time, 200 for a repeat.");
        group.MapGet("", List).Produces<TaskPage>().WithSummary("The caller's tasks, newest first; a moment behind.");
        group.MapGet("/{id}", ShowAsync).Produces<TaskResponse>().WithSummary("One task with its parts, and why it waits.");
        group.MapPatch("/{id}", AdjustAsync).Accepts<AdjustRequest>("application/json").Produces<TaskResponse>()
            .WithSummary("Change tier, budget or deadline of a living task. Send an Idempotency-Key, so that a retry changes nothing twice.");
        group.MapPost("/{id}/cancel", CancelAsync).Produces<TaskResponse>().WithSummary("Stop the task; what was finished is paid, the rest is freed.");
        group.MapDelete("/{id}", EraseAsync).Produces(204).WithSummary("Destroy ciphertext and sealed keys of an ended task. The record of what happened stays.");
        group.MapGet("/{id}/why", WhyAsync).Produces<WhyInfo>().WithSummary("Why the task waits, in plain words, with an estimate; or how it ended.");
    }

    /// <summary>Why a task is where it is; null when it does not wait.</summary>
    internal static async Task<WhyInfo?> WaitingAsync(TaskView view, HubCalls calls, CancellationToken cancel)
        => view.AwaitsOwner
            ? new WhyInfo("owner-keys", $"It waits for its owner's client to hand over keys: rxelon task keys {view.Task}", null)
            : view.AwaitsComparison
            ? new WhyInfo("compare", Waiting(view), null)
            : view.Phase.HasEnded() || view.Parts.All(p => p.Phase != PartPhase.Waiting)
            ? null
            : view.Phase == TaskPhase.Submitted
                ? new WhyInfo("hold", "The account has not set the money aside yet.", null)
                : view.Spec.Privacy.Rotate && view.Parts.Any(p => p.Phase is PartPhase.Assigned or PartPhase.KeyReleased)
                    ? new WhyInfo("rotate", "Keys rotate: each part waits until the result of the one before it was accepted.", null)
                : NeedsOf(view) ?? TaskMapping.Why(await calls.AskAsync(new AskWhy(view.Task), cancel));

    private static string Waiting(TaskView view) => view.Spec.Privacy.Custody == Custody.Managed
        ? $"Results differ within their tolerance or beyond; another operator's node compares them, unless you do first: rxelon task compare {view.Task}"
        : $"Results differ, and it waits for its owner's client to compare them: rxelon task compare {view.Task}";

    /// <summary>When every part that waits does so for others' results: for how many of which stages; null otherwise.</summary>
    private static WhyInfo? NeedsOf(TaskView view)
    {
        var waiting = view.Parts.Where(p => p.Phase == PartPhase.Waiting).ToList();
        if (waiting.Exists(p => p.Missing == 0))
            return null;
        var first = waiting[0];
        var open = first.Origin.AllNeeds.Select(p => view.Parts[p]).Where(p => p.Result is null).CountBy(p => p.Origin.Stage)
            .Select(c => $"{c.Value} {(c.Value == 1 ? "part" : "parts")} of stage {view.Plan.Stages[c.Key].Name}");
        var round = view.Plan.Rounds is null ? "" : $" of round {view.Round}";
        return new WhyInfo("needs", $"Stage {view.Plan.Stages[first.Origin.Stage].Name}{round} waits for {string.Join(" and ", open)}.", null);
    }

    private static IResult List(string? after, int? limit, Caller caller, ITaskIndex index)
    {
        var page = index.List(caller.Account, after, Math.Clamp(limit ?? PageSize, 1, MaxPageSize));
        return Answers.Json(new TaskPage([.. page.Tasks.Select(TaskMapping.Summary)], page.Next));
    }

    private static Task<IResult> ShowAsync(TaskId id, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
        => AnswerAsync(id, caller.Account, calls, time, cancel);

    private static async Task<IResult> AdjustAsync(
        TaskId id, JsonBody<AdjustRequest> body, HttpContext context, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        var (tierName, budget, deadline) = body.Value;
        Tier? tier = null;
        if (tierName is not null)
        {
            if (!Enum.TryParse<Tier>(tierName, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed))
                return Refuse("tier", "tier is Economy, Standard or Priority.");
            tier = parsed;
        }

        if (budget is { } max && max <= Tokens.Zero)
            return Refuse("budgetMax", "budgetMax is an amount above zero.");
        if (deadline < 0)
            return Refuse("deadlineSeconds", "deadlineSeconds is not negative; 0 means none.");
        var commandId = context.Request.Headers[CommandIdHeader].ToString();
        if (commandId.Length > MaxCommandId)
            return Refuse(CommandIdHeader, $"{CommandIdHeader} has at most {MaxCommandId} characters.");
        if (commandId.Length == 0)
            commandId = Guid.NewGuid().ToString("n");
        var reply = await calls.AskAsync(new AdjustTask(id, caller.Account, commandId, tier, budget, deadline, time.GetUtcNow()), cancel);
        return reply is TaskRefused refused ? Answers.Problem(refused.Fault) : await AnswerAsync(id, caller.Account, calls, time, cancel);
    }

    private static async Task<IResult> CancelAsync(TaskId id, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
        => await calls.AskAsync(new CancelTask(id, caller.Account, time.GetUtcNow()), cancel) is TaskRefused refused
            ? Answers.Problem(refused.Fault)
            : await AnswerAsync(id, caller.Account, calls, time, cancel);

    private static async Task<IResult> EraseAsync(TaskId id, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
        => await calls.AskAsync(new EraseTask(id, caller.Account, "asked for by its owner", time.GetUtcNow()), cancel) is TaskRefused refused
            ? Answers.Problem(refused.Fault)
            : Results.NoContent();

    private static async Task<IResult> WhyAsync(TaskId id, Caller caller, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        var reply = await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), cancel);
        if (reply is TaskRefused refused)
            return Answers.Problem(refused.Fault);
        var view = (TaskView)reply;
        return Answers.Json(await WaitingAsync(view, calls, cancel) ?? (view switch
        {
            { Reason: { } reason } => new WhyInfo(reason.Code, reason.Message, null),
            { Phase: TaskPhase.Completed } => new WhyInfo("completed", "All parts are accepted.", null),
            _ => new WhyInfo("running", "It does not wait: all its parts are on nodes.", null),
        }));
    }

    private static async Task<IResult> AnswerAsync(TaskId id, AccountId owner, HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        var reply = await calls.AskAsync(new GetTask(id, owner, time.GetUtcNow()), cancel);
        return reply is TaskView view
            ? Answers.Json(TaskMapping.Response(view, await WaitingAsync(view, calls, cancel), calls.Board.Of(id), calls.Board.UsageOf(id), time.GetUtcNow()))
            : Answers.Problem(((TaskRefused)reply).Fault);
    }

    private static IResult Refuse(string field, string why) => Answers.Problem(new Fault(FaultCodes.Malformed, why, Culprit.Input), field);
}

using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Answer = Microsoft.AspNetCore.Http.Results;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>A task of the fake hub.</summary>
internal sealed class FakeTask(SubmitRequest request)
{
    internal SubmitRequest Request => request;

    internal string Phase { get; set; } = "Completed";

    internal List<PartInfo> Parts { get; } = [];

    internal FaultInfo? Reason { get; set; }

    internal AdjustRequest? Adjusted { get; set; }

    internal TaskSpec Spec => TaskSpec.Parse(request.Spec).Value;

    internal TaskSummary Summary => new(
        request.Task, Spec.Name, Spec.Kind.ToString(), Phase, request.Parts.Count, Parts.Count(p => p.Result is not null), 0,
        request.Budget, new Tokens(1_000), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(3), Reason);
}

/// <summary>Task endpoints of the fake hub; a submitted task has ended when the submission is answered.</summary>
internal static class FakeTasks
{
    internal static void Map(WebApplication app, FakeHub hub)
    {
        app.MapPost("/v1/quotes", () => FakeHub.Json(new QuoteResponse(
            hub.Ceiling, hub.Ceiling, new PriceTermsInfo(Tokens.Zero, Tokens.Zero, 1000, 1000, 50), 1, 2, 0.5, ["1 node lacks memory"], "promise", DateTimeOffset.MaxValue)));
        app.MapPost("/v1/tasks", async (HttpContext context) =>
        {
            // A block: an expression would make this a RequestDelegate, which throws the answer away.
            return Submit(hub, FakeHub.Owner(context), await FakeHub.ReadAsync<SubmitRequest>(context));
        });
        app.MapGet("/v1/tasks", () => FakeHub.Json(new TaskPage([.. hub.Tasks.Values.Select(t => t.Summary)], null)));
        app.MapGet("/v1/tasks/{id}", (string id) => Find(hub, id, t => FakeHub.Json(new TaskResponse(
            t.Summary, t.Spec, true, false, t.Request.Program, t.Request.OwnerKey, t.Parts, null))));
        app.MapPatch("/v1/tasks/{id}", async (string id, HttpContext context) =>
        {
            hub.Tasks[TaskId.Parse(id)].Adjusted = await FakeHub.ReadAsync<AdjustRequest>(context);
            return context.Request.Headers.ContainsKey("Idempotency-Key") ? Answer.NoContent() : Answer.BadRequest();
        });
        app.MapPost("/v1/tasks/{id}/cancel", (string id) => Find(hub, id, t =>
        {
            t.Phase = "Cancelled";
            return Answer.NoContent();
        }));
        app.MapDelete("/v1/tasks/{id}", (string id) => Find(hub, id, t => Answer.NoContent()));
        app.MapGet("/v1/tasks/{id}/why", (string id) => Find(hub, id, _ => FakeHub.Json(new WhyInfo("no-room", "2 of 2 nodes are busy.", 12.5))));
        app.MapGet("/v1/tasks/{id}/comparisons", (string id) => Find(hub, id, t => FakeHub.Json(
            hub.Comparisons.Count > 0 ? new ComparisonsResponse("Running", [hub.Comparisons.Peek()]) : new ComparisonsResponse(t.Phase, []))));
        app.MapPost("/v1/tasks/{id}/comparisons", async (HttpContext context) =>
        {
            hub.Compared.AddRange((await FakeHub.ReadAsync<CompareRequest>(context)).Compared);
            hub.Comparisons.Dequeue();
            return FakeHub.Json(new CompareResponse([]));
        });
        app.MapGet("/v1/tasks/{id}/logs", (string id) => Find(hub, id, t => FakeHub.Json(Logs(hub, t))));
        app.MapGet("/v1/tasks/{id}/parts/{part}/attempts/{attempt}/log", (string id, int part, int attempt, uint from) => Find(hub, id, t =>
        {
            var all = hub.Logs.GetValueOrDefault(new AttemptId(t.Request.Task, part, attempt), []);
            var wanted = LogRecords.Read(all).Where(r => r.Number >= from).ToList();
            return Answer.Bytes(wanted.Count == 0 ? [] : all[wanted[0].Start..wanted[^1].End]);
        }));
        app.MapGet("/v1/tasks/{id}/events", (string id, HttpContext context) => EventsAsync(hub, hub.Tasks[TaskId.Parse(id)], context));
    }

    private static TaskLogsResponse Logs(FakeHub hub, FakeTask task)
    {
        var logs = hub.Logs.Where(l => l.Key.Task == task.Request.Task)
            .Select(l => new AttemptLogInfo(l.Key.Part, l.Key.Number, l.Value.Length, LogRecords.Read(l.Value).Last().Number + 1)).ToList();
        return new TaskLogsResponse(task.Phase, logs.Sum(l => l.Bytes), logs);
    }

    private static IResult Find(FakeHub hub, string id, Func<FakeTask, IResult> answer)
        => hub.Tasks.TryGetValue(TaskId.Parse(id), out var task) ? answer(task) : FakeHub.Problem(404, FaultCodes.NotFound, "There is no such task.");

    private static IResult Submit(FakeHub hub, AccountId owner, SubmitRequest request)
    {
        if (hub.Refusal is { } refusal)
            return FakeHub.Json(refusal, refusal.Status);
        var parts = request.Parts.Select(p => new BlobRef(p.Id, p.Size)).ToList();
        var order = SignedStatements.Submit(request.Task, owner, request.Spec, parts, new BlobRef(request.Program.Id, request.Program.Size), request.Budget);
        if (!Signatures.Verify(hub.Accounts[owner].SigningKey, order, request.Signature))
            return FakeHub.Problem(400, FaultCodes.BadSignature, "The signature is wrong.");
        if (request.Parts.Append(request.Program).FirstOrDefault(b => !hub.Blobs.ContainsKey(b.Id)) is { Id.IsUnset: false } missing)
            return FakeHub.Problem(409, FaultCodes.BlobMissing, $"Blob {missing.Id} is not here.");
        SealedKey.TryRead(request.VaultKey!, out var vaultKey);
        var key = KeyWrap.Unwrap(vaultKey!, hub.Vault, KeyWrapContext.TaskVault(request.Task)).Value;
        var task = new FakeTask(request);
        for (var part = 0; part < parts.Count; part++)
        {
            var result = hub.Node.Run(request.Task, part, 1, key, hub.Blobs[request.Program.Id], hub.Blobs[parts[part].Id]);
            var id = BlobId.Of(result);
            hub.Blobs[id] = result;
            task.Parts.Add(new PartInfo(
                part, "Accepted", 1, hub.Node.Info.Node, request.Parts[part], new BlobInfo(id, result.Length), new Metering(250, 200, 0, 0, 0, 0, 0), new Tokens(1_000), null, null));
        }

        hub.Tasks[request.Task] = task;
        return FakeHub.Json(new SubmitResponse(request.Task, "Submitted", request.Budget), 201);
    }

    private static async Task EventsAsync(FakeHub hub, FakeTask task, HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        var total = task.Request.Parts.Count;
        await SendAsync(context, 1, new TaskNewsInfo(task.Request.Task, "Running", total, 0, 1, Tokens.Zero, null, []));
        if (hub.CutEvents > 0)
        {
            hub.CutEvents--;
            context.Abort();
            return;
        }

        await context.Response.WriteAsync(": still here\n\n");
        await SendAsync(context, 2, new TaskNewsInfo(task.Request.Task, task.Phase, total, task.Parts.Count, 0, new Tokens(1_000), task.Reason, []));
    }

    private static async Task SendAsync(HttpContext context, int id, TaskNewsInfo news)
    {
        await context.Response.WriteAsync($"id: {id}\nevent: task\ndata: {JsonSerializer.Serialize(news, ApiJson.Default.TaskNewsInfo)}\n\n");
        await context.Response.Body.FlushAsync();
    }
}

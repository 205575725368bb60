using System.Text;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

[Collection(HubCollection.Name)]
public sealed class TasksSpecs(RunningHub hub)
{
    [Fact]
    public async Task A_submitted_task_is_shown_to_its_owner_and_to_nobody_else()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(parts: 3, s => s with { Placement = new Placement { Regions = ["nowhere"] } });
        var submitted = (await user.PostAsync("/v1/tasks", request)).AssertStatus(201).Read<SubmitResponse>();
        Assert.True(submitted.Hold > Tokens.Zero && submitted.Hold <= request.Budget);

        var shown = (await user.GetAsync($"/v1/tasks/{request.Task}")).AssertStatus(200).Read<TaskResponse>();
        Assert.Equal(3, shown.Parts.Count);
        Assert.Equal(request.Parts.Select(p => p.Id), shown.Parts.Select(p => p.Input!.Value.Id));
        Assert.Equal(request.OwnerKey, shown.OwnerKey);
        Assert.NotNull(shown.Waiting);

        using var stranger = await hub.NewUserAsync();
        foreach (var (method, path) in (IEnumerable<(HttpMethod, string)>)
            [(HttpMethod.Get, ""), (HttpMethod.Get, "/why"), (HttpMethod.Get, "/events"), (HttpMethod.Post, "/cancel"), (HttpMethod.Delete, "")])
            (await stranger.SendAsync(method, $"/v1/tasks/{request.Task}{path}")).AssertProblem(404, FaultCodes.NotFound);
        (await stranger.SendAsync(HttpMethod.Patch, $"/v1/tasks/{request.Task}", Answer.Json(new AdjustRequest("Priority")))).AssertProblem(404, FaultCodes.NotFound);
        Assert.Empty((await stranger.GetAsync("/v1/tasks")).Read<TaskPage>().Tasks);
    }

    [Fact]
    public async Task Repeating_a_submission_is_harmless_and_changing_it_is_a_conflict()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync();
        var first = (await user.PostAsync("/v1/tasks", request)).AssertStatus(201).Read<SubmitResponse>();
        Assert.Equal(first.Hold, (await user.PostAsync("/v1/tasks", request)).AssertStatus(200).Read<SubmitResponse>().Hold);
        var changed = user.Sign(request with { Budget = request.Budget + new Tokens(1) });
        (await user.PostAsync("/v1/tasks", changed)).AssertProblem(409, FaultCodes.Conflict);
    }

    [Fact]
    public async Task Somebody_elses_task_id_cannot_be_taken()
    {
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var request = await user.PrepareAsync();
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        var theirs = await other.PrepareAsync();
        var vault = (await user.GetAsync("/v1/info")).Read<HubInfo>().VaultKey;
        var stolen = other.Sign(theirs with
        {
            Task = request.Task,
            VaultKey = KeyWrap.Wrap(KeySchedule.NewTaskKey(), vault, KeyWrapContext.TaskVault(request.Task)).ToBytes(),
        });
        (await other.PostAsync("/v1/tasks", stolen)).AssertProblem(409, FaultCodes.Conflict);
    }

    [Fact]
    public async Task What_is_not_signed_as_it_stands_is_refused()
    {
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var request = await user.PrepareAsync(2);
        foreach (var changed in (SubmitRequest[])
            [
                request with { Budget = request.Budget + new Tokens(1) },
                request with { Parts = [.. request.Parts.Reverse()] },
                request with { Program = request.Parts[0] },
                request with { Spec = [.. request.Spec, (byte)' '] },
                request with { Signature = other.Sign(request).Signature },
                request with { Signature = [] },
            ])
            (await user.PostAsync("/v1/tasks", changed)).AssertProblem(400, FaultCodes.BadSignature, "signature");
        (await user.GetAsync($"/v1/tasks/{request.Task}")).AssertStatus(404);
    }

    [Fact]
    public async Task Blobs_that_the_account_has_not_stored_are_missing()
    {
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var request = await user.PrepareAsync();
        var foreign = (await other.StoreAsync([1, 2, 3]))[0];
        (await user.PostAsync("/v1/tasks", user.Sign(request with { Parts = [foreign] }))).AssertProblem(409, FaultCodes.BlobMissing);
        (await user.PostAsync("/v1/tasks", user.Sign(request with { Parts = [request.Parts[0] with { Size = 7 }] }))).AssertProblem(400, FaultCodes.Malformed);
    }

    [Fact]
    public async Task A_key_that_the_vault_cannot_open_is_refused_early()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync();
        var vault = (await user.GetAsync("/v1/info")).Read<HubInfo>().VaultKey;
        var elsewhere = KeyWrap.Wrap(KeySchedule.NewTaskKey(), vault, KeyWrapContext.TaskVault(TaskId.FromBytes([9, .. new byte[15]]))).ToBytes();
        (await user.PostAsync("/v1/tasks", request with { VaultKey = elsewhere })).AssertProblem(400, FaultCodes.DecryptFailed, "vaultKey");
        (await user.PostAsync("/v1/tasks", request with { VaultKey = [1] })).AssertProblem(400, FaultCodes.Malformed, "vaultKey");
    }

    [Fact]
    public async Task Without_the_money_or_with_too_small_a_budget_nothing_is_recorded()
    {
        using var poor = await hub.NewUserAsync(tokens: 0);
        var request = await poor.PrepareAsync();
        (await poor.PostAsync("/v1/tasks", request)).AssertProblem(402, FaultCodes.InsufficientFunds, "budget");
        (await poor.GetAsync($"/v1/tasks/{request.Task}")).AssertStatus(404);
        using var user = await hub.NewUserAsync();
        (await user.PostAsync("/v1/tasks", await user.PrepareAsync(budget: 1))).AssertProblem(402, FaultCodes.BudgetExceeded, "budget");
        (await user.PostAsync("/v1/tasks", await user.PrepareAsync(budget: 0))).AssertProblem(400, FaultCodes.Malformed, "budget");
    }

    [Theory]
    [InlineData("spec.resources.cpuMillis")]
    [InlineData("spec.limits.timeSeconds")]
    [InlineData("spec.privacy.cipher")]
    [InlineData("spec.image")]
    [InlineData("spec.name")]
    public async Task A_spec_that_says_what_it_may_not_is_refused_by_field(string field)
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => field switch
        {
            "spec.resources.cpuMillis" => s with { Resources = s.Resources with { CpuMillis = 0 } },
            "spec.limits.timeSeconds" => s with { Limits = s.Limits with { TimeSeconds = -1 } },
            "spec.privacy.cipher" => s with { Privacy = s.Privacy with { Cipher = "rot13" } },
            "spec.image" => s with { Kind = WorkloadKind.Docker, Image = "busybox:latest" },
            _ => s with { Name = "" },
        });
        (await user.PostAsync("/v1/tasks", request)).AssertProblem(400, FaultCodes.Malformed, field);
    }

    [Fact]
    public async Task A_spec_with_an_unknown_member_is_refused()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync();
        var spec = Encoding.UTF8.GetBytes("""{"name":"x","kind":"Mock","verify":"quorum"}""");
        var problem = (await user.PostAsync("/v1/tasks", user.Sign(request with { Spec = spec }))).AssertProblem(400, FaultCodes.Malformed, "spec");
        Assert.Contains("verify", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_task_says_why_can_be_changed_once_cancelled_and_erased()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(2, s => s with { Placement = new Placement { Regions = ["nowhere"] } });
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        var path = $"/v1/tasks/{request.Task}";
        var why = await Eventually.Async(async () => (await user.GetAsync($"{path}/why")).AssertStatus(200).Read<WhyInfo>(), w => w.Code != "hold");
        Assert.False(string.IsNullOrWhiteSpace(why.Sentence));

        var change = Answer.Json(new AdjustRequest(DeadlineSeconds: 3600));
        (await user.SendAsync(HttpMethod.Patch, path, change, ("Idempotency-Key", "k1"))).AssertStatus(200);
        (await user.SendAsync(HttpMethod.Patch, path, Answer.Json(new AdjustRequest("Golden")))).AssertProblem(400, FaultCodes.Malformed, "tier");
        (await user.DeleteAsync(path)).AssertProblem(409, FaultCodes.NotYet);

        var cancelled = (await user.SendAsync(HttpMethod.Post, $"{path}/cancel")).AssertStatus(200).Read<TaskResponse>();
        Assert.Equal("Cancelled", cancelled.Summary.Phase);
        Assert.Equal(FaultCodes.CancelledByOwner, (await user.GetAsync($"{path}/why")).Read<WhyInfo>().Code);
        await Eventually.Async(() => user.DeleteAsync(path), a => a.Status == 204);
        Assert.True((await user.GetAsync(path)).Read<TaskResponse>().Erased);
        await Eventually.Async(() => user.GetAsync($"/v1/blobs/{request.Parts[0].Id}"), a => a.Status == 404);
        var account = (await user.GetAsync("/v1/account")).Read<AccountResponse>();
        Assert.Equal((Tokens.Zero, new Tokens(100 * Tokens.PerToken)), (account.Held, account.Available));
    }

    [Fact]
    public async Task Tasks_are_listed_newest_first_in_pages()
    {
        using var user = await hub.NewUserAsync();
        var tasks = new List<TaskId>();
        for (var i = 0; i < 3; i++)
            tasks.Add(await user.SubmitAsync());
        await Eventually.Async(async () => (await user.GetAsync("/v1/tasks")).Read<TaskPage>().Tasks.Count, n => n == 3);
        var first = (await user.GetAsync("/v1/tasks?limit=2")).Read<TaskPage>();
        var second = (await user.GetAsync($"/v1/tasks?limit=2&after={Uri.EscapeDataString(first.Next!)}")).Read<TaskPage>();
        tasks.Reverse();
        Assert.Equal(tasks, first.Tasks.Concat(second.Tasks).Select(t => t.Task));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task A_quote_is_kept_although_others_came_first()
    {
        hub.AttachNodes(answers: true);
        using var user = await hub.NewUserAsync();
        using var crowd = await hub.NewUserAsync();
        var request = await user.PrepareAsync(parts: 2, s => s with { Placement = new Placement { Regions = ["nowhere"] } });
        var quote = (await user.PostAsync("/v1/quotes", new QuoteRequest(TaskSpec.Parse(request.Spec).Value, 2))).Read<QuoteResponse>();
        var waiting = await crowd.PrepareAsync(parts: 100, s => s with { Placement = new Placement { Regions = ["nowhere"] } });
        (await crowd.PostAsync("/v1/tasks", waiting)).AssertStatus(201);
        var dearer = (await Eventually.Async(
            () => user.PostAsync("/v1/quotes", new QuoteRequest(TaskSpec.Parse(request.Spec).Value, 2)),
            a => a.Read<QuoteResponse>().Terms.DemandPermille == 2000)).Read<QuoteResponse>();

        var kept = (await user.PostAsync("/v1/tasks", request with { Quote = quote.Token })).AssertStatus(201).Read<SubmitResponse>();
        var late = await user.PrepareAsync(parts: 2, s => s with { Placement = new Placement { Regions = ["nowhere"] } });
        var unquoted = (await user.PostAsync("/v1/tasks", late)).AssertStatus(201).Read<SubmitResponse>();

        Assert.Equal(quote.Ceiling, kept.Hold);
        Assert.Equal(dearer.Ceiling, unquoted.Hold);
        Assert.True(quote.Ceiling < dearer.Ceiling, $"{quote.Ceiling} and {dearer.Ceiling}");
        (await crowd.PostTextAsync($"/v1/tasks/{waiting.Task}/cancel", "")).AssertStatus(200);
    }

    [Fact]
    public async Task A_quote_tells_price_terms_and_reasons()
    {
        using var user = await hub.NewUserAsync();
        var spec = new TaskSpec { Name = "q", Kind = WorkloadKind.Mock, Placement = new Placement { Regions = ["nowhere"] } };
        var quote = (await user.PostAsync("/v1/quotes", new QuoteRequest(spec, 10))).AssertStatus(200).Read<QuoteResponse>();
        Assert.Equal(quote.PerPart * 10, quote.Ceiling);
        Assert.True(quote.PerPart > Tokens.Zero);
        Assert.Equal(0, quote.NodesFit);
        Assert.NotEmpty(quote.Reasons);
        (await user.PostAsync("/v1/quotes", new QuoteRequest(spec, 0))).AssertProblem(400, FaultCodes.Malformed, "parts");
    }
}

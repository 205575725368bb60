using Akka.Actor;
using Akka.Hosting;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

/// <summary>Sealed custody over HTTP, on a hub of its own: what is refused, what is shown, and what is passed on.</summary>
public sealed class TaskKeysSpecs(RunningHub hub) : IClassFixture<RunningHub>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] SessionKey = ExchangeKeyPair.Generate().PublicKey;
    private static readonly SessionProof Proof = new([1, 2, 3], new byte[16], new byte[64]);

    [Fact]
    public async Task A_sealed_task_must_not_give_its_key_to_the_vault_and_a_managed_one_must()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, Sealed);
        (await user.PostAsync("/v1/tasks", request with { VaultKey = [1] })).AssertProblem(400, FaultCodes.Malformed, "vaultKey");
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        var managed = await user.PrepareAsync();
        (await user.PostAsync("/v1/tasks", managed with { VaultKey = null })).AssertProblem(400, FaultCodes.Malformed, "vaultKey");
    }

    [Fact]
    public async Task Attested_custody_is_refused_as_what_nobody_can_offer()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => s with { Privacy = new Privacy { Custody = Custody.Attested } });
        var problem = (await user.PostAsync("/v1/tasks", request)).AssertProblem(400, FaultCodes.CustodyUnavailable, "spec.privacy.custody");
        Assert.Contains("no node here offers attestation hardware", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ready_attempt_is_shown_to_its_owner_and_takes_keys_from_nobody_else()
    {
        hub.AttachNodes(answers: false);
        using var user = await hub.NewUserAsync();
        using var other = await hub.NewUserAsync();
        var submitted = await user.PrepareAsync(1, Sealed);
        (await user.PostAsync("/v1/tasks", submitted)).AssertStatus(201);
        var path = $"/v1/tasks/{submitted.Task}";

        var asking = user.GetAsync($"{path}/key-requests?wait=25"); // before there is anything to show
        var part = await PlacedAsync(user, submitted.Task);
        await ReadyAsync(submitted.Task, part);
        var shown = Assert.Single((await asking).AssertStatus(200).Read<KeyRequestsResponse>().Requests);
        Assert.Equal((0, 1, part.Node!.Value), (shown.Part, shown.Attempt, shown.Node));
        Assert.Equal(SessionKey, shown.SessionKey);
        Assert.Equal(Proof.Signature, shown.Signature);
        Assert.Equal("owner-keys", (await user.GetAsync($"{path}/why")).Read<WhyInfo>().Code);

        (await other.GetAsync($"{path}/key-requests")).AssertStatus(404);
        (await other.GetAsync($"{path}/key-requests/{shown.Node}/enrolment")).AssertStatus(404);
        var grant = new KeyGrantInfo(0, 1, shown.Node, SessionKey, [1, 2, 3]);
        (await other.PostAsync($"{path}/key-grants", new KeyGrantsRequest([grant]))).AssertStatus(404);
        (await user.PostAsync($"{path}/key-grants", new KeyGrantsRequest([]))).AssertProblem(400, FaultCodes.Malformed, "grants");
        var misled = await user.PostAsync($"{path}/key-grants", new KeyGrantsRequest([grant with { SessionKey = new byte[32] }]));
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(misled.AssertStatus(200).Read<KeyGrantsResponse>().Refused).Fault.Code);

        // The mock node reports a result as soon as it gets keys.
        Assert.Empty((await user.PostAsync($"{path}/key-grants", new KeyGrantsRequest([grant]))).AssertStatus(200).Read<KeyGrantsResponse>().Refused);
        await Eventually.Async(async () => (await user.GetAsync(path)).Read<TaskResponse>(), t => t.Summary.Phase == "Completed");
        Assert.Equal("Completed", (await user.GetAsync($"{path}/key-requests?wait=25")).Read<KeyRequestsResponse>().Phase);
    }

    [Fact]
    public async Task A_part_that_was_moved_is_shown_with_the_attempt_whose_checkpoint_it_begins_from()
    {
        hub.AttachNodes(answers: false);
        using var user = await hub.NewUserAsync();
        var submitted = await user.PrepareAsync(1, Sealed);
        (await user.PostAsync("/v1/tasks", submitted)).AssertStatus(201);
        var path = $"/v1/tasks/{submitted.Task}";
        var part = await PlacedAsync(user, submitted.Task);
        await ReadyAsync(submitted.Task, part);
        var shown = Assert.Single((await user.GetAsync($"{path}/key-requests?wait=25")).AssertStatus(200).Read<KeyRequestsResponse>().Requests);
        Assert.Equal((true, null), (shown.MayLeaveCheckpoint, shown.BeginsFrom));

        // A node that is drained after it got its keys, and gives the part back.
        ActorRegistry.For(hub.System).Register<NodeRouterKey>(hub.System.ActorOf(Props.Create(() => new Silent())), overwrite: true);
        Assert.Empty((await user.PostAsync($"{path}/key-grants", new KeyGrantsRequest([new KeyGrantInfo(0, 1, shown.Node, SessionKey, [1, 2, 3])])))
            .AssertStatus(200).Read<KeyGrantsResponse>().Refused);
        var moved = new FailedAttempt(new PartAttempt(0, 1), new Fault(FaultCodes.HandedOver, "moves", Culprit.None, true), null, [])
        {
            Checkpoint = new BlobRef(BlobId.Of([9]), 1),
            CheckpointSignature = new byte[64],
        };
        await ActorRegistry.For(hub.System).Get<TaskRegion>().Ask<TaskReply>(new FailAttempts(submitted.Task, shown.Node, [moved], DateTimeOffset.UtcNow), Patience);

        await ReadyAsync(submitted.Task, await PlacedAsync(user, submitted.Task, 2), 2);
        shown = Assert.Single((await user.GetAsync($"{path}/key-requests?wait=25")).AssertStatus(200).Read<KeyRequestsResponse>().Requests);
        Assert.Equal((2, true, 1), (shown.Attempt, shown.MayLeaveCheckpoint, shown.BeginsFrom));
    }

    [Fact]
    public async Task A_sealed_task_may_ask_to_overtake_its_slow_parts_and_a_rotating_one_may_not()
    {
        using var user = await hub.NewUserAsync();
        (await user.PostAsync("/v1/tasks", await user.PrepareAsync(1, s => Sealed(s) with { Limits = new Limits { Speculate = true } }))).AssertStatus(201);
        var both = await user.PrepareAsync(1, s => s with { Limits = new Limits { Speculate = true }, Privacy = new Privacy { Custody = Custody.Sealed, Rotate = true } });
        (await user.PostAsync("/v1/tasks", both)).AssertProblem(400, FaultCodes.Malformed, "spec.limits.speculate");
    }

    [Fact]
    public async Task Of_a_managed_task_nobody_has_to_hand_over_keys()
    {
        using var user = await hub.NewUserAsync();
        var task = await user.SubmitAsync();
        (await user.GetAsync($"/v1/tasks/{task}/key-requests")).AssertProblem(409, FaultCodes.Conflict);
    }

    private static TaskSpec Sealed(TaskSpec spec) => spec with { Privacy = spec.Privacy with { Custody = Custody.Sealed } };

    private static async Task<PartInfo> PlacedAsync(TestUser user, TaskId task, int attempt = 1)
        => (await Eventually.Async(
            async () => (await user.GetAsync($"/v1/tasks/{task}")).Read<TaskResponse>(),
            t => t.Parts[0].Phase == "Assigned" && t.Parts[0].Attempt == attempt)).Parts[0];

    /// <summary>As the node's session would; which session it was placed on only the entity knows, so each is tried.</summary>
    private async Task ReadyAsync(TaskId task, PartInfo part, int attempt = 1)
    {
        var tasks = ActorRegistry.For(hub.System).Get<TaskRegion>();
        for (ulong session = 1; session < 100; session++)
        {
            if (await tasks.Ask<TaskReply>(
                new ReleaseKeys(task, part.Node!.Value, session, SessionKey, [new PartAttempt(0, attempt)], DateTimeOffset.UtcNow, Proof), Patience) is TaskOk)
                return;
        }

        Assert.Fail("No session of the node is the one that the part was placed on.");
    }

    /// <summary>Nodes that take everything and say nothing; what they do is up to the test.</summary>
    private sealed class Silent : ReceiveActor
    {
        public Silent() => ReceiveAny(_ => { });
    }
}

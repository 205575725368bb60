using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>Programs that leave in the middle and are continued by another attempt.</summary>
public sealed class CheckpointSpecs : NodeUnderTest
{
    private readonly ScriptedTask _task = new(Modules.Stateful("state-1"), WorkloadKind.Wasm);

    [Fact]
    public async Task A_drained_part_goes_back_with_its_checkpoint_and_the_next_attempt_continues_from_it()
    {
        await RunUntilSavedAsync(_task);

        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal((FaultCodes.HandedOver, "maintenance"), (failure.Code, failure.Message));
        Assert.Equal("state-1", _task.OpenCheckpoint(failure.Checkpoint.Inline.ToByteArray(), 0, 1));
        var left = new BlobRef(BlobId.FromDigest(failure.Checkpoint.Id.Span), failure.Checkpoint.Size);
        Assert.True(Signatures.Verify(
            Services.Identity.PublicKey, SignedStatements.Checkpoint(new AttemptId(_task.Id, 0, 1), Services.Node, left), failure.CheckpointSignature.Span));

        var result = await ContinueAsync(_task, failure.Checkpoint.Inline.ToByteArray());
        Assert.Equal("state-1", result["stdout"]);
        Assert.Equal(["stderr", "stdout"], result.Keys.Order(StringComparer.Ordinal)); // neither the checkpoint nor what it is written to
    }

    [Fact]
    public async Task A_drain_leaves_alone_what_has_left_no_checkpoint()
    {
        var plain = new ScriptedTask(Modules.Start("(loop $l (br $l))"), WorkloadKind.Wasm);
        FromHub(plain.Assign((0, 1, ScriptedTask.Inline(plain.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(plain.GrantWithCheckpoint(Services.Session.PublicKey, Services.Node, 0, 1));
        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        await NextOfferAsync(o => o.Draining);

        Node.Tell(AskRunning.Instance, Link);
        var running = (RunningAttempts)await Link.FishForMessageAsync(m => m is RunningAttempts or Send { Reliable: true }, TimeSpan.FromSeconds(5));
        Assert.Equal(plain.Key(0, 1), Assert.Single(running.Attempts).Attempt);

        // Told to leave it goes, with nothing.
        FromHub(new ToNode { Stop = new StopAttempt { Attempt = plain.Key(0, 1), Reason = "reclaimed", KeepCheckpoint = true } });
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;
        Assert.Equal(FaultCodes.HandedOver, failure.Code);
        Assert.Null(failure.Checkpoint);
    }

    [Theory]
    [InlineData("reclaimed")]
    [InlineData("low-funds")]
    [InlineData("anything else")]
    public async Task Told_to_keep_its_state_a_part_goes_back_with_it_whatever_the_reason(string reason)
    {
        await RunUntilSavedAsync(_task);

        FromHub(new ToNode { Stop = new StopAttempt { Attempt = _task.Key(0, 1), Reason = reason, KeepCheckpoint = true } });
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal((FaultCodes.HandedOver, reason), (failure.Code, failure.Message));
        Assert.Equal("state-1", _task.OpenCheckpoint(failure.Checkpoint.Inline.ToByteArray(), 0, 1));
    }

    [Theory]
    [InlineData(FaultCodes.StaleAttempt)]
    [InlineData(FaultCodes.CancelledByOwner)]
    [InlineData(FaultCodes.DeadlinePassed)]
    [InlineData(FaultCodes.TimeLimit)]
    [InlineData(FaultCodes.OperatorDistrusted)]
    public async Task Told_to_end_for_one_of_the_reasons_that_a_hub_has_today_a_part_keeps_nothing(string reason)
    {
        await RunUntilSavedAsync(_task);

        FromHub(new ToNode { Stop = new StopAttempt { Attempt = _task.Key(0, 1), Reason = reason } });

        await NextOfferAsync(o => o.SlotsFree == 4);
        Node.Tell(AskRunning.Instance, Link);
        var running = (RunningAttempts)await Link.FishForMessageAsync(m => m is RunningAttempts or Send { Reliable: true, Frame.Log: null }, TimeSpan.FromSeconds(5));
        Assert.Empty(running.Attempts);
    }

    [Fact]
    public async Task A_drain_leaves_alone_what_has_no_key_for_its_checkpoint()
    {
        FromHub(_task.Assign((0, 1, ScriptedTask.Inline(_task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(_task, 0, 1));
        await SavedAsync();

        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        await NextOfferAsync(o => o.Draining);

        Node.Tell(AskRunning.Instance, Link);
        var running = (RunningAttempts)await Link.FishForMessageAsync(m => m is RunningAttempts or Send { Reliable: true }, TimeSpan.FromSeconds(5));
        Assert.Equal(_task.Key(0, 1), Assert.Single(running.Attempts).Attempt);
    }

    [Fact]
    public async Task A_node_that_ends_waits_until_the_hub_has_the_checkpoints()
    {
        await RunUntilSavedAsync(_task);

        Node.Tell(new ExecutorSupervisor.StopAll("shutting down", LinkIsUp: true), Link);
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;
        Assert.Equal(FaultCodes.HandedOver, failure.Code);
        await Link.FishForMessageAsync(m => m is OfferChanged { Running: 0, Offer.Draining: true }, TimeSpan.FromSeconds(5));
        await Link.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));
        FromHub(new ToNode { ReportAck = new ReportAck { Attempt = failure.Attempt, Code = failure.Code } });

        await Link.FishForMessageAsync(m => m is ExecutorSupervisor.AllStopped, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_node_that_ends_without_a_link_does_not_wait_for_the_hub()
    {
        await RunUntilSavedAsync(_task);

        Node.Tell(new ExecutorSupervisor.StopAll("shutting down"), Link);
        Assert.Equal("state-1", _task.OpenCheckpoint((await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Checkpoint.Inline.ToByteArray(), 0, 1));

        await Link.FishForMessageAsync(m => m is ExecutorSupervisor.AllStopped, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Without_a_key_for_it_nothing_is_kept()
    {
        FromHub(_task.Assign((0, 1, ScriptedTask.Inline(_task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(_task, 0, 1));
        await SavedAsync();

        Node.Tell(new ExecutorSupervisor.StopAll("shutting down"), Link);
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.NodeRestarted, failure.Code);
        Assert.Null(failure.Checkpoint);
    }

    [Fact]
    public async Task A_large_checkpoint_is_uploaded_like_a_result()
    {
        var state = new string('s', 40_000);
        var task = new ScriptedTask(Modules.Stateful(state), WorkloadKind.Wasm);
        await RunUntilSavedAsync(task);
        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        var request = (await NextAsync(ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Path = "put/state" } });

        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal((request.Id, true), (failure.Checkpoint.Id, failure.Checkpoint.Inline.IsEmpty));
        Assert.Equal(state, StateIn(task, Store.Blobs["/put/state"]));
        Assert.Equal(state, (await ContinueAsync(task, Store.Blobs["/put/state"], expectUpload: true))["stdout"]);
    }

    [Fact]
    public async Task A_checkpoint_that_the_hub_does_not_take_is_no_reason_to_stay()
    {
        var task = new ScriptedTask(Modules.Stateful(new string('s', 40_000)), WorkloadKind.Wasm);
        await RunUntilSavedAsync(task);
        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        var request = (await NextAsync(ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Code = FaultCodes.OutputLimit } });

        Assert.Null((await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Checkpoint);
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_open_is_passed_over()
    {
        var cipher = PartCipher.Seal(
            "poison"u8, KeySchedule.Checkpoint(_task.TaskKey, 0, 1), CipherSuite.Aes256Gcm, PartContext.Checkpoint(_task.Id, 0, 1));
        cipher[^1] ^= 1;
        Assign(_task, cipher, Parts.Input(("in/file", "x")));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(_task.GrantWithCheckpoint(Services.Session.PublicKey, Services.Node, 0, 2, former: 1));

        // Begun from its input it saves its own state, which it would not have reached otherwise.
        await SavedAsync();
        FromHub(new ToNode { Drain = new Drain { Reason = "maintenance", HandOver = true } });
        Assert.Equal("state-1", _task.OpenCheckpoint((await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Checkpoint.Inline.ToByteArray(), 0, 2));
    }

    private static string StateIn(ScriptedTask task, byte[] cipher) => task.OpenCheckpoint(cipher, 0, 1);

    private async Task RunUntilSavedAsync(ScriptedTask task)
    {
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input(("in/.checkpoint.txt", "not one")))))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(task.GrantWithCheckpoint(Services.Session.PublicKey, Services.Node, 0, 1));
        await SavedAsync();
    }

    private Task SavedAsync() => Eventually.TrueAsync("a checkpoint", () => Task.FromResult(
        Directory.EnumerateFiles(State.Space.Path, PartArchive.Checkpoint, SearchOption.AllDirectories).Any()));

    private void Assign(ScriptedTask task, byte[] checkpoint, byte[] input)
    {
        var assign = task.Assign((0, 2, ScriptedTask.Inline(task.InputCipher(0, input))));
        Store.Blobs["/state"] = checkpoint;
        assign.Assign.Parts[0].Checkpoint = ScriptedTask.At("state", checkpoint);
        assign.Assign.Parts[0].CheckpointNumber = 1;
        FromHub(assign);
    }

    private async Task<IReadOnlyDictionary<string, string>> ContinueAsync(ScriptedTask task, byte[] checkpoint, bool expectUpload = false)
    {
        Assign(task, checkpoint, Parts.Input(("in/file", "x"), ("in/.checkpoint", "of the user")));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(task.GrantWithCheckpoint(Services.Session.PublicKey, Services.Node, 0, 2, former: 1));
        if (!expectUpload)
            return task.OpenResult((await NextAsync(ToHub.BodyOneofCase.Report)).Report.Result.Inline.ToByteArray(), 0, 2);
        var request = (await NextAsync(ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Path = "put/result" } });
        await NextAsync(ToHub.BodyOneofCase.Report);
        return task.OpenResult(Store.Blobs["/put/result"], 0, 2);
    }
}

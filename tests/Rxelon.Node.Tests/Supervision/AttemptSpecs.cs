using System.Security.Cryptography;
using System.Text;
using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Supervision;

public sealed class AttemptSpecs : NodeUnderTest
{
    private static ProgramBundle Mock(params string[] args)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Args.AddRange(args);
        return program;
    }

    private async Task<ToHub> RunAsync(ScriptedTask task, Blob input, ToHub.BodyOneofCase end, int part = 0, int number = 1)
    {
        FromHub(task.Assign((part, number, input)));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, part, number));
        return await NextAsync(end);
    }

    [Fact]
    public async Task An_attempt_ends_in_a_signed_report_that_its_owner_can_open()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm);
        var input = ScriptedTask.Inline(task.InputCipher(2, Parts.Input(("stdin", "secret work"))));

        var report = (await RunAsync(task, input, ToHub.BodyOneofCase.Report, part: 2, number: 3)).Report;

        var m = report.Metering;
        var metering = new Metering(m.WallMillis, m.CpuMillis, m.PeakMemory, m.Fuel, m.InputBytes, m.OutputBytes, m.ExitCode);
        var result = new BlobRef(BlobId.FromDigest(report.Result.Id.Span), report.Result.Size);
        var statement = SignedStatements.Result(new AttemptId(task.Id, 2, 3), Services.Node, BlobId.FromDigest(input.Id.Span), result, metering);
        Assert.True(Signatures.Verify(Services.Identity.PublicKey, statement, report.Signature.Span));
        Assert.Equal(input.Id, report.InputId);
        Assert.Equal(SHA256.HashData(report.Result.Inline.Span), report.Result.Id.ToByteArray());
        Assert.Equal("secret work", task.OpenResult(report.Result.Inline.ToByteArray(), 2, 3)["stdout"]);
        Assert.True(m.Fuel > 0);
    }

    [Fact]
    public async Task Parts_that_are_ready_together_are_told_together()
    {
        var task = new ScriptedTask(Mock());
        FromHub(task.Assign([.. Enumerable.Range(0, 4).Select(p => (p, 1, ScriptedTask.Inline(task.InputCipher(p, Parts.Input()))))]));

        var ready = new HashSet<uint>();
        while (ready.Count < 4)
            ready.UnionWith((await NextAsync(ToHub.BodyOneofCase.PartsReady)).PartsReady.Attempts.Select(a => a.Part));

        Assert.Equal([0u, 1u, 2u, 3u], ready.Order());
    }

    [Fact]
    public async Task Input_with_another_hash_is_refused_before_any_key_is_asked_for()
    {
        var task = new ScriptedTask(Mock());
        var input = ScriptedTask.Inline(task.InputCipher(0, Parts.Input()));
        input.Id = Google.Protobuf.ByteString.CopyFrom(new byte[31].Append((byte)1).ToArray());
        FromHub(task.Assign((0, 1, input)));

        Assert.Equal(FaultCodes.HashMismatch, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task A_program_with_another_hash_is_refused()
    {
        var task = new ScriptedTask(Mock());
        var program = ScriptedTask.Inline(task.ProgramCipher());
        program.Inline = Google.Protobuf.ByteString.CopyFrom([.. program.Inline.Span[..^1], (byte)(program.Inline.Span[^1] ^ 1)]);
        FromHub(task.Assign(program, (0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));

        Assert.Equal(FaultCodes.HashMismatch, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task A_grant_for_another_attempt_does_not_open()
    {
        var task = new ScriptedTask(Mock());
        FromHub(task.Assign((0, 2, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 2, sealedFor: 1));

        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.DecryptFailed, failure.Code);
        Assert.Equal((uint)Culprit.Hub, failure.Culprit);
    }

    [Fact]
    public async Task Keys_that_come_twice_run_the_program_once()
    {
        var task = new ScriptedTask(Mock("--delay-ms", "50"));
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));
        FromHub(Grant(task, 0, 1));

        await NextAsync(ToHub.BodyOneofCase.Report);
        await RunAsync(task, ScriptedTask.Inline(task.InputCipher(1, Parts.Input())), ToHub.BodyOneofCase.Report, part: 1);
    }

    [Theory]
    [InlineData(WorkloadKind.Mock)]
    [InlineData(WorkloadKind.Wasm)]
    public async Task A_truncated_input_is_not_run(WorkloadKind kind)
    {
        var task = new ScriptedTask(kind == WorkloadKind.Wasm ? Modules.Echo() : Mock(), kind);
        var cipher = task.InputCipher(0, Parts.Input(("stdin", new string('x', 200_000))));

        var failure = (await RunAsync(task, ScriptedTask.Inline(cipher[..^70_000]), ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.DecryptFailed, failure.Code);
        Assert.Equal((uint)Culprit.Input, failure.Culprit);
    }

    [Fact]
    public async Task An_input_of_another_part_is_not_run()
    {
        var task = new ScriptedTask(Mock());

        var failure = (await RunAsync(task, ScriptedTask.Inline(task.InputCipher(1, Parts.Input())), ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.DecryptFailed, failure.Code);
    }

    [Fact]
    public async Task A_failure_is_signed_and_its_log_is_for_the_owner_only()
    {
        var task = new ScriptedTask(Mock("--fail", FaultCodes.ProgramFailed));

        var failure = (await RunAsync(task, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())), ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.ProgramFailed, failure.Code);
        var statement = SignedStatements.Failure(new AttemptId(task.Id, 0, 1), Services.Node, failure.Code, failure.Message);
        Assert.True(Signatures.Verify(Services.Identity.PublicKey, statement, failure.Signature.Span));
        Assert.Equal("the mock's log\n", Encoding.UTF8.GetString(task.OpenLog(failure.Log.Inline.ToByteArray(), 0, 1)));
    }

    [Fact]
    public async Task A_large_result_is_uploaded_and_then_reported()
    {
        var task = new ScriptedTask(Mock("--output-bytes", "100000"));
        var request = (await RunAsync(task, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())), ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Path = "put/here" } });

        var report = (await NextAsync(ToHub.BodyOneofCase.Report)).Report;

        Assert.True(report.Result.Inline.IsEmpty);
        Assert.Equal(request.Id, report.Result.Id);
        var uploaded = Store.Blobs["/put/here"];
        Assert.Equal(SHA256.HashData(uploaded), request.Id.ToByteArray());
        Assert.Equal(100_000, task.OpenResult(uploaded, 0, 1)["stdout"].Length);
    }

    [Fact]
    public async Task A_broken_upload_goes_on_where_it_stopped()
    {
        var task = new ScriptedTask(Mock("--output-bytes", "100000"));
        Store.UploadBreaks = 2;
        var request = (await RunAsync(task, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())), ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Path = "/up" } });
        await NextAsync(ToHub.BodyOneofCase.Report);

        Assert.Equal(SHA256.HashData(Store.Blobs["/up"]), request.Id.ToByteArray());
        Assert.Equal(2, Store.Requests.Count(r => r.StartsWith("HEAD", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_refused_upload_is_a_failure_with_the_hubs_reason()
    {
        var task = new ScriptedTask(Mock("--output-bytes", "100000"));
        var request = (await RunAsync(task, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())), ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Code = FaultCodes.StorageFull } });

        Assert.Equal(FaultCodes.StorageFull, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task Large_blobs_are_fetched_and_broken_downloads_continue_where_they_stopped()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm) { OutputBytes = 8 << 20 };
        var text = new string('y', 3 << 20);
        var cipher = task.InputCipher(0, Parts.Input(("stdin", text)));
        Store.Blobs["/blobs/in"] = cipher;
        Store.Breaks = 2;

        var request = (await RunAsync(task, ScriptedTask.At("blobs/in", cipher), ToHub.BodyOneofCase.UploadRequest)).UploadRequest;
        FromHub(new ToNode { UploadGrant = new UploadGrant { Attempt = request.Attempt, Id = request.Id, Path = "/up" } });
        await NextAsync(ToHub.BodyOneofCase.Report);

        Assert.Equal(text, task.OpenResult(Store.Blobs["/up"], 0, 1)["stdout"]);
        Assert.Contains($"GET /blobs/in bytes={cipher.Length / 2}-", Store.Requests);
    }

    [Fact]
    public async Task Only_ciphertext_reaches_the_disk()
    {
        const string marker = "PLAINTEXT-MARKER-77aa01";
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm) { OutputBytes = 8 << 20 };
        var text = string.Concat(Enumerable.Repeat(marker, 100_000));
        var cipher = task.InputCipher(0, Parts.Input(("stdin", text), ("in/file", marker)));
        Store.Blobs["/in"] = cipher;
        var request = (await RunAsync(task, ScriptedTask.At("in", cipher), ToHub.BodyOneofCase.UploadRequest)).UploadRequest;

        // The result waits in the spool, too large for memory.
        Assert.Contains(Directory.EnumerateFiles(Path.Combine(State.Path, "spool")), f => new FileInfo(f).Length == request.Size);
        Assert.Empty(TestState.FilesWith(State.Path, marker));
    }

    [Fact]
    public async Task A_blob_that_the_hub_lost_is_a_failure()
    {
        var task = new ScriptedTask(Mock());
        FromHub(task.Assign((0, 1, ScriptedTask.At("gone", task.InputCipher(0, Parts.Input())))));

        Assert.Equal(FaultCodes.BlobMissing, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task A_stopped_attempt_ends_without_a_report_and_frees_its_room()
    {
        var task = new ScriptedTask(Modules.Start("(loop $l (br $l))"), WorkloadKind.Wasm);
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));
        await NextOfferAsync(o => o.SlotsFree == 3);
        FromHub(new ToNode { Stop = new StopAttempt { Attempt = task.Key(0, 1), Reason = "test" } });

        await NextOfferAsync(o => o.SlotsFree == 4);
        Node.Tell(AskRunning.Instance, Link);
        var running = (RunningAttempts)await Link.FishForMessageAsync(m => m is RunningAttempts or Send { Frame.Log: null }, TimeSpan.FromSeconds(5));
        Assert.Empty(running.Attempts);
    }

    [Fact]
    public async Task An_attempt_that_breaks_down_is_reported_and_its_neighbour_goes_on()
    {
        var crashing = new ScriptedTask(Mock("--crash"));
        var steady = new ScriptedTask(Mock());
        FromHub(steady.Assign((0, 1, ScriptedTask.Inline(steady.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);

        var failure = (await RunAsync(crashing, ScriptedTask.Inline(crashing.InputCipher(0, Parts.Input())), ToHub.BodyOneofCase.Failure)).Failure;
        FromHub(Grant(steady, 0, 1));
        var report = (await NextAsync(ToHub.BodyOneofCase.Report)).Report;

        Assert.Equal(FaultCodes.ExecutorFailed, failure.Code);
        Assert.Equal(crashing.Key(0, 1), failure.Attempt);
        Assert.Equal(steady.Key(0, 1), report.Attempt);
    }

    [Fact]
    public async Task A_frame_that_makes_no_sense_costs_the_attempts_but_they_are_reported()
    {
        var task = new ScriptedTask(Mock("--delay-ms", "600000"));
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(new ToNode { Stop = new StopAttempt { Attempt = new AttemptKey() } });

        Assert.Equal(FaultCodes.ExecutorFailed, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
        await RunAsync(task, ScriptedTask.Inline(new byte[10]), ToHub.BodyOneofCase.Failure, part: 1);
    }

    [Fact]
    public async Task A_part_that_does_not_fit_is_refused_as_busy()
    {
        var task = new ScriptedTask(Mock()) { Resources = new Resources(1000, 2L << 30, 0) };
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));

        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;

        Assert.Equal(FaultCodes.NodeBusy, failure.Code);
        Assert.True(failure.Retryable);
    }

    [Fact]
    public async Task A_kind_that_is_not_offered_is_refused()
    {
        var task = new ScriptedTask(Mock(), WorkloadKind.Docker);
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));

        Assert.Equal(FaultCodes.ExecutorMissing, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task The_offer_says_what_is_free_and_a_drain_closes_it()
    {
        var task = new ScriptedTask(Mock("--delay-ms", "600000"));
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input()))), (1, 1, ScriptedTask.Inline(task.InputCipher(1, Parts.Input())))));

        var offer = await NextOfferAsync(o => o.SlotsFree == 2);
        Assert.Equal(2000, offer.Free.CpuMillis);
        Assert.Equal(4000, offer.Total.CpuMillis);
        Assert.Equal(["mock", "wasmtime 50.0.1"], offer.Executors.Select(e => e.Runtime));
        Assert.Equal("b", offer.Labels["a"]);

        FromHub(new ToNode { Drain = new Drain { Reason = "test" } });
        Assert.Equal(0u, (await NextOfferAsync(o => o.Draining)).SlotsFree);
    }

    [Fact]
    public async Task What_runs_is_named_for_the_hello_and_reported_when_the_program_ends()
    {
        var task = new ScriptedTask(Mock("--delay-ms", "600000"));
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));
        Node.Tell(AskRunning.Instance, Link);
        var running = (RunningAttempts)await Link.FishForMessageAsync(m => m is RunningAttempts, TimeSpan.FromSeconds(5));
        Assert.Equal(task.Key(0, 1), Assert.Single(running.Attempts).Attempt);

        Node.Tell(new ExecutorSupervisor.StopAll("test"), Link);

        Assert.Equal(FaultCodes.NodeRestarted, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }
}

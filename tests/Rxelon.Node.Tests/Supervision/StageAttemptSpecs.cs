using System.Formats.Tar;
using Google.Protobuf;
using Rxelon.Node.Supervision;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Supervision;

public sealed class StageAttemptSpecs : NodeUnderTest
{
    // Prints /in/results/001999/stdout and makes /out/stop.
    private const string PrintLastAndStop = """
        (data (i32.const 8192) "results/001999/stdout") (data (i32.const 8300) "stop")
        (func (export "_start")
          (if (call $open (i32.const 3) (i32.const 8192) (i32.const 21) (i32.const 0) (i64.const 2)) (then (call $proc_exit (i32.const 3))))
          (call $copy (i32.load (i32.const 16)) (i32.const 1))
          (if (call $open (i32.const 4) (i32.const 8300) (i32.const 4) (i32.const 1) (i64.const 64)) (then (call $proc_exit (i32.const 4)))))
        """;

    [Fact]
    public async Task A_part_that_needs_two_thousand_results_gets_them_over_several_frames_and_key_pages()
    {
        var task = new ScriptedTask(Modules.Program(PrintLastAndStop), WorkloadKind.Wasm);
        var results = Enumerable.Range(0, 2_000).Select(p => Needed(task, p, 1, $"result of {p}")).ToList();
        var part = new AssignedPart { Part = 2_000, Number = 1, Index = 0, ResultsTotal = 2_000 };
        foreach (var chunk in results.Chunk(900))
        {
            var frame = task.Assign();
            frame.Assign.Stage = "reduce";
            frame.Assign.StopFile = "out/stop";
            frame.Assign.Program = ScriptedTask.Inline(task.ProgramCipher("program/reduce"));
            frame.Assign.Parts.Add(part.Clone());
            frame.Assign.Parts[0].Results.AddRange(chunk);
            FromHub(frame);
        }

        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        foreach (var grant in task.GrantPages(Services.Session.PublicKey, Services.Node, 2_000, 1, "program/reduce", results))
            FromHub(grant);
        var report = (await NextAsync(ToHub.BodyOneofCase.Report)).Report;

        Assert.True(report.Stop);
        Assert.Equal("result of 1999", task.OpenResult(report.Result.Inline.ToByteArray(), 2_000, 1)["stdout"]);
        var input = PartInput.Digest(null, [.. results.Select(r => new NeededResult((int)r.Part, (int)r.Number, Reference(r.Result)))]);
        Assert.Equal(input, BlobId.FromDigest(report.InputId.Span));
        var m = report.Metering;
        var statement = SignedStatements.Result(
            new AttemptId(task.Id, 2_000, 1), Services.Node, input, Reference(report.Result),
            new Metering(m.WallMillis, m.CpuMillis, m.PeakMemory, m.Fuel, m.InputBytes, m.OutputBytes, m.ExitCode), stop: true);
        Assert.True(Signatures.Verify(Services.Identity.PublicKey, statement, report.Signature.Span));
    }

    [Fact]
    public async Task Own_input_results_and_the_last_rounds_result_lie_side_by_side()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm);
        var results = new[] { Needed(task, 4, 2, "four"), Needed(task, 9, 1, "nine"), Needed(task, 7, 1, "seven") };
        Store.Blobs["/far"] = results[1].Result.Inline.ToByteArray();
        results[1].Result.Inline = ByteString.Empty;
        results[1].Result.Path = "far";
        using var own = new MemoryStream(Parts.Input(("stdin", "mine"), ("in/a.txt", "a")));
        await using var composed = new ComposedInput(task.Id, own, results, Keys(task, results), true, Services.Blobs, CancellationToken.None);

        var files = await ReadAsync(composed.Stream);

        Assert.Equal(
            ["in/a.txt=a", "in/results/000000/out/f=file of four", "in/results/000000/stdout=four", "in/results/000001/out/f=file of nine",
                "in/results/000001/stdout=nine", "in/round/out/f=file of seven", "in/round/stdout=seven", "stdin=mine"],
            files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_result_that_is_missing_altered_or_no_archive_is_named_and_ends_the_reading()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm);
        var missing = Needed(task, 1, 1, "x");
        missing.Result.Inline = ByteString.Empty;
        missing.Result.Path = "nowhere";
        var altered = Needed(task, 1, 1, "x");
        altered.Result.Inline = ByteString.CopyFrom([.. altered.Result.Inline.ToByteArray()[..^1], (byte)(altered.Result.Inline[^1] ^ 1)]);
        var cipher = PartCipher.Seal("no archive, but long enough to be looked at"u8, KeyOf(task, 1, 1), CipherSuite.Aes256Gcm, PartContext.Result(task.Id, 1, 1));
        var noArchive = new NeededBlob { Part = 1, Number = 1, Result = ScriptedTask.Inline(cipher) };

        Assert.Equal(FaultCodes.BlobMissing, (await FaultAsync(task, missing)).Code);
        Assert.Equal(FaultCodes.HashMismatch, (await FaultAsync(task, altered)).Code);
        Assert.Equal(FaultCodes.Malformed, (await FaultAsync(task, noArchive)).Code);
    }

    private async Task<Fault> FaultAsync(ScriptedTask task, NeededBlob result)
    {
        await using var composed = new ComposedInput(task.Id, null, [result], [KeyOf(task, 1, 1)], false, Services.Blobs, CancellationToken.None);
        return (await Assert.ThrowsAsync<NeededResultException>(() => composed.Stream.CopyToAsync(Stream.Null))).Fault;
    }

    private static async Task<List<string>> ReadAsync(Stream tar)
    {
        var files = new List<string>();
        await using var reader = new TarReader(tar);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry.EntryType == TarEntryType.RegularFile)
                files.Add($"{entry.Name}={await new StreamReader(entry.DataStream!).ReadToEndAsync()}");
        }

        return files;
    }

    internal static NeededBlob Needed(ScriptedTask task, int part, int number, string text)
    {
        var archive = Parts.Input(("stdout", text), ("stderr", "for people"), ("out/f", $"file of {text}"));
        var cipher = PartCipher.Seal(archive, KeyOf(task, part, number), CipherSuite.Aes256Gcm, PartContext.Result(task.Id, part, number));
        return new NeededBlob { Part = (uint)part, Number = (uint)number, Result = ScriptedTask.Inline(cipher) };
    }

    private static byte[] KeyOf(ScriptedTask task, int part, int number) => KeySchedule.Result(task.TaskKey, part, number);

    private static byte[][] Keys(ScriptedTask task, IEnumerable<NeededBlob> results)
        => [.. results.Select(r => KeyOf(task, (int)r.Part, (int)r.Number))];

    private static BlobRef Reference(Blob blob) => new(BlobId.FromDigest(blob.Id.Span), blob.Size);
}

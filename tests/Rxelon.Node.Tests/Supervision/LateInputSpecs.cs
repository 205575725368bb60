using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Node.Supervision;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>Large inputs are received, checked, decrypted and unpacked in one pass, after the keys (docs/design/sandboxes.md).</summary>
public sealed class LateInputSpecs : NodeUnderTest
{
    private const string Marker = "PLAINTEXT-MARKER-51ac";
    private static readonly string Text = string.Concat(Enumerable.Repeat(Marker, 150_000));
    private readonly ScriptedTask _task = new(Modules.Echo(), WorkloadKind.Wasm) { OutputBytes = 8 << 20 };

    private byte[] Cipher(params (string Name, string? Data)[] entries) => _task.InputCipher(0, Parts.Input(entries));

    private async Task<AttemptFailure> FailsAsync(Blob input, byte[]? sent = null)
    {
        if (sent is not null)
            Store.Blobs["/in"] = sent;
        FromHub(_task.Assign((0, 1, input)));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        Assert.Empty(Store.Requests);
        FromHub(Grant(_task, 0, 1));
        var failure = (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure;
        await NextOfferAsync(o => o.SlotsFree == 4);
        await Eventually.TrueAsync("nothing left", () => TestState.FilesWith(State.Space.Path, Marker).Count == 0);
        Assert.Equal(0, failure.Metering?.Fuel ?? 0);
        return failure;
    }

    private static byte[] Altered(byte[] cipher, Index at)
    {
        var copy = (byte[])cipher.Clone();
        copy[at] ^= 1;
        return copy;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_500_000)]
    public async Task With_one_byte_altered_on_the_way_nothing_is_run_and_nothing_is_left(int fromEnd)
    {
        var cipher = Cipher(("stdin", Text), ("in/a", Marker));

        var failure = await FailsAsync(ScriptedTask.At("in", cipher), Altered(cipher, ^fromEnd));

        Assert.Equal((FaultCodes.HashMismatch, (uint)Culprit.Network), (failure.Code, failure.Culprit));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_500_000)]
    public async Task What_its_owner_encrypted_wrongly_is_the_inputs_fault(int fromEnd)
    {
        var cipher = Altered(Cipher(("stdin", Text)), ^fromEnd);

        var failure = await FailsAsync(ScriptedTask.At("in", cipher), cipher);

        Assert.Equal((FaultCodes.DecryptFailed, (uint)Culprit.Input), (failure.Code, failure.Culprit));
    }

    [Fact]
    public async Task A_truncated_one_that_has_the_promised_hash_does_not_open()
    {
        var cipher = Cipher(("stdin", Text))[..^70_000];

        Assert.Equal(FaultCodes.DecryptFailed, (await FailsAsync(ScriptedTask.At("in", cipher), cipher)).Code);
    }

    [Fact]
    public async Task An_archive_that_is_wrong_is_blamed_only_when_it_is_the_one_that_was_named()
    {
        var cipher = Cipher(("in/../evil", "x"), ("stdin", Text));

        Assert.Equal(FaultCodes.HashMismatch, (await FailsAsync(ScriptedTask.At("in", cipher), Altered(cipher, ^1))).Code);
    }

    [Fact]
    public async Task An_archive_that_is_wrong_is_malformed()
    {
        var cipher = Cipher(("in/../evil", "x"), ("stdin", Text));

        Assert.Equal(FaultCodes.Malformed, (await FailsAsync(ScriptedTask.At("in", cipher), cipher)).Code);
    }

    [Fact]
    public async Task One_that_the_hub_lost_is_missing()
        => Assert.Equal(FaultCodes.BlobMissing, (await FailsAsync(ScriptedTask.At("gone", Cipher(("stdin", Text))))).Code);

    [Fact]
    public async Task More_than_the_disk_resource_is_too_large()
    {
        var task = new ScriptedTask(Modules.Echo(), WorkloadKind.Wasm) { Resources = new Resources(1000, 64 << 20, 1 << 20) };
        var cipher = task.InputCipher(0, Parts.Input(("stdin", Text)));
        Store.Blobs["/in"] = cipher;
        FromHub(task.Assign((0, 1, ScriptedTask.At("in", cipher))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));

        Assert.Equal(FaultCodes.TooLarge, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task While_the_program_runs_its_input_is_in_the_sandbox_and_its_ciphertext_nowhere()
    {
        var task = new ScriptedTask(Modules.Start("(loop $l (br $l))"), WorkloadKind.Wasm);
        var cipher = task.InputCipher(0, Parts.Input(("stdin", Text)));
        Store.Blobs["/in"] = cipher;
        Store.Breaks = 2;
        FromHub(task.Assign((0, 1, ScriptedTask.At("in", cipher))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));

        await Eventually.TrueAsync("the input unpacked", () => TestState.FilesWith(State.Space.Path, Marker).Any(f => new FileInfo(f).Length == Text.Length));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(State.Path, "spool")));
        FromHub(new ToNode { Stop = new StopAttempt { Attempt = task.Key(0, 1), Reason = "test" } });
        await NextOfferAsync(o => o.SlotsFree == 4);
        await Eventually.TrueAsync("nothing left", () => TestState.FilesWith(State.Space.Path, Marker).Count == 0);
    }

    [Fact]
    public async Task An_attempt_that_leaves_while_its_input_comes_is_given_back()
    {
        var cipher = Cipher(("stdin", Text));
        Store.Blobs["/in"] = cipher;
        Store.IsMute = true;
        FromHub(_task.Assign((0, 1, ScriptedTask.At("in", cipher))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(_task, 0, 1));
        await Eventually.TrueAsync("the input asked for", () => !Store.Requests.IsEmpty);
        FromHub(new ToNode { Stop = new StopAttempt { Attempt = _task.Key(0, 1), Reason = "room", KeepCheckpoint = true } });

        Assert.Equal(FaultCodes.HandedOver, (await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Code);
    }

    [Fact]
    public async Task Large_results_that_a_part_needs_come_while_they_are_read()
    {
        var needed = StageAttemptSpecs.Needed(_task, 3, 1, Text);
        var cipher = needed.Result.Inline.ToByteArray();
        needed.Result.Inline = ByteString.Empty;
        needed.Result.Path = "far";
        Store.Blobs["/far"] = cipher;
        Store.Breaks = 1;
        await using (var composed = Composed(needed))
        {
            Assert.Equal(Text, Parts.Read(await AllAsync(composed.Stream))["in/results/000000/stdout"]);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(State.Path, "spool")));
        }

        Store.Blobs["/far"] = Altered(cipher, ^1_000_000);
        await using (var composed = Composed(needed))
            Assert.Equal(FaultCodes.HashMismatch, (await Assert.ThrowsAsync<NeededResultException>(() => AllAsync(composed.Stream))).Fault.Code);

        needed.Result.Id = ByteString.CopyFrom(SHA256.HashData(Store.Blobs["/far"]));
        await using (var composed = Composed(needed))
            await Assert.ThrowsAsync<PartCorruptException>(() => AllAsync(composed.Stream));
    }

    private ComposedInput Composed(NeededBlob needed)
        => new(_task.Id, null, [needed], [KeySchedule.Result(_task.TaskKey, 3, 1)], false, Services.Blobs, CancellationToken.None);

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}

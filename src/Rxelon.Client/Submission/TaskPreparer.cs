using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Client.Archives;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Client.Submission;

/// <summary>
/// Splits and encrypts a task on this machine. Plaintext goes nowhere else; the task key is sealed to its owner and, under managed
/// custody, to the hub's vault, and then zeroed.
/// </summary>
public sealed class TaskPreparer(string journalDirectory, Func<string, string?> variable, Func<Stream> stdin)
{
    /// <summary>The shared blob that carries module, arguments, environment and secrets.</summary>
    public const string ProgramBlob = PartGrant.ProgramBlob;

    /// <summary>The shared blob that carries the image, when one is sent along.</summary>
    public const string ImageBlobName = "image";

    /// <summary>
    /// Makes the ciphertext of a plan. Faults: not-found (module, inputs, a secret's variable), too-large (more parts or bytes
    /// than the hub takes).
    /// </summary>
    public async Task<Outcome<PreparedTask>> PrepareAsync(
        TaskPlan plan, HubInfo hub, byte[] ownerExchangeKey, IProgress<SubmitProgress>? progress = null, CancellationToken ct = default)
    {
        var program = ReadProgram(plan.Program, plan.BaseDirectory);
        if (program.Fault is { } badProgram)
            return badProgram;
        var stagePrograms = new List<byte[]>();
        foreach (var stage in plan.Spec.Stages ?? [])
        {
            var read = ReadProgram(plan.StagePrograms[stage.Name], plan.BaseDirectory);
            if (read.Fault is { } badStage)
                return badStage;
            stagePrograms.Add(read.Value.ToByteArray());
        }

        var image = plan.Program.ImagePath is { } path ? ImageFile.Open(Path.GetFullPath(path, plan.BaseDirectory)) : default(Outcome<ImageFile>?);
        if (image?.Fault is { } badImage)
            return badImage;
        using var file = image?.Value;
        var task = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var folder = Path.Combine(journalDirectory, task.ToString());
        using var store = CiphertextStore.Create(folder);
        var splitter = PartSplitter.Open(plan, stdin, folder);
        var parts = splitter.Fault is { } badInput
            ? badInput
            : await EncryptAsync(plan, program.Value, stagePrograms, file, hub, task, ownerExchangeKey, splitter.Value, store, folder, progress, ct).ConfigureAwait(false);
        if (!parts.IsOk)
            Directory.Delete(folder, recursive: true);
        return parts;
    }

    private static async Task<Outcome<PreparedTask>> EncryptAsync(
        TaskPlan plan, ProgramBundle bundle, List<byte[]> stagePrograms, ImageFile? image, HubInfo hub, TaskId task, byte[] ownerExchangeKey, PartSplitter splitter,
        CiphertextStore store, string folder, IProgress<SubmitProgress>? progress, CancellationToken ct)
    {
        if (!CipherSuites.TryParse(plan.Spec.Privacy.Cipher, out var suite))
            return new Fault(FaultCodes.Malformed, $"There is no cipher '{plan.Spec.Privacy.Cipher}'.", Culprit.Input);
        var taskKey = KeySchedule.NewTaskKey();
        byte[] program = [];
        try
        {
            var spec = plan.Spec;
            if (image is not null)
            {
                // The node's key for the image travels with the program: whoever may open the one needs the other.
                var key = KeySchedule.Shared(taskKey, ImageBlobName);
                bundle.ImageKey = ByteString.CopyFrom(key);
                var blob = await store.AddAsync(
                    (into, cancel) => CiphertextStore.EncryptAsync(image.WriteAsync, into, key, suite, PartContext.Shared(task, ImageBlobName), cancel), ct).ConfigureAwait(false);
                CryptographicOperations.ZeroMemory(key);
                if (blob.Size > hub.MaxPartBytes)
                    return new Fault(FaultCodes.TooLarge, $"The image has {blob.Size} bytes; this hub takes {hub.MaxPartBytes}.", Culprit.Input);
                spec = spec with { Image = image.Id, ImageBlob = new ImageBlob(blob.Id, blob.Size) };
            }

            program = bundle.ToByteArray();
            var programBlob = await SealProgramAsync(program, ProgramBlob).ConfigureAwait(false);
            var stages = new List<StageSpec>();
            foreach (var (stage, stageProgram) in (plan.Spec.Stages ?? []).Zip(stagePrograms))
            {
                var blob = await SealProgramAsync(stageProgram, StageTerms.NameOfProgram(stage.Name)).ConfigureAwait(false);
                stages.Add(stage with { Program = new StageProgram(blob.Id, blob.Size) });
            }

            spec = spec with { Stages = stages.Count > 0 ? stages : null };
            var parts = new List<BlobRef>();
            await foreach (var source in splitter.PartsAsync(ct).ConfigureAwait(false))
            {
                if (parts.Count == hub.MaxParts)
                    return new Fault(FaultCodes.TooLarge, $"The input makes more than {hub.MaxParts} parts, the most this hub takes; use a larger split size.", Culprit.Input);
                var part = parts.Count;
                var key = KeySchedule.Input(taskKey, part);
                var blob = await store.AddInputAsync(source, task, part, key, suite, ct).ConfigureAwait(false);
                CryptographicOperations.ZeroMemory(key);
                if (blob.Size > hub.MaxPartBytes)
                    return new Fault(FaultCodes.TooLarge, $"Part {part} has {blob.Size} bytes; this hub takes {hub.MaxPartBytes}. Use a smaller split size.", Culprit.Input);
                parts.Add(blob);
                progress?.Report(new SubmitProgress(SubmitStage.Encrypting, parts.Count, splitter.KnownCount));
            }

            var answered = await ExpectedResult.AnswerAsync(spec, plan.Expected, plan.BaseDirectory, taskKey, parts.Count, ct).ConfigureAwait(false);
            if (answered.Fault is { } badExpectation)
                return badExpectation;
            spec = answered.Value;
            await store.FlushAsync(ct).ConfigureAwait(false);
            var vaultKey = plan.Spec.Privacy.Custody != Custody.Managed ? null : KeyWrap.Wrap(taskKey, hub.VaultKey, KeyWrapContext.TaskVault(task)).ToBytes();
            var ownerKey = KeyWrap.Wrap(taskKey, ownerExchangeKey, KeyWrapContext.TaskOwner(task)).ToBytes();
            return new PreparedTask(task, spec, parts, programBlob, vaultKey, ownerKey, folder);
        }
        catch (InputException e)
        {
            return e.Fault;
        }
        catch (IOException e)
        {
            return new Fault(FaultCodes.Malformed, $"The input cannot be read: {e.Message}", Culprit.Input);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(taskKey);
            foreach (var plain in stagePrograms.Append(program))
                CryptographicOperations.ZeroMemory(plain);
        }

        async Task<BlobRef> SealProgramAsync(byte[] plain, string name)
        {
            var cipher = PartCipher.Seal(plain, KeySchedule.Shared(taskKey, name), suite, PartContext.Shared(task, name));
            return await store.AddAsync((into, cancel) => into.WriteAsync(cipher, cancel).AsTask(), ct).ConfigureAwait(false);
        }
    }

    private Outcome<ProgramBundle> ReadProgram(ProgramPlan program, string baseDirectory)
    {
        var bundle = new ProgramBundle { Version = 1, Workdir = program.Workdir, User = program.User };
        if (program.ModulePath is { } path)
        {
            var full = Path.GetFullPath(path, baseDirectory);
            if (!File.Exists(full))
                return new Fault(FaultCodes.NotFound, $"There is no module {full}.", Culprit.Input);
            bundle.Module = UnsafeByteOperations.UnsafeWrap(File.ReadAllBytes(full));
        }

        if (program.Model is { } model)
        {
            var request = model.ToRequest(baseDirectory);
            if (request.Fault is { } noPrompt)
                return noPrompt;
            bundle.ModelRequest = ByteString.CopyFromUtf8(request.Value);
        }

        bundle.Args.AddRange(program.Args);
        bundle.Command.AddRange(program.Command);
        foreach (var (name, value) in program.Env)
            bundle.Env[name] = value;
        foreach (var name in program.Secrets)
        {
            if (variable(name) is not { } secret)
                return new Fault(FaultCodes.NotFound, $"The secret {name} is not set; put it into the environment of this command.", Culprit.Input);
            bundle.Env[name] = secret;
        }

        return bundle;
    }
}

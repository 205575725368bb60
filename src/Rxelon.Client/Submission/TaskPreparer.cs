using System.Security.Cryptography;
using Google.Protobuf;
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

    /// <summary>
    /// Makes the ciphertext of a plan. Faults: not-found (module, inputs, a secret's variable), too-large (more parts or bytes
    /// than the hub takes).
    /// </summary>
    public async Task<Outcome<PreparedTask>> PrepareAsync(
        TaskPlan plan, HubInfo hub, byte[] ownerExchangeKey, IProgress<SubmitProgress>? progress = null, CancellationToken ct = default)
    {
        var program = ReadProgram(plan);
        if (program.Fault is { } badProgram)
            return badProgram;
        var task = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var folder = Path.Combine(journalDirectory, task.ToString());
        using var store = CiphertextStore.Create(folder);
        var splitter = PartSplitter.Open(plan, stdin, folder);
        var parts = splitter.Fault is { } badInput
            ? badInput
            : await EncryptAsync(plan, program.Value, hub, task, ownerExchangeKey, splitter.Value, store, folder, progress, ct).ConfigureAwait(false);
        if (!parts.IsOk)
            Directory.Delete(folder, recursive: true);
        return parts;
    }

    private static async Task<Outcome<PreparedTask>> EncryptAsync(
        TaskPlan plan, byte[] program, HubInfo hub, TaskId task, byte[] ownerExchangeKey, PartSplitter splitter, CiphertextStore store,
        string folder, IProgress<SubmitProgress>? progress, CancellationToken ct)
    {
        if (!CipherSuites.TryParse(plan.Spec.Privacy.Cipher, out var suite))
            return new Fault(FaultCodes.Malformed, $"There is no cipher '{plan.Spec.Privacy.Cipher}'.", Culprit.Input);
        var taskKey = KeySchedule.NewTaskKey();
        try
        {
            var programKey = KeySchedule.Shared(taskKey, ProgramBlob);
            var sealedProgram = PartCipher.Seal(program, programKey, suite, PartContext.Shared(task, ProgramBlob));
            var programBlob = await store.AddAsync((into, cancel) => into.WriteAsync(sealedProgram, cancel).AsTask(), ct).ConfigureAwait(false);
            var parts = new List<BlobRef>();
            await foreach (var write in splitter.PartsAsync(ct).ConfigureAwait(false))
            {
                if (parts.Count == hub.MaxParts)
                    return new Fault(FaultCodes.TooLarge, $"The input makes more than {hub.MaxParts} parts, the most this hub takes; use a larger split size.", Culprit.Input);
                var part = parts.Count;
                var key = KeySchedule.Input(taskKey, part);
                var blob = await store.AddAsync((into, cancel) => EncryptPartAsync(write, into, key, suite, PartContext.Input(task, part), cancel), ct).ConfigureAwait(false);
                if (blob.Size > hub.MaxPartBytes)
                    return new Fault(FaultCodes.TooLarge, $"Part {part} has {blob.Size} bytes; this hub takes {hub.MaxPartBytes}. Use a smaller split size.", Culprit.Input);
                parts.Add(blob);
                progress?.Report(new SubmitProgress(SubmitStage.Encrypting, parts.Count, splitter.KnownCount));
            }

            await store.FlushAsync(ct).ConfigureAwait(false);
            var vaultKey = plan.Spec.Privacy.Custody != Custody.Managed ? null : KeyWrap.Wrap(taskKey, hub.VaultKey, KeyWrapContext.TaskVault(task)).ToBytes();
            var ownerKey = KeyWrap.Wrap(taskKey, ownerExchangeKey, KeyWrapContext.TaskOwner(task)).ToBytes();
            return new PreparedTask(task, plan.Spec, parts, programBlob, vaultKey, ownerKey, folder);
        }
        catch (IOException e)
        {
            return new Fault(FaultCodes.Malformed, $"The input cannot be read: {e.Message}", Culprit.Input);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(taskKey);
            CryptographicOperations.ZeroMemory(program);
        }
    }

    private static async Task EncryptPartAsync(
        Func<Stream, CancellationToken, Task> write, Stream into, byte[] key, CipherSuite suite, PartContext context, CancellationToken ct)
    {
        var encrypting = new PartEncryptStream(into, key, suite, context, leaveOpen: true);
        await using (encrypting.ConfigureAwait(false))
        {
            await write(encrypting, ct).ConfigureAwait(false);
            await encrypting.CompleteAsync(ct).ConfigureAwait(false);
        }

        CryptographicOperations.ZeroMemory(key);
    }

    private Outcome<byte[]> ReadProgram(TaskPlan plan)
    {
        var program = plan.Program;
        var bundle = new ProgramBundle { Version = 1, Workdir = program.Workdir, User = program.User };
        if (program.ModulePath is { } path)
        {
            var full = Path.GetFullPath(path, plan.BaseDirectory);
            if (!File.Exists(full))
                return new Fault(FaultCodes.NotFound, $"There is no module {full}.", Culprit.Input);
            bundle.Module = UnsafeByteOperations.UnsafeWrap(File.ReadAllBytes(full));
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

        return bundle.ToByteArray();
    }
}

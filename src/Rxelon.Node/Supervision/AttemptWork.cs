using System.Formats.Tar;
using System.Text;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Node.Supervision.Logs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Supervision;

/// <summary>How an attempt went: a result, or a fault with the end of the log encrypted for the task's owner.</summary>
/// <param name="Fault">Why there is no result.</param>
/// <param name="Result">The result.</param>
/// <param name="Metering">What it used.</param>
/// <param name="Log">The log's end, encrypted.</param>
/// <param name="Stops">The result has the file that ends the task's rounds.</param>
/// <param name="Answer">What the result says, blinded; in a verified task.</param>
internal sealed record AttemptOutcome(Fault? Fault, CipherBlob? Result, Metering Metering, byte[]? Log, bool Stops = false, Answer? Answer = null)
{
    /// <summary>What a program that had to leave wants to be continued from, encrypted; null for nothing.</summary>
    internal CipherBlob? Checkpoint { get; init; }

    /// <summary>Of a comparison: which results are equal.</summary>
    internal IReadOnlyList<IReadOnlyList<ResultAttempt>>? Compared { get; init; }
}

/// <summary>
/// The work of one attempt without the talking: prepare without keys, then run with them. One call at a time. Disposing waits
/// for a run under way, which the caller has cancelled, and destroys the sandbox.
/// </summary>
internal sealed class AttemptWork(NodeServices services, TaskWork task, AttemptId id, AssignedWork part, Action<ToHub> send)
    : IAsyncDisposable
{
    /// <summary>Log bytes that fit into a failure report besides everything else.</summary>
    private const int LogLimit = 24 * 1024;

    private readonly AttemptLogs _logs = new(services.Time, id, task.Kind, send);
    private readonly LeaveOrder _leave = new();
    private CipherBlob? _input;
    private CipherBlob? _former;
    private ISandbox? _sandbox;
    private Task _underWay = Task.CompletedTask;
    private volatile bool _mayLeaveCheckpoint; // written by the run, read by the attempt's actor

    internal AttemptId Id => id;

    internal BlobId InputId { get; } = part.InputId();

    internal int KeyPages => part.KeyPages;

    /// <summary>The input comes after the keys, and is decrypted as it comes.</summary>
    internal bool HasLateInput => part.Input is { } input && ArrivingBlob.IsFor(input);

    /// <summary>Null when everything that needs no key is done: ciphertext here and checked unless it is large, sandbox ready.</summary>
    internal Task<Fault?> PrepareAsync(CancellationToken cancel)
    {
        var preparing = PrepareCoreAsync(cancel);
        _underWay = preparing;
        return preparing;
    }

    /// <summary>Opens the grant, runs the program over the decrypted input, encrypts what it left. Keys are zeroed when this ends.</summary>
    internal Task<AttemptOutcome> RunAsync(IReadOnlyList<ReadOnlyMemory<byte>> grant, CancellationToken cancel)
    {
        var running = RunCoreAsync(grant, cancel);
        _underWay = running;
        return running;
    }

    /// <summary>True when the program has left a checkpoint so far that this attempt has a key for.</summary>
    internal bool HasCheckpoint => _mayLeaveCheckpoint && (_sandbox?.HasCheckpoint ?? false);

    /// <summary>The program has to leave: the run ends soon, as stopped and with its checkpoint, unless it has ended just now.</summary>
    internal Task LeaveAsync() => _leave.GiveAsync(_sandbox, _underWay, services.Time);

    /// <summary>What the sandbox uses.</summary>
    internal LiveUsage Usage => _sandbox?.Stats() ?? default;

    /// <summary>Thousandths done; 0 when the sandbox cannot tell.</summary>
    internal uint Permille => (uint)(_sandbox?.Permille is > 0 and var done ? done : _logs.Permille);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // How it ended is the business of whoever awaits it.
        await _underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync().ConfigureAwait(false);
        _logs.Dispose();
        await _leave.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Fault?> PrepareCoreAsync(CancellationToken cancel)
    {
        if (services.ExecutorFor(task.Kind) is not { } executor)
            return new Fault(FaultCodes.ExecutorMissing, $"This node runs no {task.Kind} tasks.", Culprit.Node, Retryable: true);
        if (!CipherSuites.TryParse(task.Cipher, out _))
            return new Fault(FaultCodes.Malformed, $"This node does not know the cipher '{task.Cipher}'.", Culprit.Input);
        if (part.Tolerance is not null)
            return null; // results are fetched with their keys
        var program = task.FetchAsync();
        if (part.Input is { } input && !HasLateInput)
        {
            var fetched = await services.Blobs.FetchAsync(input, cancel).ConfigureAwait(false);
            if (fetched.Fault is { } noInput)
                return noInput;
            _input = fetched.Value;
        }

        if (part.Checkpoint is { } checkpoint && await services.Blobs.FetchAsync(checkpoint, cancel).ConfigureAwait(false) is { IsOk: true } former)
            _former = former.Value;

        if (await program.WaitAsync(cancel).ConfigureAwait(false) is { } noProgram)
            return noProgram;
        var spec = new SandboxSpec(id, task.Image, task.Resources, task.Time, task.OutputBytes, part.Index, task.PartsTotal, part.Round)
        {
            Repository = task.Repository,
            ShipsImage = task.ShipsImage,
            Gpu = task.Gpu,
            Network = task.Network,
            InputArrives = HasLateInput || part.Results.Count > 0,
            Log = _logs.Write,
        };
        var sandbox = await executor.PrepareAsync(spec, cancel).ConfigureAwait(false);
        if (sandbox.Fault is { } noSandbox)
            return noSandbox;
        _sandbox = sandbox.Value;
        return null;
    }

    private async Task<AttemptOutcome> RunCoreAsync(IReadOnlyList<ReadOnlyMemory<byte>> grant, CancellationToken cancel)
    {
        try
        {
            return await RunWithAsync(grant, cancel).ConfigureAwait(false);
        }
        catch (SpoolFullException e)
        {
            return Failed(e.Fault);
        }
    }

    private async Task<AttemptOutcome> RunWithAsync(IReadOnlyList<ReadOnlyMemory<byte>> grant, CancellationToken cancel)
    {
        var opened = AttemptKeys.Open(grant, part.Results.Count, services.Session, id, services.Node);
        if (opened.Fault is { } noKeys)
            return Failed(noKeys);
        using var keys = opened.Value;
        _mayLeaveCheckpoint = keys.Checkpoint is not null;
        if (part.Tolerance is not null)
            return await CompareAsync(keys, cancel).ConfigureAwait(false);
        if (task.IsVerified && keys.Verify is null)
            return Failed(new Fault(FaultCodes.DecryptFailed, "The key grant has no key for the answer of a verified task.", Culprit.Hub, Retryable: true));
        var program = task.OpenProgram(keys.Program);
        if (program.Fault is { } noProgram)
            return Failed(noProgram);
        if (task.ShipsImage && await task.TakeImageAsync(services.ExecutorFor(task.Kind)!).ConfigureAwait(false) is { } noImage)
            return Failed(noImage);
        _ = CipherSuites.TryParse(task.Cipher, out var suite);

        var writer = services.Spool.Create();
        await using (writer.ConfigureAwait(false))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, _leave.Token);
            var input = new AttemptInput(services.Blobs, id, part, keys, _input, _former, ending.Token);
            await using var ended = input.ConfigureAwait(false);
            using var sealing = new PartEncryptStream(writer, keys.Result, suite, PartContext.Result(id.Task, id.Part, id.Number), leaveOpen: true);
            _logs.Open(keys.Log, suite);
            var ran = await RunAsync(program.Value, input, sealing, ending.Token, cancel).ConfigureAwait(false);
            _logs.Close(hasResult: ran.Fault is null);
            if (ran.Fault is not null)
            {
                return new AttemptOutcome(ran.Fault, null, ran.Metering, SealLog(ran.StderrTail, keys, suite))
                {
                    Checkpoint = _leave.IsGiven && ran.Fault.Code == FaultCodes.Stopped
                        ? await Checkpoints.SealAsync(_sandbox, services.Spool, id, keys, suite, cancel).ConfigureAwait(false) : null,
                };
            }

            if (!input.IsWhole)
                throw new InvalidOperationException("The sandbox did not read its input to the end.");
            sealing.Complete();
            await CloseAsync().ConfigureAwait(false);
            var result = writer.Finish();
            var stops = task.StopFile.Length > 0 && await HasAsync(result, keys, cancel).ConfigureAwait(false);
            Answer? answer = task.IsVerified ? await AnswerAsync(result, keys, ran.Metering, cancel).ConfigureAwait(false) : null;
            return new AttemptOutcome(null, result, ran.Metering, null, stops, answer);
        }
    }

    private async Task<RunResult> RunAsync(ProgramBundle program, AttemptInput input, Stream output, CancellationToken ending, CancellationToken cancel)
    {
        try
        {
            var ran = await ReadAndRunAsync(program, input, output, ending).ConfigureAwait(false);
            return ran.Fault is { } fault ? ran with { Fault = await input.JudgeAsync(fault).ConfigureAwait(false) } : ran;
        }
        catch (OperationCanceledException) when (_leave.IsGiven && !cancel.IsCancellationRequested)
        {
            return new RunResult(LimitFaults.Stopped, default, ""); // the input was not here yet
        }
    }

    private async Task<RunResult> ReadAndRunAsync(ProgramBundle program, AttemptInput input, Stream output, CancellationToken ending)
    {
        try
        {
            return await _sandbox!.RunAsync(program, input.Stream, output, ending).ConfigureAwait(false);
        }
        catch (PartCorruptException e)
        {
            return new RunResult(e.Fault with { Culprit = Culprit.Input, Retryable = true }, default, "");
        }
        catch (NeededResultException e)
        {
            return new RunResult(e.Fault, default, "");
        }
        catch (ArrivalException e)
        {
            return new RunResult(e.Fault, default, "");
        }
    }

    private async Task<AttemptOutcome> CompareAsync(GrantedKeys keys, CancellationToken cancel)
    {
        _ = CipherSuites.TryParse(task.Cipher, out var suite);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, _leave.Token);
        var writer = services.Spool.Create();
        await using (writer.ConfigureAwait(false))
        {
            using var sealing = new PartEncryptStream(writer, keys.Result, suite, PartContext.Result(id.Task, id.Part, id.Number), leaveOpen: true);
            try
            {
                return await new ResultComparison(services, id, part).RunAsync(keys, sealing, writer.Finish, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_leave.IsGiven && !cancel.IsCancellationRequested)
            {
                return Failed(new Fault(FaultCodes.Stopped, "The node leaves.", Culprit.None, Retryable: true));
            }
        }
    }

    /// <summary>Reads the result back as its owner will: the answer is about that, whatever the program believes it wrote.</summary>
    private async Task<Answer> AnswerAsync(CipherBlob result, GrantedKeys keys, Metering metering, CancellationToken cancel)
    {
        using var plain = OpenResult(result, keys);
        var digest = await ContentDigest.OfAsync(plain, task is { Kind: WorkloadKind.Wasm, CountsFuel: true } ? metering.Fuel : null, cancel).ConfigureAwait(false);
        return Answer.Of(keys.Verify, digest);
    }

    private PartDecryptStream OpenResult(CipherBlob result, GrantedKeys keys)
        => new(result.OpenRead(), keys.Result, PartContext.Result(id.Task, id.Part, id.Number), leaveOpen: true);

    /// <summary>Looks for the stop file in the archive that was just made: whatever made it, this is what the owner will read.</summary>
    private async Task<bool> HasAsync(CipherBlob result, GrantedKeys keys, CancellationToken cancel)
    {
        using var plain = OpenResult(result, keys);
        var reader = new TarReader(plain, leaveOpen: true);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.GetNextEntryAsync(cancellationToken: cancel).ConfigureAwait(false) is { } entry)
            {
                if (entry.Name == task.StopFile)
                    return true;
            }
        }

        return false;
    }

    private byte[]? SealLog(string tail, GrantedKeys keys, CipherSuite suite)
    {
        if (tail.Length == 0)
            return null;
        var bytes = Encoding.UTF8.GetBytes(tail);
        return PartCipher.Seal(bytes.AsSpan(Math.Max(0, bytes.Length - LogLimit)), keys.Log, suite, PartContext.Log(id.Task, id.Part, id.Number));
    }

    private async ValueTask CloseAsync()
    {
        _input?.Dispose();
        _input = null;
        _former?.Dispose();
        _former = null;
        if (Interlocked.Exchange(ref _sandbox, null) is { } sandbox)
            await sandbox.DisposeAsync().ConfigureAwait(false);
    }

    private static AttemptOutcome Failed(Fault fault) => new(fault, null, default, null);
}

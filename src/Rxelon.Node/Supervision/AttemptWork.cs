using System.Text;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>How an attempt went: a result, or a fault with the end of the log encrypted for the task's owner.</summary>
internal sealed record AttemptOutcome(Fault? Fault, CipherBlob? Result, Metering Metering, byte[]? Log);

/// <summary>
/// The work of one attempt without the talking: prepare without keys, then run with them. One call at a time. Disposing waits
/// for a run under way, which the caller has cancelled, and destroys the sandbox.
/// </summary>
internal sealed class AttemptWork(NodeServices services, TaskWork task, AttemptId id, Blob input) : IAsyncDisposable
{
    /// <summary>Log bytes that fit into a failure report besides everything else.</summary>
    private const int LogLimit = 24 * 1024;

    private CipherBlob? _input;
    private ISandbox? _sandbox;
    private Task _underWay = Task.CompletedTask;

    internal AttemptId Id => id;

    internal BlobId InputId { get; } = BlobId.FromDigest(input.Id.Span);

    /// <summary>Null when everything that needs no key is done: ciphertext here and checked, sandbox ready.</summary>
    internal Task<Fault?> PrepareAsync(CancellationToken cancel)
    {
        var preparing = PrepareCoreAsync(cancel);
        _underWay = preparing;
        return preparing;
    }

    /// <summary>Opens the grant, runs the program over the decrypted input, encrypts what it left. Keys are zeroed when this ends.</summary>
    internal Task<AttemptOutcome> RunAsync(ReadOnlyMemory<byte> grant, CancellationToken cancel)
    {
        var running = RunCoreAsync(grant, cancel);
        _underWay = running;
        return running;
    }

    /// <summary>What the sandbox uses.</summary>
    internal LiveUsage Usage => _sandbox?.Stats() ?? default;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // How it ended is the business of whoever awaits it.
        await _underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task<Fault?> PrepareCoreAsync(CancellationToken cancel)
    {
        if (services.ExecutorFor(task.Kind) is not { } executor)
            return new Fault(FaultCodes.ExecutorMissing, $"This node runs no {task.Kind} tasks.", Culprit.Node, Retryable: true);
        if (!CipherSuites.TryParse(task.Cipher, out _))
            return new Fault(FaultCodes.Malformed, $"This node does not know the cipher '{task.Cipher}'.", Culprit.Input);
        var program = task.FetchAsync();
        var fetched = await services.Blobs.FetchAsync(input, cancel).ConfigureAwait(false);
        if (fetched.Fault is { } noInput)
            return noInput;
        _input = fetched.Value;
        if (await program.WaitAsync(cancel).ConfigureAwait(false) is { } noProgram)
            return noProgram;
        var spec = new SandboxSpec(id, task.Image, task.Resources, task.Time, task.OutputBytes, id.Part, task.PartsTotal)
        {
            Repository = task.Repository,
            ShipsImage = task.ShipsImage,
            Gpu = task.Gpu,
            Network = task.Network,
        };
        var sandbox = await executor.PrepareAsync(spec, cancel).ConfigureAwait(false);
        if (sandbox.Fault is { } noSandbox)
            return noSandbox;
        _sandbox = sandbox.Value;
        return null;
    }

    private async Task<AttemptOutcome> RunCoreAsync(ReadOnlyMemory<byte> grant, CancellationToken cancel)
    {
        var opened = AttemptKeys.Open(grant.Span, services.Session, id, services.Node);
        if (opened.Fault is { } noKeys)
            return Failed(noKeys);
        using var keys = opened.Value;
        var program = task.OpenProgram(keys.Program);
        if (program.Fault is { } noProgram)
            return Failed(noProgram);
        if (task.ShipsImage && await task.TakeImageAsync(services.ExecutorFor(task.Kind)!).ConfigureAwait(false) is { } noImage)
            return Failed(noImage);
        _ = CipherSuites.TryParse(task.Cipher, out var suite);

        var writer = services.Spool.Create();
        await using (writer.ConfigureAwait(false))
        {
            using var plain = new PartDecryptStream(_input!.OpenRead(), keys.Input, PartContext.Input(id.Task, id.Part), leaveOpen: true);
            using var sealing = new PartEncryptStream(writer, keys.Result, suite, PartContext.Result(id.Task, id.Part, id.Number), leaveOpen: true);
            RunResult ran;
            try
            {
                ran = await _sandbox!.RunAsync(program.Value, plain, sealing, cancel).ConfigureAwait(false);
            }
            catch (PartCorruptException e)
            {
                return Failed(e.Fault with { Culprit = Culprit.Input, Retryable = true });
            }

            if (ran.Fault is not null)
                return new AttemptOutcome(ran.Fault, null, ran.Metering, SealLog(ran.StderrTail, keys, suite));
            sealing.Complete();
            await CloseAsync().ConfigureAwait(false);
            return new AttemptOutcome(null, writer.Finish(), ran.Metering, null);
        }
    }

    private byte[]? SealLog(string tail, AttemptKeys keys, CipherSuite suite)
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
        if (Interlocked.Exchange(ref _sandbox, null) is { } sandbox)
            await sandbox.DisposeAsync().ConfigureAwait(false);
    }

    private static AttemptOutcome Failed(Fault fault) => new(fault, null, default, null);
}

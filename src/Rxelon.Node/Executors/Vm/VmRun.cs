using System.Net.Sockets;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Vm;

/// <summary>How a machine ended: the exit, or the fault that kept it from one. Files of a good exit are in the cell.</summary>
/// <param name="Exit">Null when the program did not get to its end.</param>
/// <param name="Fault">Why not, or what was wrong with its files.</param>
/// <param name="WasUp">False when not even the guest's kernel came up.</param>
internal sealed record VmEnd(GuestExit? Exit, Fault? Fault, bool WasUp);

/// <summary>
/// Talks to one machine from its first instruction to the last byte of its result, and keeps it to its time. The caller ends
/// the machine; everything here has come to rest when <see cref="RunAsync"/> returns after <c>end</c> was called.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class VmRun(VmMachine machine, SandboxSpec spec, TimeProvider time)
{
    /// <summary>Silence that a guest may keep outside of the program's own time.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    // The guest's two outputs are read side by side, and a sink is called by one at a time.
    private readonly Lock _logging = new();
    private long _lastSign = time.GetTimestamp();
    private long _programStarted;
    private volatile Phase _phase = Phase.Booting;
    private volatile bool _awaitsInput;

    private enum Phase
    {
        Booting,
        Preparing,
        Running,
        Collecting,
    }

    internal ChunkedBuffer Stdout { get; } = new(spec.OutputBytes);

    internal TailBuffer Stderr { get; } = new(PartArchive.StderrTail);

    /// <summary>
    /// Runs the job. What the job's writer throws comes out, after the machine was ended.
    /// </summary>
    /// <param name="write">Writes the job to the port; blocking.</param>
    /// <param name="cell">Takes the files of a program that succeeded; asked for then.</param>
    /// <param name="cancel">Ends it at once.</param>
    internal async Task<VmEnd> RunAsync(Func<Stream, Action, Outcome<long>> write, Func<PlainCell> cell, CancellationToken cancel)
    {
        IReadOnlyDictionary<string, NetworkStream> ports;
        using (var connecting = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            connecting.CancelAfter(Patience);
            try
            {
                ports = await machine.ConnectAsync(connecting.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                await machine.EndAsync().ConfigureAwait(false);
                return new VmEnd(null, cancel.IsCancellationRequested ? LimitFaults.Stopped : Failed($"QEMU did not start: {FirstLine(machine.Said, e.Message)}"), false);
            }
        }

        var writing = Workers.RunApartAsync(() => WriteJob(ports["job"], write));
        var printing = Task.WhenAll(
            PumpAsync(ports["stdout"], WriteStdout), PumpAsync(ports["stderr"], WriteStderr));
        var result = Task.Run(() => ReadResult(ports["result"], cell), CancellationToken.None);
        Fault? stopped;
        try
        {
            await machine.ContinueAsync(cancel).ConfigureAwait(false);
            stopped = await WatchAsync(writing, result, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            stopped = cancel.IsCancellationRequested ? LimitFaults.Stopped : Failed($"QEMU does not answer: {FirstLine(machine.Said, e.Message)}");
        }
        finally
        {
            await machine.EndAsync().ConfigureAwait(false);
            await printing.ConfigureAwait(false);
            await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var port in ports.Values)
                await port.DisposeAsync().ConfigureAwait(false);
        }

        if (stopped is null && writing is { IsFaulted: true, Exception.InnerException: not IOException })
            await writing.ConfigureAwait(false);
        var (exit, fault) = stopped is null ? await result.ConfigureAwait(false) : (null, null);
        stopped ??= writing.IsCompletedSuccessfully ? writing.Result.Fault : null;
        return new VmEnd(exit, stopped ?? fault ?? (exit is null ? Gone() : null), _phase != Phase.Booting);
    }

    /// <summary>The input, to be written to the job through this: as long as it does not come, the guest's silence means nothing.</summary>
    internal Stream Watched(Stream input) => new WaitedFor(input, waits => _awaitsInput = waits);

    /// <summary>Until the result is here, QEMU has ended, or something must stop it; null in the first two cases.</summary>
    private async Task<Fault?> WatchAsync(Task<Outcome<long>> writing, Task result, CancellationToken cancel)
    {
        var stop = new TaskCompletionSource();
        var registered = cancel.Register(stop.SetResult);
        await using (registered.ConfigureAwait(false))
        {
            while (true)
            {
                await Task.WhenAny(result, machine.Exited, stop.Task, Task.Delay(Look, time, CancellationToken.None)).ConfigureAwait(false);
                machine.Use.Sample();
                if (result.IsCompleted || machine.Exited.IsCompleted)
                    return Stdout.Exceeded ? LimitFaults.Output(spec.OutputBytes) : null;
                if (cancel.IsCancellationRequested)
                    return LimitFaults.Stopped;
                if (Stdout.Exceeded)
                    return LimitFaults.Output(spec.OutputBytes);
                if (writing.IsFaulted || (writing.IsCompletedSuccessfully && !writing.Result.IsOk))
                    return writing.IsFaulted ? null : writing.Result.Fault;
                if (_phase == Phase.Running && time.GetElapsedTime(_programStarted) >= spec.Time)
                    return LimitFaults.Time(spec.Time);
                if (_awaitsInput)
                    Sign(); // the guest has nothing to do
                else if (_phase != Phase.Running && time.GetElapsedTime(Volatile.Read(ref _lastSign)) >= Patience)
                    return Failed($"The guest gave no sign for {Patience.TotalSeconds:0} s ({await machine.StatusAsync().ConfigureAwait(false) ?? "no answer"}).");
            }
        }
    }

    private Outcome<long> WriteJob(NetworkStream port, Func<Stream, Action, Outcome<long>> write)
    {
        // Closing is the signal to start: only a job that is whole may be followed by it, so nothing is disposed of here.
        var buffered = new BufferedStream(port, BufferSize);
        var written = write(buffered, Sign);
        if (written.IsOk)
        {
            buffered.Flush();
            port.Socket.Shutdown(SocketShutdown.Send);
        }

        return written;
    }

    private (GuestExit? Exit, Fault? Fault) ReadResult(NetworkStream port, Func<PlainCell> cell)
    {
        using var buffered = new BufferedStream(port, BufferSize);
        var result = new GuestResult(buffered, Told);
        try
        {
            var exit = result.ReadExit();
            if (exit.Fault is { } fault)
                return (null, fault);
            if (exit.Value is not { } ended)
                return (null, null);
            _phase = Phase.Collecting;
            Sign();
            return ended.Code != 0 ? (ended, null) : (ended, result.Collect(cell(), spec.OutputBytes).Fault);
        }
        catch (IOException)
        {
            // The machine ended before its result did.
            return (null, null);
        }
    }

    private void Told(string line)
    {
        Sign();
        if (line == GuestResult.Ready)
            _phase = Phase.Preparing;
        if (line != GuestResult.Started || _phase == Phase.Running)
            return;
        _programStarted = time.GetTimestamp();
        _phase = Phase.Running;
    }

    private void WriteStdout(ReadOnlySpan<byte> bytes)
    {
        var before = Stdout.Length;
        Stdout.Write(bytes);
        lock (_logging)
            spec.Log?.Invoke(LogSource.Stdout, bytes[..(int)(Stdout.Length - before)]);
    }

    private void WriteStderr(ReadOnlySpan<byte> bytes)
    {
        Stderr.Write(bytes);
        lock (_logging)
            spec.Log?.Invoke(LogSource.Stderr, bytes);
    }

    private void Sign() => Volatile.Write(ref _lastSign, time.GetTimestamp());

    private Fault Gone() => _phase == Phase.Booting
        ? Failed($"The virtual machine ended before it was up: {FirstLine(machine.Said, "without a word")}")
        : Failed("The virtual machine ended before the program did.");

    private static async Task PumpAsync(NetworkStream port, Write write)
    {
        var buffer = new byte[BufferSize];
        try
        {
            int read;
            while ((read = await port.ReadAsync(buffer).ConfigureAwait(false)) > 0)
                write(buffer.AsSpan(0, read));
        }
        catch (IOException)
        {
            // The machine ended; what came before that counts.
        }
    }

    private static string FirstLine(string said, string otherwise)
    {
        var line = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? otherwise;
        return line[..Math.Min(line.Length, 300)];
    }

    private static Fault Failed(string message) => new(FaultCodes.ExecutorFailed, message, Culprit.Node, Retryable: true);

    private delegate void Write(ReadOnlySpan<byte> bytes);

    private sealed class WaitedFor(Stream inner, Action<bool> waits) : Shared.Crypto.ReadOnlyStream
    {
        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            waits(true);
            try
            {
                return inner.Read(buffer);
            }
            finally
            {
                waits(false);
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();
    }
}

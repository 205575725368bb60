using System.Runtime.Versioning;
using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Vm;

/// <summary>One attempt's machine. It starts when the keys are here: an idle machine would cost memory and translated instructions.</summary>
[SupportedOSPlatform("linux")]
internal sealed class VmSandbox(VmExecutor executor, SandboxSpec spec, VmImage image) : ISandbox
{
    private PlainCell? _cell;
    private VmMachine? _machine;
    private long _started;
    private Metering? _final;

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        if (GuestJob.Check(program) is { } wrong)
            return new RunResult(wrong, default, "");
        _started = executor.Time.GetTimestamp();
        var acceleration = executor.Acceleration;
        var machine = _machine = await executor.StartAsync(image, spec, acceleration).ConfigureAwait(false);
        var run = new VmRun(machine, spec, executor.Time);
        long inputBytes = 0;
        var end = await run.RunAsync(
            (port, progress) =>
            {
                var written = GuestJob.Write(program, spec, run.Watched(input), port, progress);
                inputBytes = written.IsOk ? written.Value : 0;
                return written;
            },
            () => _cell = executor.Space.Rent(spec.OutputBytes),
            cancel).ConfigureAwait(false);
        if (!end.WasUp && end.Fault?.Code == FaultCodes.ExecutorFailed)
            executor.Distrust(acceleration);

        var fault = end.Fault ?? Judge(end.Exit!);
        var metering = new Metering(Elapsed, machine.Use.CpuMillis, machine.Use.PeakMemory, 0, inputBytes, run.Stdout.Length, end.Exit?.Code ?? -1);
        if (fault is null)
        {
            var packed = await Task.Run(() => ResultPacker.Pack(output, run.Stdout, run.Stderr, _cell!, spec.OutputBytes), CancellationToken.None)
                .ConfigureAwait(false);
            fault = packed.Fault;
            metering = packed.IsOk ? metering with { OutputBytes = packed.Value } : metering;
        }

        _final = metering;
        return new RunResult(fault, metering, run.Stderr.ToText());
    }

    /// <inheritdoc/>
    public LiveUsage Stats() => _final?.ToLive() ?? (_machine is not { } machine ? default
        : new LiveUsage(Elapsed, machine.Use.CpuMillis, machine.Use.PeakMemory, 0, 0, 0, 0));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
            await executor.EndAsync(_machine).ConfigureAwait(false);
        if (_cell is not null)
            executor.Space.Return(_cell);
    }

    private long Elapsed => (long)executor.Time.GetElapsedTime(_started).TotalMilliseconds;

    private Fault? Judge(GuestExit exit)
    {
        if (exit.Code == 0)
            return null;
        if (exit.OutOfMemory)
            return LimitFaults.Memory(spec.Resources.Memory);
        if (exit.IsFull)
            return LimitFaults.Output(spec.OutputBytes);
        return exit.Code == 127
            ? new Fault(
                FaultCodes.ProgramFailed,
                "The program ended with exit code 127: the command or the work directory does not exist in the image, or the program says so.",
                Culprit.Program)
            : LimitFaults.ExitCode(exit.Code);
    }
}

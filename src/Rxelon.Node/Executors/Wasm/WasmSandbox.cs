using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;
using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>One attempt's WebAssembly instance and its cell of the plaintext space.</summary>
internal sealed class WasmSandbox(WasmExecutor executor, SandboxSpec spec) : ISandbox
{
    /// <summary>Far more than any program uses: fuel is the meter, time is the limit.</summary>
    private const ulong FuelTank = long.MaxValue;

    private const uint MostTableElements = 1_000_000;

    private readonly PlainCell _cell = executor.Space.Rent(spec.OutputBytes);
    private WasmRun? _run;
    private LiveUsage? _final;

    /// <inheritdoc/>
    public Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
        => spec.InputArrives ? TakeAndRunAsync(program, input, output, cancel)
            : executor.Workers.RunAsync(() => Run(program, executor.Modules.Get(program), () => Unpack(input), output, cancel));

    /// <inheritdoc/>
    public LiveUsage Stats()
        => _final ?? (_run is { } run ? new LiveUsage((long)run.Elapsed.TotalMilliseconds, 0, 0, 0, 0, 0, run.Stdout.Length) : default);

    /// <inheritdoc/>
    public bool HasCheckpoint => CheckpointFile.IsIn(_cell);

    /// <inheritdoc/>
    public Stream? OpenCheckpoint() => OperatingSystem.IsLinux() ? CheckpointFile.Open(_cell, spec.OutputBytes) : null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        executor.Space.Return(_cell);
        return ValueTask.CompletedTask;
    }

    /// <summary>The few threads that programs run on do not wait for the network.</summary>
    private async Task<RunResult> TakeAndRunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        var module = await executor.Workers.RunAsync(() => executor.Modules.Get(program)).ConfigureAwait(false);
        if (module.Fault is { } bad)
            return new RunResult(bad, default, "");
        var unpacked = await Workers.RunApartAsync(() => Unpack(input)).ConfigureAwait(false);
        return await executor.Workers.RunAsync(() => Run(program, module, () => unpacked, output, cancel)).ConfigureAwait(false);
    }

    private Outcome<long> Unpack(Stream input) => InputUnpacker.Unpack(input, _cell, spec.Resources.Disk);

    private RunResult Run(ProgramBundle program, Outcome<Module> module, Func<Outcome<long>> unpack, Stream output, CancellationToken cancel)
    {
        if (module.Fault is { } bad)
            return new RunResult(bad, default, "");
        var unpacked = unpack();
        if (unpacked.Fault is { } wrong)
            return new RunResult(wrong, default, "");

        var run = _run = new WasmRun(executor.Time, spec, _cell, cancel);
        executor.Engine.Enter();
        try
        {
            return Run(run, module.Value, program, unpacked.Value, output);
        }
        finally
        {
            executor.Engine.Leave();
        }
    }

    private RunResult Run(WasmRun run, Module module, ProgramBundle program, long inputBytes, Stream output)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        var cpu = Posix.ThreadCpuTime();
        using var store = new Store(executor.Engine.Engine, run);
        store.SetLimits(spec.Resources.Memory, MostTableElements, instances: 1, tables: 16, memories: 4);
        store.Fuel = FuelTank;
        store.SetEpochDeadlineCallback(_ => run.MayGoOn() ? 1ul : throw new StoppedException());
        store.SetEpochDeadline(1);
        store.SetWasiConfiguration(Configure(run, program));
        var (fault, exitCode, memory) = Execute(run, store, module);
        var metering = new Metering(
            (long)run.Elapsed.TotalMilliseconds, (long)(Posix.ThreadCpuTime() - cpu).TotalMilliseconds, memory,
            (long)(FuelTank - store.Fuel), inputBytes, run.Stdout.Length, exitCode);
        if (fault is null)
        {
            var packed = ResultPacker.Pack(output, run.Stdout, run.Stderr, _cell, spec.OutputBytes);
            fault = packed.Fault;
            metering = packed.IsOk ? metering with { OutputBytes = packed.Value } : metering;
        }

        _final = new LiveUsage(metering.WallMillis, metering.CpuMillis, metering.PeakMemory, 0, 0, 0, run.Stdout.Length);
        return new RunResult(fault, metering, run.Stderr.ToText());
    }

    private (Fault? Fault, int ExitCode, long Memory) Execute(WasmRun run, Store store, Module module)
    {
        Instance? instance = null;
        Fault? fault = null;
        var exitCode = 0;
        try
        {
            instance = executor.Linker.Instantiate(store, module);
            instance.GetAction("_start")!.Invoke();
        }
        catch (WasmtimeException e) when (e.ExitCode is { } code)
        {
            exitCode = code;
            if (code != 0)
                fault = LimitFaults.ExitCode(code);
        }
        catch (WasmtimeException e)
        {
            fault = WasmFaults.Of(e, spec);
            run.WriteStderr(WasmFaults.Trace(e));
        }

        var memory = instance?.GetMemory("memory")?.GetLength() ?? 0;
        run.MayGoOn();
        if (run.Stopped is { } stopped && (fault is not null || stopped.Code == FaultCodes.OutputLimit))
            fault = stopped;
        else if (fault is not null && _cell.IsFull)
            fault = LimitFaults.Output(spec.OutputBytes);
        else if (fault?.Code is FaultCodes.ProgramFailed or FaultCodes.ProgramTrapped && WasmFaults.WasStarved(memory, spec.Resources.Memory))
            fault = LimitFaults.Memory(spec.Resources.Memory);
        return (fault, exitCode, memory);
    }

    private WasiConfiguration Configure(WasmRun run, ProgramBundle program)
    {
        var wasi = new WasiConfiguration()
            .WithArg("program")
            .WithArgs(ProgramArguments.Fill(program.Args, spec))
            .WithPreopenedDirectory(_cell.In, "/in", false)
            .WithPreopenedDirectory(_cell.Out, "/out", true)
            .WithStandardOutputCallback(run.WriteStdout)
            .WithStandardErrorCallback(run.WriteStderr);
        if (program.Env.Count > 0)
            wasi.WithEnvironmentVariables(program.Env.Select(e => (e.Key, e.Value)));
        if (File.Exists(_cell.Stdin))
            wasi.WithStandardInput(_cell.Stdin);
        return wasi;
    }

    /// <summary>Ends the program from within the engine's callback; the reason is in <see cref="WasmRun.Stopped"/>.</summary>
    private sealed class StoppedException : Exception;
}

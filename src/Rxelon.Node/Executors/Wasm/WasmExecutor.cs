using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>
/// Runs WASI preview 1 commands in Wasmtime: no network, no host files but the attempt's own <c>/in</c> (read-only) and
/// <c>/out</c>, limits on memory, time and output, fuel as an exact meter (docs/design/sandboxes.md).
/// </summary>
public sealed class WasmExecutor : IExecutor
{
    private readonly PlainSpace? _space;
    private readonly Fault? _missing;

    /// <param name="space">Where plaintext files may be; a fault there makes the executor unavailable.</param>
    /// <param name="threads">Programs running at the same time.</param>
    /// <param name="time">The clock for limits and for the programs.</param>
    internal WasmExecutor(Outcome<PlainSpace> space, int threads, TimeProvider time)
    {
        Time = time;
        _missing = space.Fault;
        _space = space.IsOk ? space.Value : null;
        Engine = new WasmEngine();
        Linker = new Linker(Engine.Engine);
        Linker.DefineWasi();
        WasiClock.Define(Linker);
        Modules = new WasmModules(Engine.Engine, Linker);
        Workers = new Workers("wasm", threads);
    }

    /// <inheritdoc/>
    public WorkloadKind Kind => WorkloadKind.Wasm;

    internal TimeProvider Time { get; }

    internal WasmEngine Engine { get; }

    internal Linker Linker { get; }

    internal WasmModules Modules { get; }

    internal Workers Workers { get; }

    internal PlainSpace Space => _space ?? throw new InvalidOperationException(_missing?.Message);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(string Name, byte[] Digest)>> MeasureAsync(CancellationToken cancel)
    {
        // The one that was loaded; where it lies differs between a build and a published folder.
        var loaded = System.Diagnostics.Process.GetCurrentProcess().Modules.Cast<System.Diagnostics.ProcessModule>()
            .FirstOrDefault(m => Path.GetFileNameWithoutExtension(m.FileName) is "libwasmtime" or "wasmtime")?.FileName;
        if (loaded is null)
            return [];
        var file = File.OpenRead(loaded);
        await using (file.ConfigureAwait(false))
            return [(Path.GetFileName(loaded), await System.Security.Cryptography.SHA256.HashDataAsync(file, cancel).ConfigureAwait(false))];
    }

    /// <inheritdoc/>
    public Task<ExecutorReport> FingerprintAsync(CancellationToken cancel)
    {
        if (_missing is not null)
            return Task.FromResult(ExecutorReport.NotHere(Kind, _missing.Message));
        List<string> limits = ["memory, time, output and fuel, by the runtime itself", "no network, no host files"];
        List<string> warnings = [];
        if (Space.IsSized)
            limits.Add("size of /out, by the kernel");
        else
            warnings.Add("Not root: the size of /out is watched every 50 ms, not bounded by the kernel.");
        var version = typeof(Engine).Assembly.GetName().Version;
        return Task.FromResult(new ExecutorReport(Kind, true, $"wasmtime {version?.ToString(3)}", [], limits, warnings, null));
    }

    /// <inheritdoc/>
    public Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel)
        => Task.FromResult<Outcome<ISandbox>>(_missing is null ? new WasmSandbox(this, spec) : _missing);

    /// <summary>Programs live in this process: none outlives it. Its files went when the space was opened.</summary>
    public Task<int> DestroyLeftoversAsync(CancellationToken cancel) => Task.FromResult(0);

    /// <summary>Waits for running programs, which the caller has cancelled.</summary>
    public ValueTask DisposeAsync()
    {
        Workers.Dispose();
        Linker.Dispose();
        Engine.Dispose();
        return ValueTask.CompletedTask;
    }
}

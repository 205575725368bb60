using Rxelon.Node.Config;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Exo;
using Rxelon.Node.Executors.Mock;
using Rxelon.Node.Executors.Plain;
using Rxelon.Node.Executors.Vm;
using Rxelon.Node.Executors.Wasm;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors;

/// <summary>The executors that the options name, what each can do here, and the plaintext space they share.</summary>
internal sealed class ExecutorSet : IAsyncDisposable
{
    private readonly Outcome<PlainSpace> _space;

    private ExecutorSet(Outcome<PlainSpace> space, IReadOnlyList<IExecutor> executors, IReadOnlyList<ExecutorReport> reports, int leftovers)
    {
        _space = space;
        Executors = executors;
        Reports = reports;
        Leftovers = leftovers;
    }

    internal IReadOnlyList<IExecutor> Executors { get; }

    internal IReadOnlyList<ExecutorReport> Reports { get; }

    /// <summary>Sandboxes of an earlier process that were destroyed.</summary>
    internal int Leftovers { get; }

    /// <summary>Opens the space, probes the executors, destroys what an earlier process left.</summary>
    internal static async Task<ExecutorSet> OpenAsync(NodeOptions options, NodeId node, TimeProvider time, CancellationToken cancel)
    {
        var space = PlainSpace.Open(options.StateDirectory, NodeOptions.PlainBytes, options.AllowSwap);
        List<IExecutor> executors = [];
        if (options.Executors.Contains(WorkloadKind.Wasm))
            executors.Add(new WasmExecutor(space, options.Threads, time));
        if (options.Executors.Contains(WorkloadKind.Docker))
        {
            executors.Add(new DockerExecutor(options.Docker, node, space, time, options.Containers with
            {
                StateDirectory = options.StateDirectory,
                Egress = options.Containers.Egress with { LogDirectory = options.StateDirectory },
            }));
        }

        if (options.Executors.Contains(WorkloadKind.Vm) && OperatingSystem.IsLinux())
            executors.Add(new VmExecutor(options.Vm, space, time));
        if (options.Exo is { } exo)
            executors.Add(new ExoExecutor(exo, new ExoTimes { Stall = options.ExoStall }, time));
        if (options.Executors.Contains(WorkloadKind.Mock))
            executors.Add(new MockExecutor(time));
        List<ExecutorReport> reports = [];
        var leftovers = 0;
        foreach (var executor in executors)
        {
            reports.Add(await executor.FingerprintAsync(cancel).ConfigureAwait(false));
            leftovers += await executor.DestroyLeftoversAsync(cancel).ConfigureAwait(false);
        }

        return new ExecutorSet(space, executors, reports, leftovers);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var executor in Executors)
            await executor.DisposeAsync().ConfigureAwait(false);
        if (_space.IsOk)
            _space.Value.Dispose();
    }
}

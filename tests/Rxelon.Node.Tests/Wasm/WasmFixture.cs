using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Wasm;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Wasm;

/// <summary>An executor with two threads over a state directory of its own.</summary>
public sealed class WasmFixture : IAsyncLifetime
{
    public TestState State { get; } = new();

    internal WasmExecutor Executor { get; private set; } = null!;

    public Task InitializeAsync()
    {
        Executor = new WasmExecutor(State.Space, 2, TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Executor.DisposeAsync();
        State.Dispose();
    }

    internal async Task<Ran> RunAsync(ProgramBundle program, byte[]? input = null, SandboxSpec? spec = null, CancellationToken cancel = default)
    {
        var prepared = await Executor.PrepareAsync(spec ?? Parts.Spec(), cancel);
        await using var sandbox = prepared.Value;
        using var output = new MemoryStream();
        var result = await sandbox.RunAsync(program, new MemoryStream(input ?? Parts.Input()), output, cancel);
        return new Ran(result, output.ToArray());
    }
}

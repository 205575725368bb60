using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Vm;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Vm;

/// <summary>The real QEMU with the image that <c>./rx test</c> built, and an executor that was fingerprinted.</summary>
public sealed class VmFixture : IAsyncLifetime
{
    public TestState State { get; } = new();

    public string Image { get; private set; } = "";

    internal VmExecutor Executor { get; private set; } = null!;

    internal ExecutorReport Report { get; private set; } = null!;

    internal string Machines => Path.Combine(State.Path, "vm");

    internal VmSettings Settings => new("qemu-system-x86_64", Path.Combine(State.Path, "vm-images"), Machines);

    public async Task InitializeAsync()
    {
        Image = (await new VmImages(Settings.Images).AddAsync(VmImageFolder.Required, CancellationToken.None)).Value;
        Executor = new VmExecutor(Settings, State.Space, TimeProvider.System);
        Report = await Executor.FingerprintAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (Executor is not null)
            await Executor.DisposeAsync();
        State.Dispose();
    }

    /// <summary>A shell script as the program.</summary>
    internal static ProgramBundle Shell(string script, params string[] args)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange(["/bin/sh", "-c", script, "sh"]);
        program.Args.AddRange(args);
        return program;
    }

    internal SandboxSpec Spec(long memory = 64 << 20, double seconds = 60, long output = 1 << 20, int part = 0)
        => Parts.Spec(memory, seconds, output, Image, part, 10, disk: 16 << 20);

    internal async Task<Ran> RunAsync(ProgramBundle program, byte[]? input = null, SandboxSpec? spec = null, CancellationToken cancel = default)
    {
        Assert.True(Report.Available, Report.Missing);
        var prepared = await Executor.PrepareAsync(spec ?? Spec(), CancellationToken.None);
        await using var sandbox = prepared.Value;
        using var output = new MemoryStream();
        var result = await sandbox.RunAsync(program, new MemoryStream(input ?? Parts.Input()), output, cancel);
        return new Ran(result, output.ToArray());
    }

    /// <summary>The record of the machine that runs.</summary>
    internal async Task<VmRecord> UntilRunningAsync()
        => await Eventually.GetAsync("a machine running", () => Task.FromResult(Records().FirstOrDefault(r => r.IsAlive())), 60);

    internal IReadOnlyList<VmRecord> Records()
        => Directory.Exists(Machines) ? [.. Directory.EnumerateFiles(Machines, "*.json").Select(VmRecord.Read).OfType<VmRecord>()] : [];
}

/// <summary>One image and one machine at a time.</summary>
[CollectionDefinition(Name)]
public sealed class VmTests : ICollectionFixture<VmFixture>
{
    public const string Name = "vm";
}

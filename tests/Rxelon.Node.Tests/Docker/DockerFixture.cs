using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Docker;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Docker;

/// <summary>The engine that <c>./rx test</c> started, an image of the machine's own busybox, and an executor that was fingerprinted.</summary>
public sealed class DockerFixture : IAsyncLifetime
{
    public TestState State { get; } = new();

    public string Image { get; private set; } = "";

    internal NodeId Node { get; } = NodeId.OfIdentityKey(Guid.NewGuid().ToByteArray());

    internal DockerExecutor Executor { get; private set; } = null!;

    internal ExecutorReport Report { get; private set; } = null!;

    internal static Uri Endpoint => new(BusyboxImage.RequiredEngine);

    public async Task InitializeAsync()
    {
        Executor = new DockerExecutor(Endpoint, Node, State.Space, TimeProvider.System);
        Image = await BusyboxImage.ImportAsync(Executor.Engine, "rxelon-test", "VOLUME /data", "ENV FROM_IMAGE=yes");
        Report = await Executor.FingerprintAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (Executor is not null)
            await Executor.DisposeAsync();
        State.Dispose();
    }

    /// <summary>A shell script as the program; busybox applets are reached through the shell.</summary>
    internal static ProgramBundle Shell(string script, params string[] args)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange(["/bin/sh", "-c", script, "sh"]);
        program.Args.AddRange(args);
        return program;
    }

    internal SandboxSpec Spec(long memory = 64 << 20, double seconds = 30, long output = 1 << 20, int part = 0, long disk = 16 << 20)
        => Parts.Spec(memory, seconds, output, Image, part, 10, disk: disk);

    /// <summary>Another executor on the same engine and plaintext space, which was probed already.</summary>
    internal async Task<DockerExecutor> ExecutorAsync(DockerTerms terms, TimeProvider? time = null)
    {
        var executor = new DockerExecutor(Endpoint, Node, State.Space, time ?? TimeProvider.System, terms);
        Assert.True(Report.Available, Report.Missing);
        await executor.AdoptAsync(Executor.Facts, CancellationToken.None);
        return executor;
    }

    internal Task<Ran> RunAsync(ProgramBundle program, byte[]? input = null, SandboxSpec? spec = null, CancellationToken cancel = default)
    {
        Assert.True(Report.Available, Report.Missing);
        return RunAsync(Executor, program, spec ?? Spec(), input, cancel);
    }

    internal static async Task<Ran> RunAsync(
        DockerExecutor executor, ProgramBundle program, SandboxSpec spec, byte[]? input = null, CancellationToken cancel = default)
    {
        var prepared = await executor.PrepareAsync(spec, cancel);
        Assert.Null(prepared.Fault);
        await using var sandbox = prepared.Value;
        using var output = new MemoryStream();
        var result = await sandbox.RunAsync(program, new MemoryStream(input ?? Parts.Input()), output, cancel);
        return new Ran(result, output.ToArray());
    }
}

/// <summary>One engine and one set of containers for all classes that need them.</summary>
[CollectionDefinition(Name)]
public sealed class DockerTests : ICollectionFixture<DockerFixture>
{
    public const string Name = "docker";
}

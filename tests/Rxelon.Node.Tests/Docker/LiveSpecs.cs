using Rxelon.Node.Executors;

namespace Rxelon.Node.Tests.Docker;

/// <summary>What can be seen of a container while it runs.</summary>
[Collection(DockerTests.Name)]
public sealed class LiveSpecs(DockerFixture docker)
{
    [Fact]
    public async Task What_a_program_writes_is_seen_while_it_runs()
    {
        var seen = new Seen();
        using var cancel = new CancellationTokenSource();
        var running = docker.RunAsync(
            DockerFixture.Shell("echo first; echo second >&2; busybox sleep 600"), spec: docker.Spec() with { Log = seen.Add }, cancel: cancel.Token);

        await Eventually.TrueAsync("both lines", () => Task.FromResult(seen.Text(LogSource.Stdout) == "first\n" && seen.Text(LogSource.Stderr) == "second\n"));

        Assert.False(running.IsCompleted);
        await cancel.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Output_beyond_the_limit_is_not_passed_on()
    {
        var seen = new Seen();

        await docker.RunAsync(DockerFixture.Shell("busybox yes"), spec: docker.Spec(output: 100_000) with { Log = seen.Add });

        Assert.Equal(100_000, seen.Text(LogSource.Stdout).Length);
    }

    [Fact]
    public async Task Use_of_cpu_memory_and_time_is_seen_while_it_runs()
    {
        var prepared = await docker.Executor.PrepareAsync(docker.Spec(), CancellationToken.None);
        await using var sandbox = prepared.Value;
        using var cancel = new CancellationTokenSource();
        var running = sandbox.RunAsync(DockerFixture.Shell("echo started; while :; do :; done"), new MemoryStream(Parts.Input()), Stream.Null, cancel.Token);

        await Eventually.TrueAsync("use of everything", () => Task.FromResult(
            sandbox.Stats() is { CpuMillis: > 200, Memory: > 100_000, PeakMemory: > 100_000, WallMillis: > 200, StdoutBytes: 8 }));

        Assert.False(running.IsCompleted);
        await cancel.CancelAsync();
        await running;
        Assert.InRange(sandbox.Stats().CpuMillis, 200, 60_000);
        Assert.Equal(0, sandbox.Stats().Memory);
    }
}

using System.Text.Json;
using Rxelon.Node.Executors.Docker;

namespace Rxelon.Node.Tests.Docker;

[Collection(DockerTests.Name)]
public sealed class ConfidentialitySpecs(DockerFixture docker)
{
    private const string Marker = "PLAINTEXT-MARKER-5d1c7e";

    /// <summary>Looks while the container runs and after it is gone: state directory, the engine's disk, the engine's own account of it.</summary>
    [Fact]
    public async Task Plaintext_is_nowhere_but_in_memory()
    {
        var program = DockerFixture.Shell("cat; cat /in/a; echo $1 $SECRET | busybox tee /out/result /tmp/t /data/d; echo $SECRET >&2; busybox sleep 600", Marker + "-arg");
        program.Env["SECRET"] = Marker + "-env";
        using var cancel = new CancellationTokenSource();
        var running = docker.RunAsync(program, Parts.Input(("stdin", Marker + "-stdin\n"), ("in/a", Marker + "-in\n")), cancel: cancel.Token);
        var container = await Containers.UntilRunningAsync(docker);
        await Eventually.TrueAsync(
            "the program wrote its file", () => Task.FromResult(TestState.FilesWith(docker.State.Space.Path, Marker + "-arg").Count >= 2));

        var inspected = JsonSerializer.Serialize(await docker.Executor.Engine.Containers.InspectContainerAsync(container.ID));
        var engineRoot = (await docker.Executor.Engine.System.GetSystemInfoAsync()).DockerRootDir;
        Assert.DoesNotContain(Marker, inspected, StringComparison.Ordinal);
        Assert.Empty(TestState.FilesWith(engineRoot, Marker));
        Assert.Empty(TestState.FilesWith(docker.State.Path, Marker, except: docker.State.Space.Path));
        Assert.Equal("tmpfs", Rxelon.Node.Executors.Plain.MountTable.TypeAt(docker.State.Space.Path));

        await cancel.CancelAsync();
        await running;
        Assert.Empty(TestState.FilesWith(docker.State.Path, Marker));
        Assert.Empty(TestState.FilesWith(engineRoot, Marker));
    }

    /// <summary>As after kill -9: the container still runs and nobody in this process remembers it.</summary>
    [Fact]
    public async Task Leftovers_of_a_killed_node_are_destroyed()
    {
        using var cancel = new CancellationTokenSource();
        var running = docker.RunAsync(DockerFixture.Shell("busybox sleep 600"), cancel: cancel.Token);
        await Containers.UntilRunningAsync(docker);

        await using var successor = new DockerExecutor(DockerFixture.Endpoint, docker.Node, docker.State.Space, TimeProvider.System);
        await successor.FingerprintAsync(CancellationToken.None);
        Assert.InRange(await successor.DestroyLeftoversAsync(CancellationToken.None), 1, 100);

        Assert.NotNull((await running).Result.Fault);
        Assert.DoesNotContain(await Containers.OfAsync(docker), c => c.State == "running");
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_reported_as_missing()
    {
        await using var none = new DockerExecutor(new Uri("unix:///nowhere/docker.sock"), docker.Node, docker.State.Space, TimeProvider.System);

        var report = await none.FingerprintAsync(CancellationToken.None);

        Assert.False(report.Available);
        Assert.Contains("does not work", report.Missing);
    }

    [Fact]
    public async Task Removed_containers_do_not_pile_up()
    {
        for (var i = 0; i < 3; i++)
            await docker.RunAsync(DockerFixture.Shell("true"));

        await Eventually.TrueAsync("all containers gone", async () => (await Containers.OfAsync(docker)).Count == 0);
    }
}

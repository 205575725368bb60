using Rxelon.Node.Executors.Docker;

namespace Rxelon.Node.Tests.Docker;

[Collection(DockerTests.Name)]
public sealed class UserNamespaceSpecs(DockerFixture docker, RemappedEngine engine) : IClassFixture<RemappedEngine>
{
    [Fact]
    public async Task An_engine_that_maps_users_is_recognized_and_runs_programs_as_nobody_of_this_machine()
    {
        await using var executor = new DockerExecutor(engine.Endpoint, docker.Node, docker.State.Space, TimeProvider.System);
        var image = await BusyboxImage.ImportAsync(executor.Engine, "rxelon-userns");
        var report = await executor.FingerprintAsync(CancellationToken.None);

        var ran = await DockerFixture.RunAsync(
            executor, DockerFixture.Shell("cat; cat /in/a; busybox id -u; busybox awk '{ print ($2 > 0) }' /proc/self/uid_map; echo x > /out/f"),
            docker.Spec() with { Image = image }, Parts.Input(("stdin", "s\n"), ("in/a", "a\n")));

        Assert.Empty(report.Warnings);
        Assert.Contains("users remapped", report.Limits);
        Assert.Null(ran.Result.Fault);
        Assert.Equal("s\na\n65534\n1\n", ran.Files["stdout"]);
        Assert.Equal("x\n", ran.Files["out/f"]);
    }
}

using Rxelon.Node.Executors;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Docker;

/// <summary>Containers that are asked to leave.</summary>
[Collection(DockerTests.Name)]
public sealed class CheckpointSpecs(DockerFixture docker)
{
    private const string SaveOnTerm =
        "trap 'echo saved > /out/.checkpoint.new; busybox mv /out/.checkpoint.new /out/.checkpoint; exit 0' TERM; echo up; while :; do busybox sleep 0.05; done";

    [Fact]
    public async Task A_program_that_is_asked_to_end_saves_its_state_and_has_no_result_though_it_says_it_succeeded()
    {
        await using var sandbox = await PrepareAsync();
        using var output = new MemoryStream();
        var running = sandbox.RunAsync(DockerFixture.Shell(SaveOnTerm), new MemoryStream(Parts.Input()), output, CancellationToken.None);
        await UpAsync(sandbox);
        Assert.False(sandbox.HasCheckpoint);

        Assert.True(await sandbox.AskToEndAsync());
        var ran = await running;

        Assert.Equal(FaultCodes.Stopped, ran.Fault?.Code);
        Assert.Equal(0, output.Length);
        Assert.Equal("saved\n", await ReadAsync(sandbox));
    }

    [Fact]
    public async Task A_program_that_does_not_listen_is_ended_and_what_it_had_saved_is_there()
    {
        await using var sandbox = await PrepareAsync();
        using var cancel = new CancellationTokenSource();
        var running = sandbox.RunAsync(
            DockerFixture.Shell("trap '' TERM; echo early > /out/.checkpoint; echo up; while :; do busybox sleep 0.05; done"),
            new MemoryStream(Parts.Input()), Stream.Null, cancel.Token);
        await UpAsync(sandbox);
        Assert.True(sandbox.HasCheckpoint);

        await sandbox.AskToEndAsync();
        await cancel.CancelAsync();

        Assert.Equal(FaultCodes.Stopped, (await running).Fault?.Code);
        Assert.Equal("early\n", await ReadAsync(sandbox));
    }

    [Fact]
    public async Task A_link_a_folder_or_a_pipe_in_its_place_opens_nothing()
    {
        foreach (var script in (string[])["busybox ln -s /etc/passwd /out/.checkpoint", "busybox mkdir /out/.checkpoint", "busybox mkfifo /out/.checkpoint"])
        {
            await using var sandbox = await PrepareAsync();
            var ran = await sandbox.RunAsync(DockerFixture.Shell(script), new MemoryStream(Parts.Input()), Stream.Null, CancellationToken.None);
            Assert.Null(ran.Fault);
            Assert.Null(sandbox.OpenCheckpoint());
        }
    }

    [Fact]
    public async Task A_checkpoint_is_read_from_the_input_and_is_no_part_of_the_result()
    {
        var ran = await docker.RunAsync(
            DockerFixture.Shell("busybox cat /in/.checkpoint; echo more > /out/.checkpoint; echo half > /out/.checkpoint.new; echo kept > /out/.checkpoints"),
            Parts.Input(("in/.checkpoint", "from before")));

        Assert.Null(ran.Result.Fault);
        Assert.Equal("from before", ran.Files["stdout"]);
        Assert.Equal(["out/.checkpoints", "stderr", "stdout"], ran.Files.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_container_that_has_ended_cannot_be_asked()
    {
        await using var sandbox = await PrepareAsync();
        Assert.False(await sandbox.AskToEndAsync());
        await sandbox.RunAsync(DockerFixture.Shell("true"), new MemoryStream(Parts.Input()), Stream.Null, CancellationToken.None);
        Assert.False(await sandbox.AskToEndAsync());
    }

    private async Task<ISandbox> PrepareAsync() => (await docker.Executor.PrepareAsync(docker.Spec(), CancellationToken.None)).Value;

    private static Task UpAsync(ISandbox sandbox) => Eventually.TrueAsync("the program", () => Task.FromResult(sandbox.Stats().StdoutBytes > 0));

    private static async Task<string> ReadAsync(ISandbox sandbox)
    {
        using var content = sandbox.OpenCheckpoint();
        Assert.NotNull(content);
        using var text = new StreamReader(content);
        return await text.ReadToEndAsync();
    }
}

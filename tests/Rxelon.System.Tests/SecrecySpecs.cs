using System.Security.Cryptography;
using System.Text;
using Rxelon.Drills;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>A random marker in everything that is secret, and then a search wherever plaintext must not be.</summary>
[Collection(SharedNetwork.Name)]
public sealed class SecrecySpecs(RunningNetwork net)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _marker = "MARK" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    [Fact]
    public async Task What_a_WebAssembly_task_sees_and_says_is_nowhere_but_with_its_owner()
    {
        var folder = Folder();
        var module = Wat.Module(folder, "tell-all", Wat.TellAll);

        var output = await RunAsync(folder, "wasm", module, "--", $"argument-{_marker}");

        // Otherwise this test would look for what was never there.
        Assert.Equal(4, output.Split(_marker).Length - 1);
        await AssertNowhereAsync();
    }

    [Fact]
    public async Task What_a_container_task_sees_and_says_is_nowhere_but_with_its_owner_not_even_while_it_runs()
    {
        using var engine = Engine.Connect();
        var image = await Engine.ImportAsync(engine);
        var root = (await engine.System.GetSystemInfoAsync()).DockerRootDir;
        var folder = Folder();
        var script = $"busybox cat > /out/copy; echo $VISIBLE $HIDDEN argument-{_marker} >> /out/copy; busybox sleep 4; busybox cat /out/copy";

        var running = RunAsync(folder, "docker", image, "--", "/bin/busybox", "sh", "-c", script);
        var seen = await Eventually.SeeAsync("its container", Patience, async () => (await Engine.SandboxesAsync(engine, net)).FirstOrDefault());
        var inspected = await engine.Containers.InspectContainerAsync(seen);
        Assert.DoesNotContain(_marker, global::System.Text.Json.JsonSerializer.Serialize(inspected), StringComparison.Ordinal);
        await AssertNowhereAsync(root);
        var output = await running;

        Assert.Contains($"argument-{_marker}", output, StringComparison.Ordinal);
        Assert.True(output.Split(_marker).Length - 1 >= 4, output);
        await AssertNowhereAsync(root);
    }

    private string Folder() => Directory.CreateDirectory(Path.Combine(net.Network.Directory, $"secret-{Guid.NewGuid():n}")).FullName;

    private async Task<string> RunAsync(string folder, string kind, params string[] program)
    {
        var run = await net.Network.CliAsync(
            RunningNetwork.User,
            ["run", kind, program[0], "--input", "-", "--env", $"VISIBLE=env-{_marker}", "--secret", "HIDDEN", "--out", "-", "--quiet", .. program[1..]],
            new Dictionary<string, string> { ["HIDDEN"] = $"secret-{_marker}" }, Encoding.UTF8.GetBytes($"input-{_marker}\n"), folder);
        Assert.True(run.Code == 0, run.ToString());
        return run.Out;
    }

    private async Task AssertNowhereAsync(params string[] more)
    {
        foreach (var place in (string[])[net.Network.HubData, .. net.Nodes.Select(n => n.State), net.Network.Accounts, .. more])
            Assert.Empty(await Places.ContainingAsync(place, _marker));
        foreach (var process in (RxProcess[])[net.Network.Hub, .. net.Nodes.Select(n => n.Process)])
        {
            Assert.DoesNotContain(_marker, process.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(_marker, File.ReadAllText($"/proc/{process.Id}/environ"), StringComparison.Ordinal);
            Assert.DoesNotContain(_marker, File.ReadAllText($"/proc/{process.Id}/cmdline"), StringComparison.Ordinal);
        }
    }
}

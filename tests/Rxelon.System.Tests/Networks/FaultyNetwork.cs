using System.Diagnostics;
using System.Text;
using Docker.DotNet;

namespace Rxelon.System.Tests.Networks;

/// <summary>
/// A network whose surroundings are made to fail: a container engine of its own, nodes of which the first has a small disk, and a hub
/// whose wall clock can be turned (libfaketime; its monotonic clock goes on as ever).
/// </summary>
public sealed class FaultyNetwork : RunningNetwork
{
    internal const int SmallDiskMegabytes = 24;
    private PrivateEngine? _engine;

    internal PrivateEngine Engine => _engine!;

    internal DockerClient Client { get; private set; } = null!;

    /// <summary>What the nodes keep on disk; the first one's state is a file system of <see cref="SmallDiskMegabytes"/>.</summary>
    internal string SmallDisk => Path.Combine(Network.Directory, "node1");

    protected override IReadOnlyList<string> NodeArguments
        => ["--executors", "wasm,docker,vm", "--docker", Engine.Endpoint.ToString(), "--vm-images", Path.Combine(Network.Directory, "vm-images"), "--slots", "16", "--allow-swap"];

    protected override IReadOnlyDictionary<string, string> HubEnvironment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = ClockFile,
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_DONT_RESET"] = "1",
    };

    private static string Library
        => Directory.GetDirectories("/usr/lib", "*-linux-gnu").Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("There is no libfaketime: run ./rx test, which installs it.");

    private string ClockFile => Path.Combine(Network.Directory, "clock");

    public override async Task InitializeAsync()
    {
        _ = VmImageFolder.Required;
        TurnClock(TimeSpan.Zero);
        _engine = await PrivateEngine.StartAsync();
        Client = new DockerClientConfiguration(Engine.Endpoint).CreateClient();
        Directory.CreateDirectory(SmallDisk);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={SmallDiskMegabytes}m", "tmpfs", SmallDisk);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Client?.Dispose();
        if (_engine is not null)
            await _engine.DisposeAsync();
    }

    /// <summary>The hub's clock differs from the machine's by that much from now on.</summary>
    internal void TurnClock(TimeSpan ahead)
    {
        // In one step: the library reads it whenever somebody asks for the time.
        using var file = new FileStream(ClockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Encoding.ASCII.GetBytes($"{(long)ahead.TotalSeconds,10:+0;-0;+0}\n"));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}

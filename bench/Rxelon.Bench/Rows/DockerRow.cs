using System.Diagnostics;
using Docker.DotNet.Models;
using Rxelon.Bench.Solo;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads.Program;
using Resources = Rxelon.Shared.Values.Resources;

namespace Rxelon.Bench.Rows;

/// <summary>
/// A container attempt, from its assignment to its signed report, over the same container started straight through the engine:
/// same image, program, host configuration and start file. Both are measured in turn; removals are outside of both.
/// </summary>
internal sealed class DockerRow : IBenchRow
{
    private const string EngineVariable = "RXELON_TEST_DOCKER";
    private const long OutputBytes = 1 << 20;
    private const double Promise = 1.15;
    private static readonly Resources Room = new(1000, 64 << 20, 16 << 20);

    public string Name => "docker";

    public string About => "attempt time over the same hardened container straight through the engine";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        if (Environment.GetEnvironmentVariable(EngineVariable) is not { Length: > 0 } engine)
            return RowResult.DidNotRun($"{EngineVariable} names no engine; ./rx bench starts one.");
        if (!File.Exists(BusyboxImage.Program))
            return RowResult.DidNotRun($"There is no {BusyboxImage.Program}: install busybox-static.");
        var started = await SoloNode.StartAsync(new Uri(engine), cancel).ConfigureAwait(false);
        if (started.Fault is { } fault)
            return RowResult.DidNotRun(fault.Message);
        var node = started.Value;
        await using (node.ConfigureAwait(false))
            return await RunAsync(node, run, cancel).ConfigureAwait(false);
    }

    private static async Task<RowResult> RunAsync(SoloNode node, BenchRun run, CancellationToken cancel)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange([BusyboxImage.Program, "cat"]);
        byte[] stdin = [.. Enumerable.Repeat((byte)'x', 1024)];
        var image = await BusyboxImage.ImportAsync(node.Docker.Engine, "rxelon-bench").ConfigureAwait(false);
        var task = new SoloTask(program, image, Room, OutputBytes, stdin);
        var cell = node.Space.Rent(OutputBytes);
        await WriteStartAsync(cell, program.Command, stdin, cancel).ConfigureAwait(false);
        var request = Hardening.Container(
            new ContainerImage(image, [], [], [], "/", []), DockerSandbox.DefaultUser, cell, Room, Hardening.Processes, node.Docker.Facts,
            node.Docker.Node, new AttemptId(task.Id, 0, 1).ToString());

        var runs = run.Times(100, 10);
        run.Say($"{runs} runs");
        List<double> attempts = [], straight = [], ratios = [];
        for (var i = -3; i < runs; i++)
        {
            var bare = await StraightAsync(node, request, stdin.Length, cancel).ConfigureAwait(false);
            var attempt = await node.AttemptAsync(task, i + 4, cancel).ConfigureAwait(false);
            await UntilRemovedAsync(node, cancel).ConfigureAwait(false);
            if (i < 0)
                continue;
            straight.Add(bare.TotalMilliseconds);
            attempts.Add(attempt.TotalMilliseconds);
            ratios.Add(attempt / bare);
        }

        node.Space.Return(cell);
        return new RowResult(
            [
                new Figure("container straight through the engine", "ms", straight),
                new Figure("attempt, assignment to signed report", "ms", attempts),
                new Figure("attempt / straight", "ratio", ratios, Target.Most(Promise)),
            ],
            [$"docker {node.Docker.Facts.Version}, {node.Docker.Facts.Runtime}; the program copies 1 KiB from stdin to stdout"]);
    }

    /// <summary>Create, attach, start, read to the end, wait; nothing else a caller of the engine could leave out.</summary>
    private static async Task<TimeSpan> StraightAsync(SoloNode node, CreateContainerParameters request, int expected, CancellationToken cancel)
    {
        var containers = node.Docker.Engine.Containers;
        var start = Stopwatch.GetTimestamp();
        var id = (await containers.CreateContainerAsync(request, cancel).ConfigureAwait(false)).ID;
        try
        {
            var attach = new ContainerAttachParameters { Stream = true, Stdout = true, Stderr = true };
            using var streams = await containers.AttachContainerAsync(id, false, attach, cancel).ConfigureAwait(false);
            await containers.StartContainerAsync(id, new ContainerStartParameters(), cancel).ConfigureAwait(false);
            var waiting = containers.WaitContainerAsync(id, cancel);
            using var output = new MemoryStream();
            await streams.CopyOutputToAsync(Stream.Null, output, Stream.Null, cancel).ConfigureAwait(false);
            var end = await waiting.ConfigureAwait(false);
            var elapsed = Stopwatch.GetElapsedTime(start);
            return end.StatusCode == 0 && output.Length == expected
                ? elapsed
                : throw new InvalidOperationException($"The bare container ended with {end.StatusCode} and {output.Length} bytes.");
        }
        finally
        {
            await containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true }, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task WriteStartAsync(PlainCell cell, IReadOnlyList<string> command, byte[] stdin, CancellationToken cancel)
    {
        await File.WriteAllBytesAsync(cell.Stdin, stdin, cancel).ConfigureAwait(false);
        await File.WriteAllBytesAsync(cell.Start, StartProgram.Build(command, new Dictionary<string, string> { ["HOME"] = "/tmp" }, "/", hasGate: false), cancel).ConfigureAwait(false);
        if (!OperatingSystem.IsLinux())
            return;
        File.SetUnixFileMode(cell.Start, DockerProbes.StartFileMode);
        File.SetUnixFileMode(cell.Stdin, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>The node removes containers in the background: the next run waits until it has.</summary>
    private static async Task UntilRemovedAsync(SoloNode node, CancellationToken cancel)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool> { [$"{Hardening.NodeLabel}={node.Docker.Node}"] = true },
        };
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while ((await node.Docker.Engine.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filter }, cancel).ConfigureAwait(false)).Count > 0)
            await tick.WaitForNextTickAsync(cancel).ConfigureAwait(false);
    }
}

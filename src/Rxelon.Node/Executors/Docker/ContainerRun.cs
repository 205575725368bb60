using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Archives;

namespace Rxelon.Node.Executors.Docker;

/// <summary>How a container ended. The exit code is -1 when it was killed because of its time or a stop.</summary>
internal sealed record ContainerEnd(long ExitCode, bool TimedOut, bool Stopped, CgroupSample Usage);

/// <summary>Create, attach, start, wait, and no engine call beyond that; the removal happens in the background.</summary>
internal sealed class ContainerRun(IDockerClient engine, TimeProvider time)
{
    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Runs the container to its end; <paramref name="started"/> is awaited as soon as it runs. Throws <see cref="DockerApiException"/> when the engine refuses it. Whatever happens, the
    /// container's processes are dead when this returns, or the engine is broken, which is an exception.
    /// </summary>
    internal async Task<ContainerEnd> RunAsync(
        CreateContainerParameters container, TimeSpan limit, ChunkedBuffer stdout, TailBuffer stderr, LogSink? log,
        Action<CgroupUsage> created, Func<string, Task>? started, CancellationToken cancel)
    {
        var id = (await engine.Containers.CreateContainerAsync(container, CancellationToken.None).ConfigureAwait(false)).ID;
        var usage = new CgroupUsage(id);
        created(usage);
        var attach = new ContainerAttachParameters { Stream = true, Stdout = true, Stderr = true };
        using var streams = await engine.Containers.AttachContainerAsync(id, false, attach, CancellationToken.None).ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timeout = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, timeout.Token);
        await engine.Containers.StartContainerAsync(id, new ContainerStartParameters(), CancellationToken.None).ConfigureAwait(false);
        if (started is not null)
            await started(id).ConfigureAwait(false);

        var sampling = SampleAsync(usage, both.Token);
        var reading = ReadAsync(streams, stdout, stderr, log, ending, usage);
        var waiting = engine.Containers.WaitContainerAsync(id, CancellationToken.None);
        var exited = await EndsAsync(waiting, both.Token).ConfigureAwait(false);
        if (!exited)
            await KillAsync(id).ConfigureAwait(false);
        var status = (await waiting.WaitAsync(KillPatience, time, CancellationToken.None).ConfigureAwait(false)).StatusCode;
        await reading.WaitAsync(KillPatience, time, CancellationToken.None).ConfigureAwait(false);
        await both.CancelAsync().ConfigureAwait(false);
        await sampling.ConfigureAwait(false);
        var timedOut = !exited && timeout.IsCancellationRequested && !cancel.IsCancellationRequested && !stdout.Exceeded;
        return new ContainerEnd(exited ? status : -1, timedOut, !exited && cancel.IsCancellationRequested, usage.Last);
    }

    private static async Task<bool> EndsAsync(Task waiting, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource();
        await using var registered = stop.Register(stopped.SetResult).ConfigureAwait(false);
        return await Task.WhenAny(waiting, stopped.Task).ConfigureAwait(false) == waiting;
    }

    private async Task KillAsync(string id)
    {
        try
        {
            await engine.Containers.KillContainerAsync(id, new ContainerKillParameters { Signal = "KILL" }).ConfigureAwait(false);
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // It ended by itself meanwhile; the wait says how.
        }
    }

    /// <summary>
    /// Reads to the end of both streams; a program that prints too much is ended. The last usage is taken while its cgroup still
    /// exists.
    /// </summary>
    private static async Task ReadAsync(
        MultiplexedStream streams, ChunkedBuffer stdout, TailBuffer stderr, LogSink? log, CancellationTokenSource ending, CgroupUsage usage)
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            var read = await streams.ReadOutputAsync(buffer, 0, buffer.Length, CancellationToken.None).ConfigureAwait(false);
            if (read.EOF)
                break;
            var bytes = buffer.AsSpan(0, read.Count);
            if (read.Target == MultiplexedStream.TargetStream.StandardError)
            {
                stderr.Write(bytes);
                log?.Invoke(LogSource.Stderr, bytes);
            }
            else
            {
                var before = stdout.Length;
                stdout.Write(bytes);
                log?.Invoke(LogSource.Stdout, bytes[..(int)(stdout.Length - before)]);
            }

            if (stdout.Exceeded && !ending.IsCancellationRequested)
                await ending.CancelAsync().ConfigureAwait(false);
        }

        usage.Sample();
    }

    private async Task SampleAsync(CgroupUsage usage, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(CgroupUsage.Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
                usage.Sample();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            usage.Sample();
        }
    }
}

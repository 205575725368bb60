using System.Globalization;
using System.Net;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Egress;
using Rxelon.Node.Executors.Gpus;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Docker;

/// <summary>One attempt's container and its cell of the plaintext space.</summary>
internal sealed class DockerSandbox(DockerExecutor executor, SandboxSpec spec, ContainerImage? found, GpuLease gpus) : ISandbox
{
    internal const string DefaultUser = "65534:65534";

    private readonly PlainCell _cell = executor.Space.Rent(spec.OutputBytes);
    private readonly ChunkedBuffer _stdout = new(spec.OutputBytes);
    private readonly TailBuffer _stderr = new(PartArchive.StderrTail);
    private readonly IDisposable _use = executor.Budget.Use(spec.Image!);
    private readonly TailBuffer _connections = new(PartArchive.StderrTail / 4);
    private readonly Lock _writing = new();
    private ContainerImage? _image = found;
    private CgroupUsage? _usage;
    private string? _container;
    private volatile Task<bool>? _asked;
    private bool _ended;
    private long _started;
    private long _wallMillis;

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        var user = User(program.User);
        if (user.Fault is { } wrongUser)
            return new RunResult(wrongUser, default, "");

        // One that came with the task is there by now.
        if (_image is null)
        {
            var looked = await executor.Images.LookUpAsync(spec.Image, cancel).ConfigureAwait(false);
            if (looked.Fault is { } missing)
                return new RunResult(missing, default, "");
            _image = looked.Value;
        }

        // Unpacking and packing block on streams and files; the pool's thread is the right place, unless it is for long.
        var image = _image;
        var unpacked = await (spec.InputArrives ? Workers.RunApartAsync(() => Unpack(image, program, input))
            : Task.Run(() => Unpack(image, program, input), CancellationToken.None)).ConfigureAwait(false);
        if (unpacked.Fault is { } wrong)
            return new RunResult(wrong, default, "");
        var container = Hardening.Container(
            _image, user.Value, _cell, spec.Resources, Hardening.Processes, executor.Facts, executor.Node, spec.Attempt.ToString());
        Hardening.AddGpus(container.HostConfig, gpus.Gpus, executor.Scan);
        _started = executor.Time.GetTimestamp();
        ContainerEnd end;
        SandboxNetwork? network = null;
        try
        {
            if (spec.Network is { } destinations)
                network = new SandboxNetwork(executor, destinations, spec.Attempt.ToString(), _cell.Gate, OnConnection);
            end = await new ContainerRun(executor.Engine, executor.Time)
                .RunAsync(container, spec.Time, _stdout, _stderr, spec.Log is null ? null : OnWritten, OnCreated, network is null ? null : network.OpenAsync, cancel)
                .ConfigureAwait(false);
            _ended = true;
        }
        catch (Exception e) when (DockerExecutor.IsEngineTrouble(e))
        {
            return new RunResult(EngineFault(e), default, "");
        }
        finally
        {
            if (network is not null)
                await network.DisposeAsync().ConfigureAwait(false);
        }

        // All connections are over. Their account stands behind what the program wrote.
        _stderr.Write(_connections.ToArray());
        var metering = Measure(end, unpacked.Value);
        // A program that was asked to end may well say that it succeeded.
        var asked = _asked is { } asking && await asking.ConfigureAwait(false);
        var fault = asked ? LimitFaults.Stopped : await JudgeAsync(end).ConfigureAwait(false);
        if (fault is null)
        {
            var packed = await Task.Run(() => Pack(output), CancellationToken.None).ConfigureAwait(false);
            fault = packed.Fault;
            metering = packed.IsOk ? metering with { OutputBytes = packed.Value } : metering;
        }

        return new RunResult(fault, metering, _stderr.ToText());
    }

    /// <inheritdoc/>
    public async Task<bool> AskToEndAsync()
    {
        if (_container is not { } container || _ended)
            return false;
        var asked = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked = asked.Task; // before the signal: the program's end must not be taken for its own
        try
        {
            asked.SetResult(await TerminateAsync(container).ConfigureAwait(false));
        }
        finally
        {
            asked.TrySetResult(true);
        }

        return await asked.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool HasCheckpoint => CheckpointFile.IsIn(_cell);

    /// <inheritdoc/>
    public Stream? OpenCheckpoint() => OperatingSystem.IsLinux() && _ended ? CheckpointFile.Open(_cell, spec.OutputBytes) : null;

    /// <inheritdoc/>
    public LiveUsage Stats()
    {
        var last = _usage?.Last ?? default;
        var wall = _wallMillis > 0 || _started == 0 ? _wallMillis : (long)executor.Time.GetElapsedTime(_started).TotalMilliseconds;
        return new LiveUsage(
            wall, (long)last.Cpu.TotalMilliseconds, last.PeakMemory, _wallMillis > 0 ? 0 : last.Memory, last.ReadBytes, last.WrittenBytes, _stdout.Length);
    }

    /// <summary>
    /// Cell and GPUs go to the next attempt only when no container can reach them any more: with one that the engine could not end they
    /// wait until it did.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        using var use = _use;
        if (_container is { } container)
        {
            if (!_ended && !await executor.Removals.RemoveAsync(container).ConfigureAwait(false))
            {
                executor.Removals.RemoveLater(container, GiveBack);
                return;
            }

            if (_ended)
                executor.Removals.RemoveLater(container);
        }

        GiveBack();
    }

    private void GiveBack()
    {
        gpus.Dispose();
        executor.Space.Return(_cell);
    }

    /// <summary>False when the container had ended by itself.</summary>
    private async Task<bool> TerminateAsync(string container)
    {
        try
        {
            await executor.Engine.Containers.KillContainerAsync(container, new ContainerKillParameters { Signal = "TERM" }).ConfigureAwait(false);
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private Outcome<long> Unpack(ContainerImage image, ProgramBundle program, Stream input)
    {
        var unpacked = InputUnpacker.Unpack(input, _cell, spec.Resources.Disk);
        if (!unpacked.IsOk)
            return unpacked;
        var command = Command(image, program);
        if (command.Count == 0)
            return BadProgram("Neither the task nor the image names a command.");
        var environment = Environment(image, program);
        var workdir = program.Workdir is { Length: > 0 } named ? named : image.Workdir;
        if (command.Append(workdir).Concat(environment.Keys).Concat(environment.Values).Any(t => t.Contains('\0', StringComparison.Ordinal)))
            return BadProgram("An argument or environment variable holds a zero byte.");
        File.WriteAllBytes(_cell.Start, StartProgram.Build(command, environment, workdir, spec.Network is not null));
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(_cell.Start, DockerProbes.StartFileMode);
        return unpacked;
    }

    private Outcome<long> Pack(Stream output) => OperatingSystem.IsLinux()
        ? ResultPacker.Pack(output, _stdout, _stderr, _cell, spec.OutputBytes)
        : throw new PlatformNotSupportedException();

    /// <summary>As Docker composes it: the image's entry point, then the task's command or else the image's, then the arguments.</summary>
    private IReadOnlyList<string> Command(ContainerImage image, ProgramBundle program)
        => ProgramArguments.Fill(image.Entrypoint.Concat(program.Command.Count > 0 ? program.Command : image.Command).Concat(program.Args), spec);

    private Dictionary<string, string> Environment(ContainerImage image, ProgramBundle program)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = "/tmp" };
        foreach (var entry in image.Environment)
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                environment[entry[..equals]] = entry[(equals + 1)..];
        }

        if (spec.Network is not null)
        {
            foreach (var (name, value) in EgressProxy.Environment)
                environment[name] = value;
        }

        foreach (var (name, value) in program.Env)
            environment[name] = value;
        return environment;
    }

    private async Task<Fault?> JudgeAsync(ContainerEnd end)
    {
        if (end.Stopped)
            return LimitFaults.Stopped;
        if (_stdout.Exceeded)
            return LimitFaults.Output(spec.OutputBytes);
        if (end.TimedOut)
            return LimitFaults.Time(spec.Time);
        if (end.ExitCode == 0)
            return null;

        // Only a program that failed costs one more call to the engine. One that ends kills its containers: no program is to blame for that.
        try
        {
            if ((await executor.Engine.Containers.InspectContainerAsync(_container).ConfigureAwait(false)).State.OOMKilled)
                return LimitFaults.Memory(spec.Resources.Memory);
        }
        catch (Exception e) when (DockerExecutor.IsEngineTrouble(e))
        {
            return EngineFault(e);
        }

        if (_cell.IsFull)
            return LimitFaults.Output(spec.OutputBytes);
        return end.ExitCode == StartProgram.NotFound
            ? new Fault(
                FaultCodes.ProgramFailed,
                "The program ended with exit code 127: the command or the work directory does not exist in the image, or the program says so.",
                Culprit.Program)
            : LimitFaults.ExitCode(end.ExitCode);
    }

    /// <summary>The program's owner reads it in the log, which is encrypted.</summary>
    private void OnConnection(EgressRecord record)
    {
        var line = Encoding.UTF8.GetBytes($"[network] {record}\n");
        lock (_writing)
        {
            _connections.Write(line);
            spec.Log?.Invoke(LogSource.Stderr, line);
        }
    }

    private void OnWritten(LogSource source, ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
            spec.Log!(source, bytes);
    }

    private void OnCreated(CgroupUsage usage) => (_usage, _container) = (usage, usage.Container);

    private Metering Measure(ContainerEnd end, long inputBytes) => new(
        _wallMillis = Math.Max(1, (long)executor.Time.GetElapsedTime(_started).TotalMilliseconds), (long)end.Usage.Cpu.TotalMilliseconds, end.Usage.PeakMemory, 0,
        inputBytes, _stdout.Length, (int)end.ExitCode);

    private Fault EngineFault(Exception e) => e switch
    {
        DockerImageNotFoundException => executor.Images.Lost(spec.Image!),
        DockerApiException { StatusCode: HttpStatusCode.NotFound } when _container is null => executor.Images.Lost(spec.Image!),
        DockerApiException => new Fault(FaultCodes.ExecutorFailed, $"The container engine refused the container: {e.Message}", Culprit.Node, Retryable: true),
        _ => new Fault(FaultCodes.ExecutorFailed, $"The container engine went away: {e.Message}", Culprit.Node, Retryable: true),
    };

    /// <summary>A number other than root's: the host's kernel knows users by number only.</summary>
    private static Outcome<string> User(string user)
    {
        if (user.Length == 0)
            return DefaultUser;
        var ids = user.Split(':');
        return ids.Length <= 2 && ids.All(id => uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            ? (ids.Length == 2 ? user : $"{user}:{user}")
            : BadProgram("The user is not a number above 0 or two of them, such as 1000:1000.");
    }

    private static Fault BadProgram(string message) => new(FaultCodes.BadProgram, message, Culprit.Program);
}

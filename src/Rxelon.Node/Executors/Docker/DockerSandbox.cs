using System.Globalization;
using System.Net;
using Docker.DotNet;
using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Docker;

/// <summary>One attempt's container and its cell of the plaintext space.</summary>
internal sealed class DockerSandbox(DockerExecutor executor, SandboxSpec spec, ContainerImage image) : ISandbox
{
    internal const string DefaultUser = "65534:65534";

    private readonly PlainCell _cell = executor.Space.Rent(spec.OutputBytes);
    private readonly ChunkedBuffer _stdout = new(spec.OutputBytes);
    private readonly TailBuffer _stderr = new(PartArchive.StderrTail);
    private string? _container;
    private long _started;
    private Metering? _final;

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        var user = User(program.User);
        if (user.Fault is { } wrongUser)
            return new RunResult(wrongUser, default, "");

        // Unpacking and packing block on streams and files; the pool's thread is the right place.
        var unpacked = await Task.Run(() => Unpack(program, input), CancellationToken.None).ConfigureAwait(false);
        if (unpacked.Fault is { } wrong)
            return new RunResult(wrong, default, "");
        var container = Hardening.Container(
            image, user.Value, _cell, spec.Resources, Hardening.Processes, executor.Facts, executor.Node, spec.Attempt.ToString());
        _started = executor.Time.GetTimestamp();
        ContainerEnd end;
        try
        {
            end = await new ContainerRun(executor.Engine, executor.Time)
                .RunAsync(container, spec.Time, _stdout, _stderr, id => _container = id, cancel).ConfigureAwait(false);
        }
        catch (DockerApiException e)
        {
            return new RunResult(EngineFault(e), default, "");
        }

        var metering = Measure(end, unpacked.Value);
        var fault = await JudgeAsync(end).ConfigureAwait(false);
        if (fault is null)
        {
            var packed = await Task.Run(() => Pack(output), CancellationToken.None).ConfigureAwait(false);
            fault = packed.Fault;
            metering = packed.IsOk ? metering with { OutputBytes = packed.Value } : metering;
        }

        _final = metering;
        return new RunResult(fault, metering, _stderr.ToText());
    }

    /// <inheritdoc/>
    public Metering Stats()
        => _final ?? (_started == 0 ? default : new Metering((long)executor.Time.GetElapsedTime(_started).TotalMilliseconds, 0, 0, 0, 0, 0, 0));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_container is { } container)
            executor.RemoveLater(container);
        executor.Space.Return(_cell);
        return ValueTask.CompletedTask;
    }

    private Outcome<long> Unpack(ProgramBundle program, Stream input)
    {
        var unpacked = InputUnpacker.Unpack(input, _cell, spec.Resources.Disk);
        if (!unpacked.IsOk)
            return unpacked;
        var command = Command(program);
        if (command.Count == 0)
            return BadProgram("Neither the task nor the image names a command.");
        var environment = Environment(program);
        var workdir = program.Workdir is { Length: > 0 } named ? named : image.Workdir;
        if (command.Append(workdir).Concat(environment.Keys).Concat(environment.Values).Any(t => t.Contains('\0', StringComparison.Ordinal)))
            return BadProgram("An argument or environment variable holds a zero byte.");
        File.WriteAllBytes(_cell.Start, StartProgram.Build(command, environment, workdir));
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(_cell.Start, DockerProbes.StartFileMode);
        return unpacked;
    }

    private Outcome<long> Pack(Stream output)
        => OperatingSystem.IsLinux() ? ResultPacker.Pack(output, _stdout, _stderr, _cell, spec.OutputBytes) : throw new PlatformNotSupportedException();

    /// <summary>As Docker composes it: the image's entry point, then the task's command or else the image's, then the arguments.</summary>
    private IReadOnlyList<string> Command(ProgramBundle program)
        => ProgramArguments.Fill(image.Entrypoint.Concat(program.Command.Count > 0 ? program.Command : image.Command).Concat(program.Args), spec);

    private Dictionary<string, string> Environment(ProgramBundle program)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = "/tmp" };
        foreach (var entry in image.Environment)
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                environment[entry[..equals]] = entry[(equals + 1)..];
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

        // Only a program that failed costs one more call to the engine.
        var state = (await executor.Engine.Containers.InspectContainerAsync(_container).ConfigureAwait(false)).State;
        if (state.OOMKilled)
            return LimitFaults.Memory(spec.Resources.Memory);
        if (_cell.IsFull)
            return LimitFaults.Output(spec.OutputBytes);
        return end.ExitCode == StartProgram.NotFound
            ? new Fault(FaultCodes.ProgramFailed, "The program ended with exit code 127: the command or the work directory does not exist in the image, or the program says so.", Culprit.Program)
            : LimitFaults.ExitCode(end.ExitCode);
    }

    private Metering Measure(ContainerEnd end, long inputBytes) => new(
        (long)executor.Time.GetElapsedTime(_started).TotalMilliseconds, (long)end.Usage.Cpu.TotalMilliseconds, end.Usage.PeakMemory, 0,
        inputBytes, _stdout.Length, (int)end.ExitCode);

    private Fault EngineFault(DockerApiException e)
        => e is DockerImageNotFoundException || (_container is null && e.StatusCode == HttpStatusCode.NotFound)
            ? executor.Images.Lost(spec.Image!)
            : new Fault(FaultCodes.ExecutorFailed, $"The container engine refused the container: {e.Message}", Culprit.Node, Retryable: true);

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

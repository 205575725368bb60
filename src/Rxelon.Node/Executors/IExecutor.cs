using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors;

/// <summary>
/// An adapter that makes sandboxes of one kind. Plain classes, no actors: the supervising attempt actor calls them. Every method
/// may be called from any thread; one <see cref="ISandbox"/> is used by one attempt only. Expected failures are
/// <see cref="Fault"/> values; exceptions mean a bug or a broken machine. Faults reach the hub in the clear: they never quote
/// the program, its arguments or its data.
/// </summary>
public interface IExecutor : IAsyncDisposable
{
    WorkloadKind Kind { get; }

    /// <summary>
    /// Probes what is here and whether each limit really bites. <see cref="ExecutorReport.Missing"/> says why this machine cannot
    /// run the kind.
    /// </summary>
    Task<ExecutorReport> FingerprintAsync(CancellationToken cancel);

    /// <summary>The images that are here now, for kinds that run images; null for the others. Cheap enough to ask every few seconds.</summary>
    Task<IReadOnlyList<string>?> ImagesAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>?>(null);

    /// <summary>What a cluster behind this executor offers now, for kinds that run models; null for the others. Looks at memory only.</summary>
    ModelPool? Pool() => null;

    /// <summary>What runs the programs, by name and SHA-256: the engine, the emulator's file, the native library. Read anew at each call.</summary>
    Task<IReadOnlyList<(string Name, byte[] Digest)>> MeasureAsync(CancellationToken cancel)
        => Task.FromResult<IReadOnlyList<(string Name, byte[] Digest)>>([]);

    /// <summary>
    /// Reads the content of an image that is on offer here and gives what it hashes to: the digest in the image's name when it is whole.
    /// Null when this executor does not have it or cannot look just now.
    /// </summary>
    Task<byte[]?> MeasureImageAsync(string image, CancellationToken cancel) => Task.FromResult<byte[]?>(null);

    /// <summary>Everything that needs no key: checks the image, reserves the directories and the tmpfs.</summary>
    Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel);

    /// <summary>
    /// Brings the image that came with a task to where sandboxes find it, under the id that the task states and for sandboxes of
    /// such tasks only, until what is returned is disposed. <paramref name="archive"/> is read once, as <see cref="ImageArchive"/>
    /// says. What the stream throws goes through.
    /// </summary>
    Task<Outcome<IAsyncDisposable>> TakeImageAsync(string image, Stream archive, CancellationToken cancel)
        => throw new NotSupportedException($"{Kind} sandboxes have no images.");

    /// <summary>Finds sandboxes left by a killed node process and destroys them; returns how many.</summary>
    Task<int> DestroyLeftoversAsync(CancellationToken cancel);
}

/// <summary>What an executor can do here. <see cref="Missing"/> says why not, when it cannot.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="Available">True when it can run attempts.</param>
/// <param name="Runtime">Name and version, such as "wasmtime 50.0.1".</param>
/// <param name="Images">Docker: the ids and digests present.</param>
/// <param name="Limits">Limits that were seen to bite, in plain words.</param>
/// <param name="Warnings">Limits that do not bite here or were not probed, in plain words.</param>
/// <param name="Missing">Why it is not available.</param>
public sealed record ExecutorReport(
    WorkloadKind Kind, bool Available, string Runtime, IReadOnlyList<string> Images, IReadOnlyList<string> Limits,
    IReadOnlyList<string> Warnings, string? Missing)
{
    /// <summary>Model executors: the cluster as it was last seen.</summary>
    public ModelPool? Pool { get; init; }

    /// <summary>Docker: registries that images are pulled from, <c>HOST[:PORT][/PREFIX]</c>.</summary>
    public IReadOnlyList<string> Registries { get; init; } = [];

    /// <summary>Docker: images that come encrypted with a task are run.</summary>
    public bool TakesImages { get; init; }

    /// <summary>Docker: where programs may connect to: <c>any</c>, <c>[*.]HOST</c>, <c>[*.]HOST:PORT</c>.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>GPUs that attempts can have.</summary>
    public IReadOnlyList<GpuInfo> Gpus { get; init; } = [];

    /// <summary>What turns out only later, such as images that could not be preloaded, in plain words; null for nothing.</summary>
    public Task<IReadOnlyList<string>>? Later { get; init; }

    /// <summary>
    /// The attestation that it can show for a session key (PartsReady.quote), by the name of its hardware; null: none, as of every executor
    /// here. Custody "attested" asks for one, and is refused as long as nobody has it.
    /// </summary>
    public string? Attestation { get; init; }

    /// <summary>A kind that this machine cannot run.</summary>
    internal static ExecutorReport NotHere(WorkloadKind kind, string why) => new(kind, false, "", [], [], [], why);
}

/// <summary>What a sandbox must be held to.</summary>
public sealed record SandboxSpec(
    AttemptId Attempt, string? Image, Resources Resources, TimeSpan Time, long OutputBytes, int Part, int Parts, int Round = 1)
{
    /// <summary>Docker: where the image may be pulled from when it is not here; null for nowhere.</summary>
    public string? Repository { get; init; }

    /// <summary>Docker: the image comes with the task, by <see cref="IExecutor.TakeImageAsync"/> before the program runs.</summary>
    public bool ShipsImage { get; init; }

    /// <summary>GPUs that the sandbox gets for itself; null for none.</summary>
    public GpuRequest? Gpu { get; init; }

    /// <summary>Docker: where the program may connect to; null for nowhere.</summary>
    public NetworkRequest? Network { get; init; }

    /// <summary>Reading the input may wait for the network: for longer than a thread that others want should be kept.</summary>
    public bool InputArrives { get; init; }

    /// <summary>Gets what the program writes while it runs; null for nobody.</summary>
    public LogSink? Log { get; init; }
}

/// <summary>Which of a program's outputs.</summary>
public enum LogSource
{
    Stdout = 1,
    Stderr = 2,
}

/// <summary>
/// Called with what a program writes, as it comes and in order, on one thread at a time: plaintext, not cut at lines, from stdout
/// up to the output limit. The bytes are valid during the call only. Must return at once, because the program waits for it.
/// </summary>
public delegate void LogSink(LogSource source, ReadOnlySpan<byte> bytes);

/// <summary>
/// What a sandbox uses, so far or now: CPU and wall time in milliseconds, memory in bytes (largest, and now), bytes that it moved to and
/// from disks. 0 where it cannot be told.
/// </summary>
public readonly record struct LiveUsage(
    long WallMillis, long CpuMillis, long PeakMemory, long Memory, long ReadBytes, long WrittenBytes, long StdoutBytes);

internal static class LiveUsages
{
    /// <summary>What is left to say of a sandbox that has ended.</summary>
    internal static LiveUsage ToLive(this Metering m) => new(m.WallMillis, m.CpuMillis, m.PeakMemory, 0, 0, 0, 0);
}

/// <summary>One sandbox: start once, wait, stop at will, destroy always.</summary>
public interface ISandbox : IAsyncDisposable
{
    /// <summary>
    /// Runs the program over <paramref name="input"/> (a tar stream as <see cref="PartArchive"/> says, read once, plaintext; the program
    /// starts after its end, which comes only when all of it was right) and writes the result tar to <paramref name="output"/>. Ends by itself, by a limit (a fault that names the limit), or by
    /// cancellation, which is a <see cref="FaultCodes.Stopped"/> fault. A program that ends with a non-zero exit code is a
    /// <see cref="FaultCodes.ProgramFailed"/> fault that carries the last lines of stderr in <see cref="RunResult.StderrTail"/>.
    /// What the streams throw goes through to the caller.
    /// </summary>
    Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel);

    /// <summary>
    /// Asks the running program, by a signal, to leave a checkpoint and end; false when there is no way to ask it. From then on the run
    /// ends as stopped, however the program ends.
    /// </summary>
    Task<bool> AskToEndAsync() => Task.FromResult(false);

    /// <summary>True when the program has left a checkpoint so far; may be called while running.</summary>
    bool HasCheckpoint => false;

    /// <summary>After a run that was stopped and before disposal: what the program left to be continued from; null for nothing.</summary>
    Stream? OpenCheckpoint() => null;

    /// <summary>Usage so far; may be called while running.</summary>
    LiveUsage Stats();

    /// <summary>Thousandths done; 0 when that is unknown. May be called while running.</summary>
    int Permille => 0;
}

/// <summary>
/// How a run ended. A null fault is success; output is complete only then. The tail is plaintext: it leaves this machine
/// encrypted only.
/// </summary>
public sealed record RunResult(Fault? Fault, Metering Metering, string StderrTail);

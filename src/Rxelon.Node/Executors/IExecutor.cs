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
    /// <summary>A kind that this machine cannot run.</summary>
    internal static ExecutorReport NotHere(WorkloadKind kind, string why) => new(kind, false, "", [], [], [], why);
}

/// <summary>What a sandbox must be held to.</summary>
public sealed record SandboxSpec(
    AttemptId Attempt, string? Image, Resources Resources, TimeSpan Time, long OutputBytes, int Part, int Parts);

/// <summary>One sandbox: start once, wait, stop at will, destroy always.</summary>
public interface ISandbox : IAsyncDisposable
{
    /// <summary>
    /// Runs the program over <paramref name="input"/> (a tar stream as <see cref="PartArchive"/> says, read once, plaintext) and
    /// writes the result tar to <paramref name="output"/>. Ends by itself, by a limit (a fault that names the limit), or by
    /// cancellation, which is a <see cref="FaultCodes.Stopped"/> fault. A program that ends with a non-zero exit code is a
    /// <see cref="FaultCodes.ProgramFailed"/> fault that carries the last lines of stderr in <see cref="RunResult.StderrTail"/>.
    /// What the streams throw goes through to the caller.
    /// </summary>
    Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel);

    /// <summary>Usage so far; may be called while running.</summary>
    Metering Stats();
}

/// <summary>
/// How a run ended. A null fault is success; output is complete only then. The tail is plaintext: it leaves this machine
/// encrypted only.
/// </summary>
public sealed record RunResult(Fault? Fault, Metering Metering, string StderrTail);

using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors;

/// <summary>
/// An adapter that makes sandboxes of one kind. Plain classes, no actors: the supervising attempt actor calls them and owns
/// the deadlines. Every method may be called from any thread; one <see cref="ISandbox"/> is used by one attempt only.
/// Expected failures are <see cref="Fault"/> values; exceptions mean a bug or a broken machine.
/// </summary>
public interface IExecutor
{
    WorkloadKind Kind { get; }

    /// <summary>Probes what is here and whether each limit really bites. Null capability: this machine cannot run the kind, and why.</summary>
    Task<ExecutorReport> FingerprintAsync(CancellationToken cancel);

    /// <summary>Everything that needs no key: checks the image, reserves the directories and the tmpfs.</summary>
    Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel);

    /// <summary>Finds sandboxes left by a killed node process and destroys them; returns how many.</summary>
    Task<int> DestroyLeftoversAsync(CancellationToken cancel);
}

/// <summary>What an executor can do here. <see cref="Missing"/> says why not, when it cannot.</summary>
public sealed record ExecutorReport(
    WorkloadKind Kind, bool Available, string Runtime, IReadOnlyList<string> Images, IReadOnlyList<string> Warnings, string? Missing);

/// <summary>What a sandbox must be held to.</summary>
public sealed record SandboxSpec(
    AttemptId Attempt, string? Image, Resources Resources, TimeSpan Time, long OutputBytes, int Part, int Parts);

/// <summary>One sandbox: start once, wait, stop at will, destroy always.</summary>
public interface ISandbox : IAsyncDisposable
{
    /// <summary>
    /// Runs the program over <paramref name="input"/> (a tar stream as <see cref="PartArchive"/> says, read once, plaintext) and
    /// writes the result tar to <paramref name="output"/>. Ends by itself, by a limit (a fault that names the limit), or by
    /// cancellation. A program that ends with a non-zero exit code is a <see cref="FaultCodes.ProgramFailed"/> fault that carries
    /// the last lines of stderr in <see cref="RunResult.StderrTail"/>.
    /// </summary>
    Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel);

    /// <summary>Usage so far; may be called while running.</summary>
    Metering Stats();
}

/// <summary>How a run ended. A null fault is success; output is complete only then.</summary>
public sealed record RunResult(Fault? Fault, Metering Metering, string StderrTail);

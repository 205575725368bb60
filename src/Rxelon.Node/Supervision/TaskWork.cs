using Google.Protobuf;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Supervision;

/// <summary>
/// What the attempts of one task and stage share: its terms and its program. The program's ciphertext is fetched once, and opened once by
/// the first attempt that has the key; a wrong key fails that attempt only. Thread-safe.
/// </summary>
internal sealed class TaskWork : IDisposable
{
    private const uint ProgramVersion = 1;

    private readonly BlobTransfer _blobs;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private Task<Outcome<CipherBlob>>? _fetch;
    private ProgramBundle? _program;
    private bool _disposed;

    internal TaskWork(AssignParts assigned, BlobTransfer blobs)
    {
        _blobs = blobs;
        Task = TaskId.FromBytes(assigned.Task.Span);
        Kind = (WorkloadKind)assigned.Kind;
        Image = assigned.Image.Length > 0 ? assigned.Image : null;
        Resources = assigned.Resources.ToResources();
        Time = TimeSpan.FromSeconds(assigned.TimeSeconds);
        OutputBytes = assigned.OutputBytes;
        Cipher = assigned.Cipher;
        PartsTotal = checked((int)assigned.PartsTotal);
        Program = assigned.Program;
        Stage = assigned.Stage;
        StopFile = assigned.StopFile;
        IsVerified = assigned.Verified;
    }

    internal TaskId Task { get; }

    /// <summary>The stage's name; empty for the task's own run.</summary>
    internal string Stage { get; }

    /// <summary>Task and stage: each stage has terms and a program of its own.</summary>
    internal (TaskId Task, string Stage) Key => (Task, Stage);

    /// <summary>A file of the result whose presence the report tells; empty: none.</summary>
    internal string StopFile { get; }

    /// <summary>Results are compared: a report promises an answer.</summary>
    internal bool IsVerified { get; }

    internal WorkloadKind Kind { get; }

    internal string? Image { get; }

    internal Resources Resources { get; }

    internal TimeSpan Time { get; }

    internal long OutputBytes { get; }

    internal string Cipher { get; }

    internal int PartsTotal { get; }

    private Blob Program { get; set; }

    /// <summary>A later assignment may carry a fresher capability path for the same program.</summary>
    internal void Refresh(Blob program)
    {
        if (program.Id.Equals(Program.Id))
            Program = program;
    }

    /// <summary>Null when the program's ciphertext is here and checked. A failed fetch is tried again by the next attempt.</summary>
    internal async Task<Fault?> FetchProgramAsync()
    {
        Task<Outcome<CipherBlob>> fetch;
        lock (_lock)
        {
            if (_fetch is null or { IsCompletedSuccessfully: true, Result.IsOk: false } or { IsFaulted: true } or { IsCanceled: true })
                _fetch = _blobs.FetchAsync(Program, _ended.Token);
            fetch = _fetch;
        }

        return (await fetch.ConfigureAwait(false)).Fault;
    }

    /// <summary>The program, opened by this key unless it is open already. Call after <see cref="FetchProgramAsync"/> gave no fault.</summary>
    internal Outcome<ProgramBundle> OpenProgram(ReadOnlySpan<byte> key)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_program is not null)
                return _program;
            var opened = PartCipher.Open(_fetch!.Result.Value.ToArray(), key, PartContext.Shared(Task, StageTerms.NameOfProgram(Stage)));
            if (opened.Fault is { } fault)
                return fault with { Culprit = Culprit.Input, Retryable = true };
            ProgramBundle program;
            try
            {
                program = ProgramBundle.Parser.ParseFrom(opened.Value);
            }
            catch (InvalidProtocolBufferException)
            {
                return BadProgram("The program blob is not a program bundle.");
            }

            if (program.Version != ProgramVersion)
                return BadProgram($"The program bundle has version {program.Version}; this node knows version {ProgramVersion}.");
            return _program = program;
        }
    }

    /// <summary>Forgets the program.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            _ended.Cancel();
            _program = null;
            if (_fetch is { IsCompletedSuccessfully: true, Result.IsOk: true })
                _fetch.Result.Value.Dispose();
        }

        _ended.Dispose();
    }

    private static Fault BadProgram(string message) => new(FaultCodes.BadProgram, message, Culprit.Program);
}

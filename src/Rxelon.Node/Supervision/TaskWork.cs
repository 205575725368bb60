using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
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
    private const string ImageName = "image";
    private const uint ProgramVersion = 1;

    private readonly BlobTransfer _blobs;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private Task<Outcome<CipherBlob>>? _fetch;
    private Task<Outcome<CipherBlob>>? _imageFetch;
    private Task<Outcome<IAsyncDisposable>>? _image;
    private ProgramBundle? _program;
    private bool _disposed;

    internal TaskWork(AssignParts assigned, BlobTransfer blobs)
    {
        _blobs = blobs;
        Task = TaskId.FromBytes(assigned.Task.Span);
        Kind = (WorkloadKind)assigned.Kind;
        Image = assigned.Image.Length > 0 ? assigned.Image : null;
        Repository = assigned.Repository.Length > 0 ? assigned.Repository : null;
        Resources = assigned.Resources.ToResources();
        Time = TimeSpan.FromSeconds(assigned.TimeSeconds);
        OutputBytes = assigned.OutputBytes;
        Cipher = assigned.Cipher;
        PartsTotal = checked((int)assigned.PartsTotal);
        Program = assigned.Program;
        Stage = assigned.Stage;
        StopFile = assigned.StopFile;
        ImageBlob = assigned.ImageBlob;
        Network = assigned.Network.Count > 0 ? new NetworkRequest([.. assigned.Network]) : null;
        Gpu = assigned.Gpu is { } gpu ? new GpuRequest((int)gpu.Count, (GpuVendor)gpu.Vendor, gpu.Memory) : null;
        IsVerified = assigned.Verified;
        CountsFuel = !assigned.WithoutFuel;
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

    /// <summary>The answer covers the fuel, where the sandbox counts it.</summary>
    internal bool CountsFuel { get; }

    internal WorkloadKind Kind { get; }

    internal string? Image { get; }

    internal string? Repository { get; }

    internal Resources Resources { get; }

    internal GpuRequest? Gpu { get; }

    internal NetworkRequest? Network { get; }

    internal TimeSpan Time { get; }

    internal long OutputBytes { get; }

    internal string Cipher { get; }

    internal int PartsTotal { get; }

    /// <summary>The image comes with the task.</summary>
    internal bool ShipsImage => ImageBlob is not null;

    private Blob Program { get; set; }

    private Blob? ImageBlob { get; set; }

    /// <summary>A later assignment may carry fresher capability paths for the same blobs.</summary>
    internal void Refresh(AssignParts assigned)
    {
        if (assigned.Program.Id.Equals(Program.Id))
            Program = assigned.Program;
        if (ImageBlob is not null && assigned.ImageBlob?.Id.Equals(ImageBlob.Id) == true)
            ImageBlob = assigned.ImageBlob;
    }

    /// <summary>
    /// Null when the ciphertext of the program, and of the image that comes with it, is here and checked. A failed fetch is tried
    /// again by the next attempt.
    /// </summary>
    internal async Task<Fault?> FetchAsync()
    {
        Task<Outcome<CipherBlob>> program;
        Task<Outcome<CipherBlob>>? image;
        lock (_lock)
        {
            if (MustStart(_fetch))
                _fetch = _blobs.FetchAsync(Program, _ended.Token);
            if (ImageBlob is not null && MustStart(_imageFetch))
                _imageFetch = _blobs.FetchAsync(ImageBlob, _ended.Token);
            (program, image) = (_fetch!, _imageFetch);
        }

        var fault = (await program.ConfigureAwait(false)).Fault;
        return fault is null && image is not null ? (await image.ConfigureAwait(false)).Fault : fault;
    }

    /// <summary>
    /// Null when the image that comes with the task is where its sandboxes find it; it stays there until the task is forgotten.
    /// Call after <see cref="OpenProgram"/> gave no fault. The first attempt brings it, the others wait; a failure is tried again
    /// by the next attempt.
    /// </summary>
    internal async Task<Fault?> TakeImageAsync(IExecutor executor)
    {
        Task<Outcome<IAsyncDisposable>> taking;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (MustStart(_image))
                _image = System.Threading.Tasks.Task.Run(() => TakeAsync(executor, _program!.ImageKey.ToByteArray(), _imageFetch!.Result.Value));
            taking = _image!;
        }

        return (await taking.ConfigureAwait(false)).Fault;
    }

    /// <summary>The program, opened by this key unless it is open already. Call after <see cref="FetchAsync"/> gave no fault.</summary>
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
            Drop(_fetch);
            Drop(_imageFetch);
        }

        _ = _image?.ContinueWith(
            async taken =>
            {
                if (taken.Result.IsOk)
                    await taken.Result.Value.DisposeAsync().ConfigureAwait(false);
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

        _ended.Dispose();
    }

    private static bool MustStart<T>(Task<Outcome<T>>? task)
        => task is null or { IsCompletedSuccessfully: true, Result.IsOk: false } or { IsFaulted: true } or { IsCanceled: true };

    private static void Drop(Task<Outcome<CipherBlob>>? fetch)
    {
        if (fetch is { IsCompletedSuccessfully: true, Result.IsOk: true })
            fetch.Result.Value.Dispose();
    }

    private async Task<Outcome<IAsyncDisposable>> TakeAsync(IExecutor executor, byte[] key, CipherBlob cipher)
    {
        if (key.Length != KeySchedule.KeySize)
            return BadProgram("The program bundle has no key for the image that comes with the task.");
        try
        {
            using var plain = new PartDecryptStream(cipher.OpenRead(), key, PartContext.Shared(Task, ImageName), leaveOpen: true);
            return await executor.TakeImageAsync(Image!, plain, _ended.Token).ConfigureAwait(false);
        }
        catch (PartCorruptException e)
        {
            return e.Fault with { Culprit = Culprit.Input, Retryable = true };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static Fault BadProgram(string message) => new(FaultCodes.BadProgram, message, Culprit.Program);
}

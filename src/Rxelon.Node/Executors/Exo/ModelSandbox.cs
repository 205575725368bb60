using System.Formats.Tar;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Exo;

/// <summary>One attempt's question to a model. The plaintext is in this process's memory and in the cluster.</summary>
internal sealed class ModelSandbox(ExoBackend backend, ModelPlacer placer, SandboxSpec spec) : ISandbox
{
    private const int Tries = 2;
    private const int Thousand = 1000;

    // The stream's own timer and the clock that others look at may differ by a tick.
    private const double AlmostAll = 0.9;

    private readonly string _model = spec.Image!;
    private Completion? _completion;
    private ChatStream? _stream;
    private int? _maxTokens;
    private long? _started;
    private bool _isPlacing;
    private Metering? _final;

    /// <inheritdoc/>
    public int Permille => _completion is { } completion && _maxTokens is { } most ? Math.Min(Thousand, completion.Tokens * Thousand / most) : 0;

    /// <inheritdoc/>
    public async Task<RunResult> RunAsync(ProgramBundle program, Stream input, Stream output, CancellationToken cancel)
    {
        _started = backend.Time.GetTimestamp();
        var request = await ModelRequest.ReadAsync(_model, program, input, spec.Resources.Disk, cancel).ConfigureAwait(false);
        if (request.Fault is { } wrong)
            return new RunResult(wrong, default, "");
        _maxTokens = request.Value.MaxTokens;
        using var limit = new CancellationTokenSource(spec.Time, backend.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return await AskAsync(request.Value, output, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            if (_stream is not null)
                await _stream.CancelAsync().ConfigureAwait(false);
            return Failed(cancel.IsCancellationRequested ? LimitFaults.Stopped : _isPlacing ? Late : LimitFaults.Time(spec.Time));
        }
    }

    /// <inheritdoc/>
    public LiveUsage Stats() => Metered().ToLive();

    private Metering Metered()
        => _final ?? (_started is { } started
            ? new Metering((long)backend.Time.GetElapsedTime(started).TotalMilliseconds, 0, 0, _completion?.Tokens ?? 0, 0, 0, 0)
            : default);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Fault Late { get; } = new(
        FaultCodes.ModelLoading, "The part's time was over before the node's EXO cluster had the model ready.", Culprit.Node, Retryable: true);

    private async Task<RunResult> AskAsync(ModelRequest request, Stream output, CancellationToken cancel)
    {
        var feed = request.Streams && spec.Log is { } log ? new AnswerFeed(log) : null;
        for (var tried = 1; ; tried++)
        {
            _isPlacing = true;
            var ready = await placer.EnsureAsync(_model, cancel).ConfigureAwait(false);
            if (ready.Fault is { } unplaced)
                return Failed(unplaced);
            _isPlacing = false;
            var began = backend.Time.GetTimestamp();
            feed?.Restart();
            var completion = _completion = new Completion(spec.OutputBytes, feed);
            var stream = _stream = new ChatStream(backend, ready.Value, completion);
            var end = await stream.ReadAsync(request.Body, cancel).ConfigureAwait(false);
            if (end == ChatEnd.Finished)
                return await DeliverAsync(request, completion, output, backend.Time.GetElapsedTime(began), cancel).ConfigureAwait(false);
            await stream.CancelAsync().ConfigureAwait(false);
            switch (end)
            {
                case ChatEnd.Refused:
                    return Failed(new Fault(FaultCodes.Malformed, "EXO does not take the request: a field has a value that it does not know.", Culprit.Input));
                case ChatEnd.TooMuch:
                    return Failed(LimitFaults.Output(spec.OutputBytes));
                case ChatEnd.Stalled when backend.IsSilent(ready.Value, backend.Times.Stall * AlmostAll):
                    await placer.DeleteAsync(ready.Value, cancel).ConfigureAwait(false);
                    break;
            }

            if (tried == Tries)
                return Failed(Fault(end), completion.Error is { } words ? $"EXO: {words}\n" : "");
        }
    }

    private async Task<RunResult> DeliverAsync(ModelRequest request, Completion completion, Stream output, TimeSpan took, CancellationToken cancel)
    {
        var response = completion.ToJson($"chatcmpl-{spec.Attempt.Task}-{spec.Part}", _model);
        var stdout = request.IsJson ? response : completion.Text;
        var bytes = stdout.Length + (long)response.Length;
        if (stdout.Length > spec.OutputBytes)
            return Failed(LimitFaults.Output(spec.OutputBytes));
        if (completion.TokensPerSecond is { } speed and > 0)
            backend.Measured(_model, speed);
        else if (took > TimeSpan.Zero && completion.Tokens > 0)
            backend.Measured(_model, completion.Tokens / took.TotalSeconds);
        var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            await WriteAsync(tar, PartArchive.Stdout, stdout, cancel).ConfigureAwait(false);
            await WriteAsync(tar, PartArchive.Stderr, [], cancel).ConfigureAwait(false);
            await WriteAsync(tar, PartArchive.OutPrefix + "response.json", response, cancel).ConfigureAwait(false);
        }

        var metering = new Metering((long)took.TotalMilliseconds, 0, completion.PeakMemory, completion.Tokens, request.InputBytes, bytes, 0);
        _final = metering;
        return new RunResult(null, metering, "");
    }

    private static Task WriteAsync(TarWriter tar, string name, byte[] data, CancellationToken cancel)
        => tar.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = new MemoryStream(data) }, cancel);

    private static Fault Fault(ChatEnd end) => end == ChatEnd.Stalled
        ? new Fault(FaultCodes.ModelStalled, "The node's EXO cluster stopped giving tokens, and again after the model was placed anew.", Culprit.Node, Retryable: true)
        : new Fault(FaultCodes.ExecutorFailed, "The node's EXO cluster broke the answer off twice.", Culprit.Node, Retryable: true);

    private RunResult Failed(Fault fault, string log = "") => new(fault, Metered() with { WallMillis = 0 }, log);
}

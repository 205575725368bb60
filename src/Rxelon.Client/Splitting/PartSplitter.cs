using System.Runtime.CompilerServices;
using Rxelon.Client.Archives;
using Rxelon.Client.Specs;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>
/// Cuts a task's input into parts, streaming: memory does not grow with the input, and no plaintext is written to disk. Parts
/// must be written in order, each before the next is asked for; those of plain files at any time. There is always at least one part.
/// </summary>
public sealed class PartSplitter
{
    private readonly InputSet _inputs;
    private readonly SplitPlan _split;
    private readonly Func<Stream> _stdin;
    private readonly string _spoolDirectory;

    private PartSplitter(InputSet inputs, SplitPlan split, Func<Stream> stdin, string spoolDirectory)
    {
        _inputs = inputs;
        _split = split;
        _stdin = stdin;
        _spoolDirectory = spoolDirectory;
    }

    /// <summary>How many parts there will be, when that is known before reading.</summary>
    public int? KnownCount => _split.By switch
    {
        SplitBy.None => 1,
        SplitBy.Count => (int)_split.Size,
        SplitBy.Files => (int)((_inputs.Files.Count + _split.Size - 1) / _split.Size),
        SplitBy.Bytes when !_inputs.UsesStdin => (int)Math.Max(1, (_inputs.Files.Sum(f => f.Length) + _split.Size - 1) / _split.Size),
        _ => null,
    };

    /// <summary>
    /// Finds the inputs. <paramref name="stdin"/> is opened when an input is <c>-</c>; encrypted overflow goes to
    /// <paramref name="spoolDirectory"/>.
    /// </summary>
    public static Outcome<PartSplitter> Open(TaskPlan plan, Func<Stream> stdin, string spoolDirectory)
    {
        var inputs = InputSet.Resolve(plan.Inputs, plan.BaseDirectory);
        if (inputs.Fault is { } fault)
            return fault;
        if (inputs.Value.UsesStdin && plan.Split.By is SplitBy.Files)
            return new Fault(FaultCodes.Malformed, "Standard input is one stream and cannot be split by files; use lines or bytes.", Culprit.Input);
        if (inputs.Value.UsesStdin && plan.Split is { By: SplitBy.Count, Size: > 1 })
            return new Fault(FaultCodes.Malformed, "Standard input can be read once and not be given to every part; save it to a file first.", Culprit.Input);
        if (plan.Split.Size is < 1 or > int.MaxValue && plan.Split.By is not SplitBy.Bytes)
            return new Fault(FaultCodes.Malformed, "The split's size must be a whole number from 1.", Culprit.Input);
        var together = plan.Split.By switch { SplitBy.None or SplitBy.Count => int.MaxValue, SplitBy.Files => plan.Split.Size, _ => 0 };
        if (Math.Min(together, inputs.Value.Files.Count) > InputSet.MostFilesPerPart)
            return new Fault(FaultCodes.TooLarge, $"A part would have {Math.Min(together, inputs.Value.Files.Count)} files; the most is {InputSet.MostFilesPerPart}. Split by files, or pack them into an archive.", Culprit.Input);
        if (plan.Split is not { By: SplitBy.Records, Format: null })
            return new PartSplitter(inputs.Value, plan.Split, stdin, spoolDirectory);
        return RecordFormats.OfNames(inputs.Value.Files.Select(f => f.Name)) is { } format
            ? new PartSplitter(inputs.Value, plan.Split with { Format = format }, stdin, spoolDirectory)
            : new Fault(FaultCodes.Malformed, "The inputs' names do not all end in .csv, or all in .jsonl; say which format the records have (split: { by: records, format: csv }, --split records:N:csv).", Culprit.Input);
    }

    /// <summary>The parts in order.</summary>
    public IAsyncEnumerable<PartSource> PartsAsync(CancellationToken ct = default)
        => _split.By == SplitBy.Bytes && HasSize ? FilePart.Cut(_inputs.Files, _split.Size).Select(PartSource.Of).ToAsyncEnumerable()
            : _split.By is SplitBy.Lines or SplitBy.Bytes or SplitBy.Records || _inputs.UsesStdin ? StreamedAsync(ct) : WholeFiles().ToAsyncEnumerable();

    // What is no plain file says that it has no bytes.
    private bool HasSize => !_inputs.UsesStdin && _inputs.Files.Count > 0 && _inputs.Files.All(f => f.Length > 0);

    private async IAsyncEnumerable<PartSource> StreamedAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var (chunks, source) = OpenChunks();
        await using var closing = source.ConfigureAwait(false);
        using var spool = new Spool(_spoolDirectory);
        for (var part = 0; await chunks.AnyAsync(ct).ConfigureAwait(false) || part == 0; part++)
        {
            await chunks.CopyNextAsync(spool, ct).ConfigureAwait(false);
            yield return new PartSource((into, cancel) => WriteSpooledAsync(spool, into, cancel));
            await spool.ResetAsync().ConfigureAwait(false);
        }
    }

    private (IChunks Chunks, IAsyncDisposable Source) OpenChunks()
    {
        if (_split.By == SplitBy.Records)
        {
            var format = _split.Format!.Value;
            (string, Func<Stream>)[] sources = _inputs.UsesStdin
                ? [("standard input", _stdin)]
                : [.. _inputs.Files.Select(f => (f.Path, (Func<Stream>)(() => new JoinedStream([f]))))];
            var records = new RecordChunks(sources, format, format == RecordFormat.Csv && _split.Header, _split.Size);
            return (records, records);
        }

        var source = _inputs.UsesStdin ? _stdin() : new JoinedStream(_inputs.Files);
        var size = _split.By is SplitBy.Lines or SplitBy.Bytes ? _split.Size : long.MaxValue;
        return (new ChunkReader(source, _split.By == SplitBy.Lines, size), source);
    }

    private IEnumerable<PartSource> WholeFiles()
    {
        var groups = _split.By == SplitBy.Files
            ? _inputs.Files.Chunk((int)_split.Size)
            : Enumerable.Repeat(_inputs.Files.ToArray(), _split.By == SplitBy.Count ? (int)_split.Size : 1);
        return groups.Select(group => PartSource.Of(new FilePart(group)));
    }

    private static async Task WriteSpooledAsync(Spool spool, Stream into, CancellationToken ct)
    {
        var writer = new PartArchiveWriter(into);
        await using (writer.ConfigureAwait(false))
            await writer.AddStdinAsync(await spool.OpenAsync(ct).ConfigureAwait(false), spool.Count, ct).ConfigureAwait(false);
    }
}

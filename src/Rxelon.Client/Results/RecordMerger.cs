using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Results;

/// <summary>
/// Joins standard outputs by record: of CSV the header line comes once, and all parts must have the same; every record ends in
/// a line end. Output that is not records is an <see cref="InputException"/> with the code bad-records that names the part.
/// </summary>
internal sealed class RecordMerger(Stream into, RecordFormat format)
{
    private byte[]? _header;
    private string _first = "";

    /// <summary>The merger that a mode asks for; null when outputs are joined as they are.</summary>
    internal static RecordMerger? For(MergeMode merge, Stream into) => merge switch
    {
        MergeMode.Csv => new RecordMerger(into, RecordFormat.Csv),
        MergeMode.Jsonl => new RecordMerger(into, RecordFormat.Jsonl),
        _ => null,
    };

    /// <summary>Adds the output of the next part. Empty output adds nothing.</summary>
    internal async Task AddAsync(Stream output, string name, CancellationToken ct)
    {
        var reader = new RecordReader(output, $"The standard output of {name}", format, Culprit.Program);
        if (format == RecordFormat.Csv)
        {
            if (await reader.HeaderAsync(ct).ConfigureAwait(false) is not { } header)
                return;
            if (_header is null)
            {
                (_header, _first) = (header, name);
                await into.WriteAsync(header, ct).ConfigureAwait(false);
            }
            else if (!RecordHeaders.Same(_header, header))
            {
                throw new InputException(RecordHeaders.Differ($"The standard output of {name}", _first, Culprit.Program));
            }
        }

        await reader.CopyAsync(into, long.MaxValue, ct).ConfigureAwait(false);
    }
}

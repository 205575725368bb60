using System.Globalization;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>One part as the hub assigned it, gathered from one frame or several.</summary>
internal sealed class AssignedWork(AttemptId id, AssignedPart first)
{
    private readonly List<NeededBlob> _results = [.. first.Results];

    /// <summary>A part without an input of its own has an empty one.</summary>
    internal Blob? Input { get; } = first.Input;

    /// <summary>The part whose input this is.</summary>
    internal int Source { get; } = first.HasSource ? checked((int)first.Source) : id.Part;

    /// <summary>What the program knows as its number.</summary>
    internal int Index { get; } = first.HasIndex ? checked((int)first.Index) : id.Part;

    internal int Round { get; } = Math.Max(1, checked((int)first.Round));

    internal bool Carries { get; } = first.Carries;

    /// <summary>What an earlier attempt left to be continued from; null: begin from the input.</summary>
    internal Blob? Checkpoint { get; } = first.Checkpoint;

    /// <summary>That attempt.</summary>
    internal int CheckpointNumber { get; } = checked((int)first.CheckpointNumber);

    /// <summary>Results are compared within this and nothing is run; null: the program is run.</summary>
    internal double? Tolerance { get; } = first.Tolerance.Length > 0 ? double.Parse(first.Tolerance, CultureInfo.InvariantCulture) : null;

    internal IReadOnlyList<NeededBlob> Results => _results;

    /// <summary>All needed results are named; only then can it begin.</summary>
    internal bool IsComplete => _results.Count == first.ResultsTotal;

    /// <summary>How many pages its keys come in.</summary>
    internal int KeyPages => GrantedKeys.PagesFor(_results.Count);

    /// <summary>Takes what a further frame adds.</summary>
    internal void Add(AssignedPart more) => _results.AddRange(more.Results);

    /// <summary>What the report names as the input (<see cref="PartInput"/>).</summary>
    internal BlobId InputId() => new PartInput(
        Input is { } own ? Reference(own) : null,
        () => _results.ConvertAll(r => new NeededResult(checked((int)r.Part), checked((int)r.Number), Reference(r.Result)))).Id;

    private static BlobRef Reference(Blob blob) => new(BlobId.FromDigest(blob.Id.Span), blob.Size);
}

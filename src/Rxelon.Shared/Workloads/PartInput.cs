using System.Security.Cryptography;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Workloads;

/// <summary>An accepted result that another part gets: whose it is and which blob.</summary>
public readonly record struct NeededResult(int Part, int Attempt, BlobRef Result);

/// <summary>
/// Everything that an attempt computes on: the input of its own, if it has one, and the results it needs. A node names it in its
/// signed report by <see cref="Id"/>.
/// </summary>
public sealed class PartInput(BlobRef? own, Func<IReadOnlyList<NeededResult>>? results = null)
{
    private readonly Lazy<IReadOnlyList<NeededResult>>? _results = results is null ? null : new(results);

    /// <summary>The blob of the submission; null: the part has no input of its own.</summary>
    public BlobRef? Own { get; } = own;

    /// <summary>The needed results in order; the carried one, if any, is the last.</summary>
    public IReadOnlyList<NeededResult> Results => _results?.Value ?? [];

    /// <summary>
    /// What the node signs: the input's own name when there are no results; otherwise SHA-256 of "rx/inputs/v1\n" ‖ own digest (32
    /// zeros without) ‖ for each result u32 part ‖ u32 attempt ‖ digest ‖ u64 size, big-endian.
    /// </summary>
    public BlobId Id => Results.Count == 0 && Own is { } alone ? alone.Id : Digest(Own, Results);

    /// <inheritdoc cref="Id"/>
    public static BlobId Digest(BlobRef? own, IReadOnlyList<NeededResult> results)
    {
        var statement = new StatementWriter("rx/inputs/v1").Bytes(own?.Id.ToDigest() ?? new byte[BlobId.Size]);
        foreach (var r in results)
            statement.U32(r.Part).U32(r.Attempt).Bytes(r.Result.Id.ToDigest()).I64(r.Result.Size);
        return BlobId.FromDigest(SHA256.HashData(statement.ToArray()));
    }
}

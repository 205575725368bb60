namespace Rxelon.Shared.Integrity;

/// <summary>The groups of things that a node measures about itself, in the order in which a report names them.</summary>
public static class MeasureGroups
{
    /// <summary>Every file of the node client's folder.</summary>
    public const string Application = "application";

    /// <summary>The options in force, without secrets.</summary>
    public const string Configuration = "configuration";

    /// <summary>What runs programs: engines, emulators, native libraries.</summary>
    public const string Executors = "executors";

    /// <summary>Names of the images on offer.</summary>
    public const string Images = "images";

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<string> All { get; } = [Application, Configuration, Executors, Images];
}

/// <summary>SHA-256 over everything in one group (<see cref="MeasureFold"/>).</summary>
public sealed record GroupDigest(string Group, byte[] Digest);

/// <summary>What an image's content hashes to; empty when it could not be looked at just now.</summary>
public sealed record ImageDigest(string Image, byte[] Content);

/// <summary>
/// Where a node's operation log stands: it keeps the records after <see cref="From"/> and has <see cref="Count"/> in all, whose
/// chain is <see cref="Hash"/>. <see cref="BrokenAt"/>: the first record that is not what it was when it was written, 0 for none.
/// <see cref="AskedHash"/>: the chain at <see cref="AskedCount"/>, read again from the file.
/// </summary>
public sealed record LogPosition(ulong From, ulong Count, byte[] Hash, ulong BrokenAt, ulong AskedCount, byte[] AskedHash);

/// <summary>What a node says it is: the answer to one nonce.</summary>
public sealed record Measures(
    byte[] Nonce, long UnixMillis, IReadOnlyList<GroupDigest> Groups, IReadOnlyList<string> Announced,
    IReadOnlyList<ImageDigest> Images, LogPosition Log)
{
    /// <summary>The digest of a group, or null.</summary>
    public byte[]? Of(string group) => Groups.FirstOrDefault(g => g.Group == group)?.Digest;
}

/// <summary>The chain's state after <see cref="Count"/> records, signed by the node (<see cref="IntegrityStatements.Log"/>).</summary>
public sealed record OperationHead(ulong Count, byte[] Hash, long UnixMillis, byte[] Signature);

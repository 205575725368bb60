using System.Text.RegularExpressions;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// An image by digest. <see cref="Repository"/> says where it can be pulled from, as <c>HOST[:PORT]/PATH</c>; null when the text
/// named none. The grammar and the default host are those of container engines (distribution/reference).
/// </summary>
public sealed partial record ImageReference(string? Repository, string Digest)
{
    /// <summary>Longest repository that is taken, in characters.</summary>
    public const int LongestRepository = 255;

    private const string DefaultHost = "docker.io";

    /// <summary>
    /// Reads <c>sha256:…</c> or <c>[HOST[:PORT]/]PATH[:TAG]@sha256:…</c>. A tag is dropped, because the digest decides; a name
    /// without a host is one of docker.io. Null when there is no digest or the name cannot be one.
    /// </summary>
    public static ImageReference? Parse(string text)
    {
        var at = text.LastIndexOf('@');
        var digest = text[(at + 1)..];
        if (!IsDigest(digest))
            return null;
        if (at < 0)
            return new ImageReference(null, digest);
        var name = text[..at];
        var colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
            name = name[..colon];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var hasHost = first == "localhost" || first.AsSpan().IndexOfAny('.', ':') >= 0;
        var repository = hasHost ? name : slash < 0 ? $"{DefaultHost}/library/{name}" : $"{DefaultHost}/{name}";
        return IsRepository(repository) ? new ImageReference(repository, digest) : null;
    }

    /// <summary>True for <c>sha256:</c> and 64 hex digits.</summary>
    public static bool IsDigest(string? text) => text is not null && DigestPattern().IsMatch(text);

    /// <summary>True for <c>HOST[:PORT]/PATH</c>.</summary>
    public static bool IsRepository(string text) => text.Length <= LongestRepository && RepositoryPattern().IsMatch(text);

    /// <summary>True for what an operator may allow: <c>HOST[:PORT]</c> or <c>HOST[:PORT]/PREFIX</c>.</summary>
    public static bool IsRegistry(string text) => text.Length <= LongestRepository && RegistryPattern().IsMatch(text);

    /// <summary>Whether one of the allowed registries has that repository; a prefix ends where a path's component ends.</summary>
    public static bool IsAllowed(IEnumerable<string> registries, string repository)
        => registries.Any(r => repository == r || repository.StartsWith(r + "/", StringComparison.Ordinal));

    /// <summary>As the user would write it.</summary>
    public override string ToString() => Repository is null ? Digest : $"{Repository}@{Digest}";

    [GeneratedRegex("^sha256:[0-9a-f]{64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestPattern();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)+\\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegistryPattern();
}

using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Docker;

/// <summary>What a container inherits from its image. An image never changes: its id is the hash of this.</summary>
internal sealed record ContainerImage(
    string Id, IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Command, IReadOnlyList<string> Environment, string Workdir,
    IReadOnlyList<string> Volumes);

/// <summary>The images that the engine holds. Nothing is ever pulled. Thread-safe.</summary>
internal sealed class ImageCatalog(IDockerClient engine)
{
    private readonly ConcurrentDictionary<string, ContainerImage> _known = [];

    /// <summary>Ids and repository digests, all as <c>sha256:…</c>.</summary>
    internal async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancel)
    {
        var images = await engine.Images.ListImagesAsync(new ImagesListParameters { All = false }, cancel).ConfigureAwait(false);
        return [.. images.Where(i => i.RepoTags?.Contains(DockerProbes.ImageName) != true).SelectMany(Names).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The image of that id or digest, or an image-missing fault that names it.</summary>
    internal async Task<Outcome<ContainerImage>> FindAsync(string? name, CancellationToken cancel)
    {
        if (name is null || !IsDigest(name))
            return Missing($"'{name}' is not an image id: sha256: and 64 hex digits.");
        if (_known.TryGetValue(name, out var known))
            return known;
        var images = await engine.Images.ListImagesAsync(new ImagesListParameters { All = true }, cancel).ConfigureAwait(false);
        if (images.FirstOrDefault(i => Names(i).Contains(name)) is not { } found)
            return Missing($"The image {name} is not on this node, and nodes pull nothing.");
        var image = await engine.Images.InspectImageAsync(found.ID, cancel).ConfigureAwait(false);
        return _known[name] = new ContainerImage(
            found.ID, [.. image.Config.Entrypoint ?? []], [.. image.Config.Cmd ?? []], [.. image.Config.Env ?? []],
            image.Config.WorkingDir is { Length: > 0 } workdir ? workdir : "/", [.. image.Config.Volumes?.Keys ?? []]);
    }

    /// <summary>An image that was there is gone: it is looked up again next time.</summary>
    internal Fault Lost(string name)
    {
        _known.TryRemove(name, out _);
        return Missing($"The image {name} is no longer on this node.");
    }

    private static IEnumerable<string> Names(ImagesListResponse image)
        => (image.RepoDigests ?? []).Select(d => d[(d.IndexOf('@', StringComparison.Ordinal) + 1)..]).Where(IsDigest).Prepend(image.ID);

    private static bool IsDigest(string name)
        => name.StartsWith("sha256:", StringComparison.Ordinal) && name.Length == 71 && !name.AsSpan(7).ContainsAnyExcept("0123456789abcdef");

    private static Fault Missing(string message) => new(FaultCodes.ImageMissing, message, Culprit.Node, Retryable: true);
}

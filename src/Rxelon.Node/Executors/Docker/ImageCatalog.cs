using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>What a container inherits from its image. An image never changes: its id is the hash of this.</summary>
internal sealed record ContainerImage(
    string Id, IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Command, IReadOnlyList<string> Environment, string Workdir,
    IReadOnlyList<string> Volumes);

/// <summary>The images that the engine holds. Thread-safe.</summary>
internal sealed class ImageCatalog(IDockerClient engine)
{
    private readonly ConcurrentDictionary<string, ContainerImage> _known = [];
    private readonly ConcurrentDictionary<string, bool> _hidden = [];

    /// <summary>Ids and repository digests, all as <c>sha256:…</c>.</summary>
    internal async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancel)
    {
        var images = await engine.Images.ListImagesAsync(new ImagesListParameters { All = false }, cancel).ConfigureAwait(false);
        var offered = images.Where(i => i.RepoTags?.Contains(DockerProbes.ImageName) != true && !IsHidden(i));
        return [.. offered.SelectMany(Names).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The image of that id or digest, or an image-missing fault that names it.</summary>
    internal async Task<Outcome<ContainerImage>> FindAsync(string? name, CancellationToken cancel)
    {
        if (name is not null && _hidden.ContainsKey(name))
        {
            var images = await engine.Images.ListImagesAsync(new ImagesListParameters { All = true }, cancel).ConfigureAwait(false);
            if (images.All(i => i.ID != name || IsHidden(i)))
                return Missing($"The image {name} is not on this node.");
        }

        return await LookUpAsync(name, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// From now on the image of that id is neither listed nor found, as if it were not there; or is again. One that has a name
    /// as well is not hidden: then it is here for another reason too.
    /// </summary>
    internal void Hide(string id, bool hidden)
    {
        _known.Clear();
        if (hidden)
            _hidden[id] = true;
        else
            _hidden.TryRemove(id, out _);
    }

    /// <summary>Images were removed: everything is looked up again.</summary>
    internal void Forget() => _known.Clear();

    /// <summary>As <see cref="FindAsync"/>, hidden images too.</summary>
    internal async Task<Outcome<ContainerImage>> LookUpAsync(string? name, CancellationToken cancel)
    {
        if (name is null || !ImageReference.IsDigest(name))
            return Missing($"'{name}' is not an image id: sha256: and 64 hex digits.");
        if (_known.TryGetValue(name, out var known))
            return known;
        var images = await engine.Images.ListImagesAsync(new ImagesListParameters { All = true }, cancel).ConfigureAwait(false);
        if (images.FirstOrDefault(i => Names(i).Contains(name)) is not { } found)
            return Missing($"The image {name} is not on this node.");
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

    private bool IsHidden(ImagesListResponse image)
        => _hidden.ContainsKey(image.ID) && (image.RepoTags ?? []).Concat(image.RepoDigests ?? []).All(n => n.StartsWith("<none>", StringComparison.Ordinal));

    private static IEnumerable<string> Names(ImagesListResponse image)
        => (image.RepoDigests ?? []).Select(d => d[(d.IndexOf('@', StringComparison.Ordinal) + 1)..]).Where(ImageReference.IsDigest).Prepend(image.ID);

    private static Fault Missing(string message) => new(FaultCodes.ImageMissing, message, Culprit.Node, Retryable: true);
}

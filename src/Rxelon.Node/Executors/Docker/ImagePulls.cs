using System.Collections.Concurrent;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Images that are not here yet: pulled by digest from the registries that the operator allows. The engine checks every byte
/// against the digest; what it then holds is looked up under that digest again. One pull per image however many ask. Thread-safe.
/// </summary>
internal sealed class ImagePulls(IDockerClient engine, ImageCatalog catalog, ImageBudget budget, DockerTerms terms, TimeProvider time)
{
    private readonly ConcurrentDictionary<ImageReference, Lazy<Task<Fault?>>> _underWay = [];

    /// <summary>The image that the attempt needs, from the engine or else from its registry; or why it cannot be had.</summary>
    internal async Task<Outcome<ContainerImage>> FindAsync(SandboxSpec spec, CancellationToken cancel)
    {
        var here = await catalog.FindAsync(spec.Image, cancel).ConfigureAwait(false);
        if (here.IsOk || spec.Repository is not { } repository || !ImageReference.IsDigest(spec.Image))
            return here;
        if (!ImageReference.IsRepository(repository) || !ImageReference.IsAllowed(terms.Registries, repository))
        {
            return new Fault(
                FaultCodes.ImageRefused, $"The image {spec.Image} is not on this node, and its operator allows no pulls from {repository}.",
                Culprit.Node, Retryable: true);
        }

        var image = new ImageReference(repository, spec.Image!);
        try
        {
            if (await PullAsync(image).WaitAsync(terms.PullPatience, time, cancel).ConfigureAwait(false) is { } fault)
                return fault;
        }
        catch (TimeoutException)
        {
            return new Fault(FaultCodes.NodeBusy, $"The node is still pulling {image}.", Culprit.Node, Retryable: true);
        }

        return await catalog.FindAsync(spec.Image, cancel).ConfigureAwait(false);
    }

    /// <summary>What an operator wants to have at hand; one sentence for each image that could not be pulled.</summary>
    internal async Task<IReadOnlyList<string>> PreloadAsync(CancellationToken cancel)
    {
        var wrong = new List<string>();
        foreach (var image in terms.Preload)
        {
            if ((await catalog.FindAsync(image.Digest, cancel).ConfigureAwait(false)).IsOk)
                continue;
            if (await PullAsync(image).WaitAsync(cancel).ConfigureAwait(false) is { } fault)
                wrong.Add($"Preloading: {fault.Message}");
        }

        return wrong;
    }

    private Task<Fault?> PullAsync(ImageReference image)
        => _underWay.GetOrAdd(image, i => new Lazy<Task<Fault?>>(() => PullOnceAsync(i))).Value;

    private async Task<Fault?> PullOnceAsync(ImageReference image)
    {
        try
        {
            var all = await engine.Images.ListImagesAsync(new ImagesListParameters { All = true }).ConfigureAwait(false);
            var before = all.Select(i => i.ID).ToHashSet(StringComparer.Ordinal);
            return await FetchAsync(image).ConfigureAwait(false) ?? await budget.AddAsync(image, before).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            return new Fault(FaultCodes.ExecutorFailed, $"The container engine does not answer: {e.Message}", Culprit.Node, Retryable: true);
        }
        finally
        {
            _underWay.TryRemove(image, out _);
        }
    }

    private async Task<Fault?> FetchAsync(ImageReference image)
    {
        var said = new EngineErrors();
        var parameters = new ImagesCreateParameters { FromImage = image.Repository, Tag = image.Digest };
        try
        {
            await engine.Images.CreateImageAsync(parameters, new AuthConfig(), said, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DockerApiException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden)
        {
            return NotThere(image, e.Message);
        }
        catch (DockerApiException e)
        {
            return Failed(image, e.Message);
        }

        return said.Last is not { } error ? null
            : error.Contains("manifest unknown", StringComparison.OrdinalIgnoreCase) || error.Contains("not found", StringComparison.OrdinalIgnoreCase)
                ? NotThere(image, error)
                : Failed(image, error);
    }

    /// <summary>The task names what is not there: other nodes will not find it either.</summary>
    private static Fault NotThere(ImageReference image, string why)
        => new(FaultCodes.ImageUnavailable, $"The registry does not give {image}: {why}", Culprit.Input, Retryable: true);

    private static Fault Failed(ImageReference image, string why)
        => new(FaultCodes.ImageUnavailable, $"{image} could not be pulled: {why}", Culprit.Network, Retryable: true);
}

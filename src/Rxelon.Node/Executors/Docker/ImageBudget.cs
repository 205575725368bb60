using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Keeps the images that this node pulled within the operator's budget: when a pull exceeds it, the least recently used ones go,
/// except those that are in use or on the preload list. Images that were here before, or that got a name of the operator's since,
/// are not counted and not removed. Thread-safe.
/// </summary>
internal sealed class ImageBudget(IDockerClient engine, ImageCatalog catalog, ImageNotes notes, DockerTerms terms, TimeProvider time)
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _inUse = [];

    /// <summary>The image stays until this is disposed.</summary>
    internal IDisposable Use(string image)
    {
        lock (_lock)
            _inUse[image] = _inUse.GetValueOrDefault(image) + 1;
        notes.Used(image, time.GetUtcNow());
        return new InUse(this, image);
    }

    /// <summary>
    /// The image was pulled just now; <paramref name="before"/> are the ids that were there before. Makes room. A fault when the
    /// image alone exceeds the budget; it is removed then.
    /// </summary>
    internal async Task<Fault?> AddAsync(ImageReference image, IReadOnlySet<string> before)
    {
        var (reference, digest) = (image.ToString(), image.Digest);
        if (await FindAsync(reference).ConfigureAwait(false) is not { } found || before.Contains(found.ID))
            return null;
        notes.AddPulled(new PulledImage(reference, found.ID, found.Size, time.GetUtcNow()));
        if (found.Size > terms.ImageBudget && !terms.Preload.Contains(image))
        {
            await RemoveAsync(reference).ConfigureAwait(false);
            return new Fault(
                FaultCodes.ImageRefused, $"The image {image} has {found.Size} bytes; this node's operator gives images {terms.ImageBudget}.",
                Culprit.Node, Retryable: true);
        }

        using var keep = Use(digest);
        await CollectAsync().ConfigureAwait(false);
        return null;
    }

    private async Task CollectAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            var pulled = notes.Pulled;
            var bytes = pulled.Sum(p => p.Bytes);
            foreach (var image in pulled.Where(p => !IsKept(p)))
            {
                if (bytes <= terms.ImageBudget)
                    return;
                if (await RemoveAsync(image.Reference).ConfigureAwait(false))
                    bytes -= image.Bytes;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private bool IsKept(PulledImage image)
    {
        if (terms.Preload.Any(p => p.ToString() == image.Reference))
            return true;
        lock (_lock)
            return _inUse.Keys.Any(used => ImageNotes.IsOf(image, used));
    }

    /// <summary>Takes our name off it; the engine deletes what has no name left and refuses while a container runs.</summary>
    private async Task<bool> RemoveAsync(string reference)
    {
        try
        {
            await engine.Images.DeleteImageAsync(reference, new ImageDeleteParameters { Force = false }).ConfigureAwait(false);
        }
        catch (DockerImageNotFoundException)
        {
            // Somebody else was faster.
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException)
        {
            return false;
        }

        catalog.Forget();
        notes.RemovePulled(reference);
        return true;
    }

    private async Task<ImagesListResponse?> FindAsync(string reference)
        => (await engine.Images.ListImagesAsync(new ImagesListParameters { All = true }).ConfigureAwait(false))
            .FirstOrDefault(i => (i.RepoDigests ?? []).Any(d => ImageReference.Parse(d)?.ToString() == reference));

    private void Leave(string image)
    {
        lock (_lock)
        {
            if (--_inUse[image] == 0)
                _inUse.Remove(image);
        }
    }

    private sealed class InUse(ImageBudget budget, string image) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                budget.Leave(image);
        }
    }
}

using System.IO.Pipelines;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Images that come encrypted with tasks. They go decrypted from memory straight into the engine, which keeps them on its disk;
/// this node writes nothing. While they are there nobody finds them but sandboxes of tasks that brought the whole image
/// themselves, and when the last of those tasks leaves they are removed. Thread-safe.
/// </summary>
internal sealed class ShippedImages(IDockerClient engine, ImageCatalog catalog, ImageNotes notes, long budget)
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<string, int> _users = [];
    private readonly Dictionary<string, long> _bytes = [];

    internal static Fault Refused { get; } = new(
        FaultCodes.ImageRefused, "This node's operator takes no images that come with a task.", Culprit.Node, Retryable: true);

    /// <summary>
    /// Loads the image unless the operator has it anyway. Every byte is checked against the id on the way. Each task brings the
    /// whole archive, also when another task brought the same: who knows an id only gets nothing.
    /// </summary>
    internal async Task<Outcome<IAsyncDisposable>> TakeAsync(string image, Stream archive, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if ((await catalog.FindAsync(image, cancel).ConfigureAwait(false)).IsOk)
                return new Lease(() => Task.CompletedTask);
            notes.AddShipped(image);
            catalog.Hide(image, true);
            _users.TryAdd(image, 0);
            var loaded = false;
            try
            {
                if (await LoadAsync(image, archive, cancel).ConfigureAwait(false) is { } fault)
                    return fault;
                if ((await catalog.LookUpAsync(image, cancel).ConfigureAwait(false)).Fault is not null)
                    return Unusable("its image store does not name images by their config, which the node cannot check");
                _users[image]++;
                loaded = true;
                return new Lease(() => ReleaseAsync(image));
            }
            finally
            {
                if (!loaded && _users[image] == 0)
                    await RemoveAsync(image).ConfigureAwait(false);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Removes all of them: what a killed process left, or what this one still has at its end.</summary>
    internal async Task RemoveAllAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        foreach (var image in notes.Shipped)
        {
            catalog.Hide(image, true);
            _users[image] = 0;
            await RemoveAsync(image).ConfigureAwait(false);
        }

        _one.Release();
    }

    private async Task ReleaseAsync(string image)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        if (_users.TryGetValue(image, out var users) && users > 0 && (_users[image] = users - 1) == 0)
            await RemoveAsync(image).ConfigureAwait(false);
        _one.Release();
    }

    /// <summary>
    /// One that the engine does not give up stays noted and hidden until the next start. One that got a name meanwhile is somebody
    /// else's as well and stays.
    /// </summary>
    private async Task RemoveAsync(string image)
    {
        try
        {
            var state = await engine.Images.InspectImageAsync(image).ConfigureAwait(false);
            if (state.RepoTags is not { Count: > 0 } && state.RepoDigests is not { Count: > 0 })
                await engine.Images.DeleteImageAsync(image, new ImageDeleteParameters { Force = true }).ConfigureAwait(false);
        }
        catch (DockerImageNotFoundException)
        {
            // It never arrived, or somebody else removed it.
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException or ObjectDisposedException)
        {
            return;
        }

        _users.Remove(image);
        _bytes.Remove(image);
        catalog.Hide(image, false);
        notes.RemoveShipped(image);
    }

    private async Task<Fault?> LoadAsync(string image, Stream archive, CancellationToken cancel)
    {
        var pipe = new Pipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var said = new EngineErrors();
        var source = pipe.Reader.AsStream();
        await using var closing = source.ConfigureAwait(false);
        var loading = engine.Images.LoadImageAsync(new ImageLoadParameters { Quiet = true }, source, said, stop.Token);
        var room = budget - _bytes.Where(b => b.Key != image).Sum(b => b.Value);
        var copying = CopyAsync(image, archive, pipe.Writer, room, stop.Token);
        if (await Task.WhenAny(loading, copying).ConfigureAwait(false) == loading)
            await stop.CancelAsync().ConfigureAwait(false);
        Fault? fault = null;
        try
        {
            var copied = await copying.ConfigureAwait(false);
            fault = copied.Fault;
            if (fault is null)
                _bytes[image] = copied.Bytes;
        }
        catch (OperationCanceledException) when (loading.IsCompleted && !cancel.IsCancellationRequested)
        {
            // The engine gave up first, and says why.
        }
        finally
        {
            // The engine loads nothing from an archive that ends too early.
            if (fault is not null || !copying.IsCompletedSuccessfully)
                await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (fault is not null)
            return fault;
        await loading.ConfigureAwait(false);
        return said.Last is { } error ? Unusable(error) : null;
    }

    private static async Task<(long Bytes, Fault? Fault)> CopyAsync(
        string image, Stream archive, PipeWriter writer, long room, CancellationToken cancel)
    {
        Exception broken = new OperationCanceledException("The archive is not what its task says.");
        var isWhole = false;
        try
        {
            var into = writer.AsStream(leaveOpen: true);
            await using var closing = into.ConfigureAwait(false);
            var copied = await ImageArchiveCheck.CopyAsync(image, archive, into, room, cancel).ConfigureAwait(false);
            isWhole = copied.Fault is null;
            return copied;
        }
        finally
        {
            await writer.CompleteAsync(isWhole ? null : broken).ConfigureAwait(false);
        }
    }

    private static Fault Unusable(string why)
        => new(FaultCodes.ExecutorFailed, $"The container engine did not load the image: {why}", Culprit.Node, Retryable: true);

    private sealed class Lease(Func<Task> end) : IAsyncDisposable
    {
        private int _ended;

        public ValueTask DisposeAsync() => Interlocked.Exchange(ref _ended, 1) == 0 ? new ValueTask(end()) : ValueTask.CompletedTask;
    }
}

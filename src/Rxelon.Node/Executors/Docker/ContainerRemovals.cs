using System.Collections.Concurrent;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Polly;
using Polly.Retry;

namespace Rxelon.Node.Executors.Docker;

/// <summary>Ends and removes containers, in the background and until the engine did: one that restarts keeps containers that it was told to remove.</summary>
internal sealed class ContainerRemovals : IAsyncDisposable
{
    private readonly DockerClient _engine;
    private readonly ConcurrentDictionary<Task, bool> _removals = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly ResiliencePipeline<bool> _retries;

    internal ContainerRemovals(DockerClient engine, TimeProvider time)
    {
        _engine = engine;
        _retries = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<bool>
            {
                ShouldHandle = new PredicateBuilder<bool>().HandleResult(false),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = TimeSpan.FromSeconds(30),
            })
            .Build();
    }

    /// <summary>Ends and removes the container, and calls <paramref name="removed"/> then. What is not removed when the node ends is found at its next start, by its label.</summary>
    internal void RemoveLater(string id, Action? removed = null)
    {
        var removal = RemoveLaterAsync(id, removed);
        _removals[removal] = true;
        _ = removal.ContinueWith(t => _removals.TryRemove(t, out _), TaskScheduler.Default);
    }

    /// <summary>Ends and removes the container. False when the engine did not.</summary>
    internal async Task<bool> RemoveAsync(string id)
    {
        try
        {
            var parameters = new ContainerRemoveParameters { Force = true, RemoveVolumes = true };
            await _engine.Containers.RemoveContainerAsync(id, parameters).ConfigureAwait(false);
            return true;
        }
        catch (DockerContainerNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException or IOException or TimeoutException or SocketException)
        {
            return false;
        }
    }

    /// <summary>Tries what is left once more and no longer. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_removals.Keys).ConfigureAwait(false);
    }

    private async Task RemoveLaterAsync(string id, Action? removed)
    {
        bool gone;
        try
        {
            gone = await _retries.ExecuteAsync(async _ => await RemoveAsync(id).ConfigureAwait(false), _ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            gone = await RemoveAsync(id).ConfigureAwait(false);
        }

        if (gone)
            removed?.Invoke();
    }
}

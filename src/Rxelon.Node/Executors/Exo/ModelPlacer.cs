using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Exo;

/// <summary>
/// Makes instances ready: preview, post, confirm by the state, wait for every runner. One placement at a time for each model,
/// shared by whoever asks meanwhile. Thread-safe.
/// </summary>
internal sealed class ModelPlacer(ExoBackend backend)
{
    private const int Tries = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<Outcome<string>>> _underWay = [];

    /// <summary>
    /// The id of an instance of the model that is ready. Faults: model-missing, model-loading (it goes on loading), executor-failed;
    /// all of them the node's.
    /// </summary>
    internal Task<Outcome<string>> EnsureAsync(string model, CancellationToken cancel)
    {
        Task<Outcome<string>> placing;
        lock (_lock)
        {
            if (!_underWay.TryGetValue(model, out placing!))
            {
                placing = Task.Run(() => PlaceAsync(model, backend.Ended), CancellationToken.None);
                _underWay[model] = placing;
                _ = placing.ContinueWith(_ => Forget(model), TaskScheduler.Default);
            }
        }

        return placing.WaitAsync(cancel);
    }

    /// <summary>Deletes an instance and waits until the state agrees, within the time of a placement.</summary>
    internal async Task DeleteAsync(string instance, CancellationToken cancel)
    {
        if ((await backend.Api.DeleteAsync(instance, cancel).ConfigureAwait(false)).IsOk)
            await UntilAsync(view => view.Find(instance) is null, backend.Times.Appear, cancel).ConfigureAwait(false);
    }

    private void Forget(string model)
    {
        lock (_lock)
            _underWay.Remove(model);
    }

    private async Task<Outcome<string>> PlaceAsync(string model, CancellationToken cancel)
    {
        if (backend.Profile is null)
            return backend.Trouble ?? backend.Api.Unreachable("it was not seen yet.");
        for (var tried = 1; ; tried++)
        {
            var looked = await backend.LookAsync(cancel).ConfigureAwait(false);
            if (looked.Fault is { } away)
                return away;
            foreach (var failed in looked.Value.Instances.Where(i => i.Model == model && i.Phase == InstancePhase.Failed))
                await DeleteAsync(failed.Id, cancel).ConfigureAwait(false);
            var found = backend.View.Instances.Where(i => i.Model == model && i.Phase != InstancePhase.Failed).MinBy(i => i.Phase != InstancePhase.Ready)?.Id;
            Outcome<string> placed = found is not null ? found : await CreateAsync(model, cancel).ConfigureAwait(false);
            if (placed.Fault is { } refused)
                return refused;
            if (await UntilReadyAsync(placed.Value, cancel).ConfigureAwait(false) is not { } fault)
                return placed.Value;
            if (tried == Tries || fault.Code == FaultCodes.ModelLoading)
                return fault;
            await DeleteAsync(placed.Value, cancel).ConfigureAwait(false);
        }
    }

    private async Task<Outcome<string>> CreateAsync(string model, CancellationToken cancel)
    {
        if (!backend.Hosts(model))
            return Preview.Missing("its weights are not on the cluster's disks, or it does not fit.");
        var previews = await backend.Api.PreviewsAsync(model, cancel).ConfigureAwait(false);
        if (previews.Fault is { } unknown)
            return Preview.Missing(unknown.Message);
        var best = Preview.Best(previews.Value);
        if (best.Fault is { } unfit)
            return unfit;
        if (Preview.IdOf(best.Value) is not { } id)
            return backend.Api.Unreachable("its preview names no instance.");
        var created = await backend.Api.CreateAsync(best.Value, cancel).ConfigureAwait(false);
        if (created.Fault is { } refused)
            return refused.Code == FaultCodes.Malformed ? Preview.Missing(refused.Message) : refused;
        return await UntilAsync(view => view.Find(id) is not null, backend.Times.Appear, cancel).ConfigureAwait(false)
            ? id
            : Failed($"it accepted the placement, but nothing appeared within {backend.Times.Appear.TotalSeconds:0.#} s.");
    }

    private async Task<Fault?> UntilReadyAsync(string instance, CancellationToken cancel)
    {
        InstanceView? last = null;
        var settled = await UntilAsync(view => (last = view.Find(instance)) is not { Phase: InstancePhase.Loading }, backend.Times.Ready, cancel).ConfigureAwait(false);
        if (!settled)
            return new Fault(FaultCodes.ModelLoading, "The model is still loading on the node's EXO cluster; it goes on.", Culprit.Node, Retryable: true);
        return last is null ? Failed("the instance vanished while it loaded.")
            : last.Phase == InstancePhase.Failed ? Failed("a runner failed while it loaded.")
            : null;
    }

    private async Task<bool> UntilAsync(Func<ClusterView, bool> isSo, TimeSpan patience, CancellationToken cancel)
    {
        var since = backend.Time.GetTimestamp();
        while (true)
        {
            if ((await backend.LookAsync(cancel).ConfigureAwait(false)) is { IsOk: true } view && isSo(view.Value))
                return true;
            if (backend.Time.GetElapsedTime(since) >= patience)
                return false;
            await Task.Delay(backend.Times.Look, backend.Time, cancel).ConfigureAwait(false);
        }
    }

    private static Fault Failed(string why)
        => new(FaultCodes.ExecutorFailed, $"The EXO cluster did not place the model: {why}", Culprit.Node, Retryable: true);
}
